//! `tenants completion`.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use tenants_diesel::cli;

use super::PROGRAM;
use crate::migrations::scratch::{stderr, stdout};

fn script(shell: &str) -> String {
    stdout(&Command::new(PROGRAM).args(["completion", shell]).output().unwrap())
}

/// Runs a script that comes by the standard input.
fn bash(arguments: &[&str], script: &str) -> Output {
    let mut bash = Command::new("bash");
    bash.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut bash = bash.spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    bash.wait_with_output().unwrap()
}

/// What the shell offers for the last of some words.
fn offered(script: &str, words: &[&str]) -> Vec<String> {
    let quoted: String = words.iter().map(|word| format!("'{word}' ")).collect();
    let (last, before) = (words.len() - 1, words[words.len() - 2]);
    let ask = format!(
        "{script}
        COMP_WORDS=({quoted}) COMP_CWORD={last}
        function=$(complete -p tenants_operations | sed 's/.* -F \\([^ ]*\\).*/\\1/')
        \"$function\" tenants_operations '{}' '{before}'
        printf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        words[last],
    );
    stdout(&bash(&["--norc"], &ask)).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_options_and_values() {
    let script = script("bash");
    assert!(bash(&["-n"], &script).status.success(), "{script}");
    let of_program = offered(&script, &["tenants_operations", ""]);
    for command in ["setup", "tenant", "erase", "completion"] {
        assert!(of_program.iter().any(|it| it == command), "{command}: {of_program:?}");
    }
    let of_tenant = offered(&script, &["tenants_operations", "tenant", "su"]);
    assert_eq!(of_tenant, ["suspend"]);
    let of_status = offered(&script, &["tenants_operations", "tenant", "list", "--status", "pro"]);
    assert_eq!(of_status, ["provisioning"]);
}

#[test]
fn each_shell_has_its_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = script(shell);
        for word in ["tenants_operations", "suspend", "purge"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let refused = Command::new(PROGRAM).args(["completion", "postgres://u:s3cret@h/d"]).output();
    let said = stderr(&refused.unwrap(), 2);
    assert!(
        said.contains("bash, elvish, fish, powershell, zsh") && !said.contains("s3cret"),
        "{said}"
    );
}

/// A name that a shell could read as something else does not become a part of a script.
#[test]
fn the_script_is_for_the_name_of_the_program() {
    for (name, expected) in [("/opt/bin/shop-tenants", "shop-tenants"), ("$(id)", "tenants")] {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        assert_eq!(cli::run_with([name, "completion", "bash"], &mut output, &mut errors), 0);
        let script = String::from_utf8(output).unwrap();
        assert!(
            script.contains(&format!(" {expected}\n")) && !script.contains("$(id)"),
            "{script}"
        );
    }
}
