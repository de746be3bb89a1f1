//! The other side: a process that runs Python, in an environment of its own.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::turn::{Measured, POOL, Turn};

/// By name; pip fetches them once.
const PACKAGES: [&str; 2] = ["fastapi-tenancy[postgres]==0.5.0", "uvloop"];

/// The process, which ends when its input does.
#[derive(Debug)]
pub(crate) struct Theirs {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    pub(crate) versions: String,
}

impl Theirs {
    /// Makes their table, too.
    pub(crate) fn start(url: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("store/theirs.py");
        let url = url.replacen("postgres://", "postgresql+asyncpg://", 1);
        let mut process = Command::new(environment().join("bin/python"))
            .arg(script)
            .args([url, POOL.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python runs");
        let input = process.stdin.take();
        let output = BufReader::new(process.stdout.take().expect("an output"));
        let mut theirs = Self { process, input, output, versions: String::new() };
        theirs.versions = theirs.answer().as_str().expect("versions").to_owned();
        theirs
    }

    pub(crate) fn turn(&mut self, turn: &Turn) -> Measured {
        let command = json!({
            "work": turn.work.name(),
            "callers": turn.callers,
            "seconds": turn.length.as_secs_f64(),
            "ids": turn.ids,
            "skip": turn.skip,
            "text": turn.text,
        });
        let input = self.input.as_mut().expect("an input");
        writeln!(input, "{command}").and_then(|()| input.flush()).expect("Python listens");
        let answer = self.answer();
        let number = |name: &str| answer[name].as_u64().expect("a number");
        let micros = answer["micros"].as_array().expect("times").iter();
        Measured {
            seconds: answer["seconds"].as_f64().expect("a number"),
            micros: micros.map(|it| it.as_u64().expect("a number")).collect(),
            failed: number("failed"),
            lost: number("lost"),
        }
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("Python answers");
        serde_json::from_str(&line).expect("Python answers in JSON")
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}

/// Below the target directory.
fn environment() -> PathBuf {
    let environment = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fastapi-tenancy");
    let is_complete = environment.join("complete");
    if !is_complete.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment));
        let pip = environment.join("bin/pip");
        run(Command::new(pip).args(["install", "--quiet"]).args(PACKAGES));
        std::fs::write(is_complete, "").expect("a file");
    }
    environment
}

fn run(command: &mut Command) {
    let status = command.status().expect("`python3` with `venv` and `pip` is installed");
    assert!(status.success(), "{command:?} failed");
}
