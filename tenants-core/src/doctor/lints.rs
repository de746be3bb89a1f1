//! All lints. Their ids are for ever: one that is not needed any more leaves a gap.

use super::lint::{Check, Lint, Severity};

/// The query of a lint: what all share, and its own file.
macro_rules! query {
    ($file:literal) => {
        concat!(include_str!("prelude.sql"), include_str!(concat!("lints/", $file)))
    };
}

/// All lints, in the order of their ids: `T1..` roles and logins, `T2..` policies, `T3..` columns and keys, `T4..`
/// rights, `T5..` views, functions and what else reads tables, `T6..` the server, `T7..` speed.
pub const LINTS: &[Lint] = &[
    Lint {
        id: "T101",
        severity: Severity::Critical,
        title: "the database is not set up for this login",
        meaning: "A role or a function that scopes need is missing, or the login may not use it. \
            Other lints cannot see what depends on it.",
        remedy: "Run `tenants setup` again, and check the names given to the doctor.",
        check: Check::Catalog(query!("T101_not_set_up.sql")),
    },
    Lint {
        id: "T102",
        severity: Severity::Critical,
        title: "a role that serves requests has a power that no policy binds",
        meaning: "A superuser and BYPASSRLS read every row, REPLICATION reads all that is written, \
            CREATEROLE makes itself a member of other roles (up to PostgreSQL 15 of \
            `pg_execute_server_program`, too), and CREATEDB copies this database. It is enough \
            that the login may become such a role.",
        remedy: "Take the attribute from the role, or the role from the login.",
        check: Check::Catalog(query!("T102_powerful_role.sql")),
    },
    Lint {
        id: "T103",
        severity: Severity::Critical,
        title: "a role that serves requests may become one of PostgreSQL's own roles",
        meaning: "`pg_read_all_data`, `pg_execute_server_program` and their like read tables, files \
            and statements of all tenants, or run programs on the server.",
        remedy: "Revoke the membership.",
        check: Check::Catalog(query!("T103_predefined_role.sql")),
    },
    Lint {
        id: "T104",
        severity: Severity::Critical,
        title: "a role that serves requests owns what the isolation rests on",
        meaning: "An owner drops policies, grants rights and replaces functions. The owner of a \
            schema drops what is in it, and that of the database opens it to temporary tables.",
        remedy: "Give it to the role that runs migrations, which serves no requests.",
        check: Check::Catalog(query!("T104_owner.sql")),
    },
    Lint {
        id: "T105",
        severity: Severity::Medium,
        title: "no policy binds the owner of a table of tenants",
        meaning: "Views and SECURITY DEFINER functions that this owner makes show the rows of all \
            tenants, and foreign keys are checked by it.",
        remedy: "Let a role own the table that is no superuser, has no BYPASSRLS and is no member \
            of the admin role.",
        check: Check::Catalog(query!("T105_owner_unbound.sql")),
    },
    Lint {
        id: "T106",
        severity: Severity::High,
        title: "the login has the rights of another role without becoming it",
        meaning: "Whatever runs outside of a scope can then use tables: a reset, a failed statement, \
            a script with the same login.",
        remedy: "Make the login NOINHERIT, from PostgreSQL 16 on each membership, and run `tenants \
            setup` again.",
        check: Check::Catalog(query!("T106_login_inherits.sql")),
    },
    Lint {
        id: "T107",
        severity: Severity::High,
        title: "a role that serves requests may grant a role to others",
        meaning: "It gives the role to any login that it can name, and up to PostgreSQL 15 to \
            itself.",
        remedy: "Take the ADMIN OPTION away.",
        check: Check::Catalog(query!("T107_may_grant.sql")),
    },
    Lint {
        id: "T108",
        severity: Severity::High,
        title: "a tenant's role is more than a tenant's role",
        meaning: "Where each tenant has a role, it is a member of the runtime role alone, nobody \
            logs in as it, and only logins that serve requests become it. Whatever else it may \
            do, it does in the tenant's name.",
        remedy: "Revoke the membership, or the right to log in.",
        check: Check::Catalog(query!("T108_tenant_role.sql")),
    },
    Lint {
        id: "T109",
        severity: Severity::Critical,
        title: "a role that serves requests may become the admin role",
        meaning: "One injected `SET ROLE` then reads and writes the rows of all tenants.",
        remedy: "Revoke it, and give cross-tenant work a login of its own (`tenants setup --admin- \
            login`).",
        check: Check::Catalog(query!("T109_reaches_admin.sql")),
    },
    Lint {
        id: "T110",
        severity: Severity::High,
        title: "a role beyond what was named does cross-tenant work, or one with powers",
        meaning: "Whoever may become the admin role reads all tenants. Where `--admin-login` names \
            who does so, any other login is one too many; and none of them needs to be more \
            than a member.",
        remedy: "Revoke the membership, or take the attribute away.",
        check: Check::Catalog(query!("T110_admin_member.sql")),
    },
    Lint {
        id: "T111",
        severity: Severity::High,
        title: "a role or database presets what a scope sets",
        meaning: "New sessions then start as a role, with a tenant, or with settings that weaken \
            policies and triggers; leaving a scope leads back to them.",
        remedy: "Reset the setting.",
        check: Check::Catalog(query!("T111_preset.sql")),
    },
    Lint {
        id: "T112",
        severity: Severity::High,
        title: "the runtime role or the admin role can log in",
        meaning: "A session then starts with the rights of the role, without a scope, and the pool \
            never looked at it. With the admin role it sees all tenants.",
        remedy: "Make it NOLOGIN, and let a login be a member of it.",
        check: Check::Catalog(query!("T112_group_logs_in.sql")),
    },
    Lint {
        id: "T201",
        severity: Severity::High,
        title: "a registered table is not there, or is none",
        meaning: "Queries of it fail, or reach another table of its name (T207). Views, materialized \
            views and foreign tables have no policies.",
        remedy: "Run the application's migrations, or correct the tag.",
        check: Check::Catalog(query!("T201_table_missing.sql")),
    },
    Lint {
        id: "T202",
        severity: Severity::Critical,
        title: "row-level security is off",
        meaning: "The table's policies do nothing: whoever may read it reads the rows of all \
            tenants.",
        remedy: "Enable it, or run `tenants migration generate`.",
        check: Check::Catalog(query!("T202_row_security_off.sql")),
    },
    Lint {
        id: "T203",
        severity: Severity::Critical,
        title: "row-level security does not bind the owner",
        meaning: "Views and SECURITY DEFINER functions of the table's owner read the rows of all \
            tenants for whoever uses them.",
        remedy: "Force it, or run `tenants migration generate`.",
        check: Check::Catalog(query!("T203_not_forced.sql")),
    },
    Lint {
        id: "T204",
        severity: Severity::Critical,
        title: "a policy is missing or is not ours",
        meaning: "A table of tenants, and each of its partitions, has `tenants_isolation`, \
            `tenants_guard` and `tenants_admin`, word for word as the generator writes them. \
            Another condition, another role or another kind can show the rows of all tenants, \
            or none.",
        remedy: "Replace the policy. A missing one is also made by `tenants migration generate`.",
        check: Check::Catalog(query!("T204_policy_differs.sql")),
    },
    Lint {
        id: "T205",
        severity: Severity::Medium,
        title: "a further permissive policy",
        meaning: "Permissive policies are joined by OR. `tenants_guard` keeps this one from showing \
            the runtime role more, but it opens the table to every other role that it names \
            and that has rights.",
        remedy: "Drop it, or allow it with its reason.",
        check: Check::Catalog(query!("T205_further_policy.sql")),
    },
    Lint {
        id: "T206",
        severity: Severity::Critical,
        title: "a table above tables of tenants is open",
        meaning: "Whoever reads a table reads what inherits from it, by the policies of the former \
            alone: those of the children are not asked.",
        remedy: "Revoke all rights on it, or tag it, too.",
        check: Check::Catalog(query!("T206_parent_open.sql")),
    },
    Lint {
        id: "T207",
        severity: Severity::Critical,
        title: "another table is meant by the name of a registered one",
        meaning: "Diesel writes tables of schema `public` without their schema. A schema that stands \
            before it in the login's search path, or that is named like the role (`$user`), \
            puts a table without policies in the place of the registered one.",
        remedy: "Rename or drop the other table, or take its schema out of the search path.",
        check: Check::Catalog(query!("T207_shadowed.sql")),
    },
    Lint {
        id: "T208",
        severity: Severity::High,
        title: "a function in a policy freezes the tenant, reads row by row, or can be replaced",
        meaning: "An IMMUTABLE function is computed when a statement is planned, and the plan of one \
            tenant then serves another. A VOLATILE one runs for each row. One that looks names \
            up when it runs finds what whoever asks has put in its way.",
        remedy: "Declare it STABLE, with a body that is parsed when it is made (`RETURN ..`) or \
            with a `search_path` of its own.",
        check: Check::Catalog(query!("T208_policy_function.sql")),
    },
    Lint {
        id: "T209",
        severity: Severity::High,
        title: "a policy reads another table",
        meaning: "Whoever can write that table decides what the policy shows, and if it has no \
            policies of its own everybody reads it.",
        remedy: "Compare with `tenants.current_tenant()` alone.",
        check: Check::Catalog(query!("T209_policy_reads.sql")),
    },
    Lint {
        id: "T210",
        severity: Severity::Critical,
        title: "the function that all policies name is not ours",
        meaning: "`tenants.current_tenant()` tells tenants apart. With another body it may tell none \
            apart, and with SECURITY DEFINER or SET clauses no index serves the policies.",
        remedy: "Run `tenants setup --isolation` with the way in which this database isolates \
            tenants.",
        check: Check::Catalog(query!("T210_current_tenant.sql")),
    },
    Lint {
        id: "T211",
        severity: Severity::Low,
        title: "a table that all tenants share has policies",
        meaning: "What they show depends on who asks, although the table is declared as global. \
            Either the declaration is wrong or the policies are left over.",
        remedy: "Turn row-level security off, or tag the table as one of tenants.",
        check: Check::Catalog(query!("T211_global_has_policies.sql")),
    },
    Lint {
        id: "T212",
        severity: Severity::Critical,
        title: "a policy lets every row through and only records that",
        meaning: "`tenants_observe` tells what enforced policies would hide or refuse, for as long as an \
            application is adopted. Until it is gone, nothing but `tenants_guard`, if that is there, keeps \
            the rows of one tenant from another.",
        remedy: "Let `tenants observed` list nothing, then run `tenants migration generate`.",
        check: Check::Catalog(query!("T212_observed.sql")),
    },
    Lint {
        id: "T301",
        severity: Severity::Critical,
        title: "the tenant column does not tell who owns a row",
        meaning: "A column that is missing, NULL, generated or compared by a collation in which two \
            texts are equal keeps no tenants apart.",
        remedy: "Let it be NOT NULL, filled by the default, and of a deterministic collation.",
        check: Check::Catalog(query!("T301_tenant_column.sql")),
    },
    Lint {
        id: "T302",
        severity: Severity::Low,
        title: "the tenant column is not filled in",
        meaning: "Inserts that leave it out fail, or fill in something else than the tenant of the \
            scope, which the policy refuses.",
        remedy: "Set the default, or run `tenants migration generate`.",
        check: Check::Catalog(query!("T302_no_default.sql")),
    },
    Lint {
        id: "T303",
        severity: Severity::Medium,
        title: "no index serves the policies",
        meaning: "Every query reads the rows of all tenants to find those of one. What this costs \
            grows with all of them, and tells how many there are.",
        remedy: "Create an index that starts with the tenant column; on a large table with \
            CONCURRENTLY.",
        check: Check::Catalog(query!("T303_no_index.sql")),
    },
    Lint {
        id: "T304",
        severity: Severity::High,
        title: "a key leaves the tenant column out",
        meaning: "It is unique among all tenants: whoever inserts a value that another tenant has is \
            refused, and so learns that it is there. Until CVE-2026-120154 was fixed, such \
            keys also showed values.",
        remedy: "Let PRIMARY KEY, UNIQUE and EXCLUDE begin with the tenant column: \
            `#[tenants(composite_keys)]` has `tenants migration generate` do so, but for EXCLUDE.",
        check: Check::Catalog(query!("T304_key_across_tenants.sql")),
    },
    Lint {
        id: "T305",
        severity: Severity::High,
        title: "a foreign key leaves the tenant column out",
        meaning: "PostgreSQL checks and cascades foreign keys past all policies. A tenant can \
            reference the rows of another, learns whether they are there, and ON UPDATE and ON \
            DELETE change rows across tenants.",
        remedy: "Let the tenant column be part of the key on both sides: `#[tenants(composite_keys)]` \
            on both tables has `tenants migration generate` do so.",
        check: Check::Catalog(query!("T305_foreign_key_across_tenants.sql")),
    },
    Lint {
        id: "T306",
        severity: Severity::High,
        title: "a table without tenants references one of tenants",
        meaning: "Whoever writes the table learns which rows of tenants are there, and deletes of a \
            tenant change what all share.",
        remedy: "Give the table a tenant column, or drop the foreign key.",
        check: Check::Catalog(query!("T306_foreign_key_from_outside.sql")),
    },
    Lint {
        id: "T307",
        severity: Severity::Medium,
        title: "the action of a foreign key overwrites the tenant",
        meaning: "SET NULL and SET DEFAULT of a key with the tenant column move rows to no tenant, \
            or to that of whoever deletes.",
        remedy: "Name the other columns: `ON DELETE SET NULL (author)`, from PostgreSQL 15 on.",
        check: Check::Catalog(query!("T307_key_action_moves_row.sql")),
    },
    Lint {
        id: "T308",
        severity: Severity::Medium,
        title: "a constraint does not hold",
        meaning: "Rows that were there before may break it, across tenants. To validate it under \
            FORCE is no proof: the owner sees no rows, and PostgreSQL reports success.",
        remedy: "Validate it with FORCE lifted, in one transaction. `tenants doctor --data` looks \
            at the rows.",
        check: Check::Catalog(query!("T308_constraint_not_checked.sql")),
    },
    Lint {
        id: "T309",
        severity: Severity::High,
        title: "rows reference rows across tenants, or rows that are not there",
        meaning: "What a foreign key says and what the rows are differ: it was validated under \
            FORCE, which sees no rows, or it leaves the tenant column out. The query reads the \
            tables, so it runs only with `--data`, as a login that no policy binds, such as a \
            superuser; a finding says that there are such rows, and nothing of them.",
        remedy: "Find the rows with the query of the foreign key, and decide with the application \
            whose they are.",
        check: Check::Rows(query!("T309_rows_across_tenants.sql")),
    },
    Lint {
        id: "T401",
        severity: Severity::Critical,
        title: "a right on a table that policies do not cover",
        meaning: "TRUNCATE ignores policies and removes the rows of all tenants, TRIGGER runs one \
            tenant's code for another, REFERENCES proves which rows of others are there, and \
            MAINTAIN locks the table for everybody.",
        remedy: "Revoke it, or run `tenants migration generate`.",
        check: Check::Catalog(query!("T401_rights_beyond.sql")),
    },
    Lint {
        id: "T402",
        severity: Severity::High,
        title: "a table can be used beside the runtime role",
        meaning: "A right of the login, of PUBLIC or of another role that the login may become works \
            without a scope and past `tenants_guard`. A right WITH GRANT OPTION is given on to \
            anybody.",
        remedy: "Revoke it, or run `tenants migration generate`.",
        check: Check::Catalog(query!("T402_held.sql")),
    },
    Lint {
        id: "T403",
        severity: Severity::High,
        title: "default privileges open what is yet to come",
        meaning: "Each new table, partition, sequence or function is open before anybody protects \
            it.",
        remedy: "Revoke them. The rights that they gave already stay and are findings of their own.",
        check: Check::Catalog(query!("T403_default_privileges.sql")),
    },
    Lint {
        id: "T404",
        severity: Severity::Medium,
        title: "a sequence can be read or set",
        meaning: "SELECT shows how much all tenants insert, UPDATE sets the sequence back for all of \
            them.",
        remedy: "Revoke it: USAGE is enough for `serial`, and identity columns need no right.",
        check: Check::Catalog(query!("T404_sequence.sql")),
    },
    Lint {
        id: "T405",
        severity: Severity::High,
        title: "a role that serves requests may create objects in a schema",
        meaning: "One tenant's function, operator or table runs or stands in for another's in the \
            next query of any tenant.",
        remedy: "Revoke it.",
        check: Check::Catalog(query!("T405_may_create.sql")),
    },
    Lint {
        id: "T406",
        severity: Severity::High,
        title: "a role that serves requests may create schemas or temporary tables",
        meaning: "A temporary `posts` hides the table of that name from the next user of the \
            connection. A schema is a place for functions that others find.",
        remedy: "Revoke it; `tenants setup` does so for temporary tables. The right is the \
            database's, and a clone or restored dump has it again.",
        check: Check::Catalog(query!("T406_may_create_in_database.sql")),
    },
    Lint {
        id: "T407",
        severity: Severity::Info,
        title: "scoped code may call set_config",
        meaning: "`SELECT set_config('tenants.tenant', 'other', true), (SELECT ..)`, injected into \
            one statement, changes the tenant. This is the second level of the threat model, \
            open by design unless it is closed here. It is no finding where every guard \
            verifies signed scopes. Its severity is `info` because every PostgreSQL starts \
            with it, only a superuser can change it, and nothing but an injection can use it: \
            to insist, pass `--fail-on info`.",
        remedy: "As a superuser, revoke EXECUTE from PUBLIC in this database (roles that run \
            `pg_dump` need it back), or sign scopes.",
        check: Check::Catalog(query!("T407_set_config.sql")),
    },
    Lint {
        id: "T408",
        severity: Severity::High,
        title: "a table with the tenant column is not registered",
        meaning: "Nothing protects it and nothing says that it needs no protection. A crate that the \
            program never names is not linked, and its tags are missing without a trace.",
        remedy: "Tag it, name its crate (`use my_app as _;`), or declare it with `global_tables!`.",
        check: Check::Catalog(query!("T408_unregistered.sql")),
    },
    Lint {
        id: "T409",
        severity: Severity::High,
        title: "a table that is not registered is open to scoped code",
        meaning: "Whatever it holds, all tenants read or write it.",
        remedy: "Revoke the right, or tag or declare the table.",
        check: Check::Catalog(query!("T409_open_to_app.sql")),
    },
    Lint {
        id: "T410",
        severity: Severity::High,
        title: "scoped code has rights in the schema `tenants`",
        meaning: "It can list, probe, create or delete tenants, and so can any injected statement.",
        remedy: "Revoke it, or run `tenants setup` again.",
        check: Check::Catalog(query!("T410_rights_in_tenants.sql")),
    },
    Lint {
        id: "T411",
        severity: Severity::Critical,
        title: "somebody reads the keys that sign scopes",
        meaning: "Whoever has a key signs any scope: signatures then prove nothing.",
        remedy: "Revoke the right, and replace the keys.",
        check: Check::Catalog(query!("T411_scope_key.sql")),
    },
    Lint {
        id: "T412",
        severity: Severity::High,
        title: "a role that serves requests may read files of the server or steer it",
        meaning: "The files hold the rows of all tenants.",
        remedy: "Revoke it.",
        check: Check::Catalog(query!("T412_server_function.sql")),
    },
    Lint {
        id: "T413",
        severity: Severity::Info,
        title: "the login may create, delete and list tenants",
        meaning: "SQL that is injected into its statements can become the login, and do so too. Rows stay what \
            they are, and a deleted tenant can be restored. Its severity is `info` because one login is the \
            simplest way to begin.",
        remedy: "Run `tenants setup` with `--provisioner`, and build pools with `provisioning_url`.",
        check: Check::Catalog(query!("T413_manages_tenants.sql")),
    },
    Lint {
        id: "T501",
        severity: Severity::Critical,
        title: "a view shows the rows of all tenants",
        meaning: "A view runs with the rights of its owner, and no policy binds this one.",
        remedy: "Let it run with the rights of who asks (`security_invoker`, from PostgreSQL 15 \
            on), or give it to another owner.",
        check: Check::Catalog(query!("T501_view_past_policies.sql")),
    },
    Lint {
        id: "T502",
        severity: Severity::Medium,
        title: "a view runs with its owner's rights",
        meaning: "`tenants_guard` and the rights of the runtime role do not apply behind it: \
            `tenants_isolation` alone keeps tenants apart. With FORCE lifted, it shows all \
            rows.",
        remedy: "Set `security_invoker`.",
        check: Check::Catalog(query!("T502_view_of_owner.sql")),
    },
    Lint {
        id: "T503",
        severity: Severity::Critical,
        title: "a materialized view holds rows of tenants",
        meaning: "It has no policies, and shows to everybody what its owner saw when it was \
            refreshed.",
        remedy: "Revoke all rights on it, or make it a table with policies. Where it holds nothing \
            but sums over all tenants, allow it with that reason.",
        check: Check::Catalog(query!("T503_materialized_view.sql")),
    },
    Lint {
        id: "T504",
        severity: Severity::Critical,
        title: "a SECURITY DEFINER function runs past all policies",
        meaning: "It runs with the rights of its owner, and no policy binds this one. What it reads \
            and writes depends on its body and arguments alone.",
        remedy: "Let it run with the rights of who calls it, or give it to another owner.",
        check: Check::Catalog(query!("T504_definer_past_policies.sql")),
    },
    Lint {
        id: "T505",
        severity: Severity::Medium,
        title: "a SECURITY DEFINER function runs with its owner's rights",
        meaning: "`tenants_guard` and the rights of the runtime role do not apply inside of it. \
            Without a `search_path` of its own, whoever calls it decides what its names mean.",
        remedy: "Let it run with the rights of who calls it, or allow it with its reason.",
        check: Check::Catalog(query!("T505_definer.sql")),
    },
    Lint {
        id: "T506",
        severity: Severity::High,
        title: "a function changes the scope",
        meaning: "Calling it changes the role or the tenant of what runs next. The body is searched \
            as text, so this can be a false alarm.",
        remedy: "Take it out of the function, or EXECUTE on it from the runtime role.",
        check: Check::Catalog(query!("T506_switches_scope.sql")),
    },
    Lint {
        id: "T507",
        severity: Severity::High,
        title: "a trigger does more than the statement may",
        meaning: "With SECURITY DEFINER it acts past the policies of whoever writes; a function of a \
            role that serves requests is changed by it; a notification tells every session of \
            the database.",
        remedy: "Let its function run with the rights of who writes, belong to the owner of the \
            table, and notify nobody.",
        check: Check::Catalog(query!("T507_trigger.sql")),
    },
    Lint {
        id: "T508",
        severity: Severity::High,
        title: "a rule rewrites statements on a table of tenants",
        meaning: "What a rule adds runs with the rights of the table's owner, not of whoever writes.",
        remedy: "Use a trigger.",
        check: Check::Catalog(query!("T508_rule.sql")),
    },
    Lint {
        id: "T509",
        severity: Severity::Medium,
        title: "a publication ships rows of tenants",
        meaning: "Logical replication ignores policies: a subscriber receives the rows of all \
            tenants.",
        remedy: "Leave the table out, or allow it and protect the subscriber's tables in the same \
            way.",
        check: Check::Catalog(query!("T509_publication.sql")),
    },
    Lint {
        id: "T510",
        severity: Severity::Low,
        title: "an extension reaches around policies",
        meaning: "It can read tables, files, other databases or the statements of others. Most such \
            functions are for superusers until somebody grants them.",
        remedy: "Drop it if nobody needs it, or allow it with the reason.",
        check: Check::Catalog(query!("T510_extension.sql")),
    },
    Lint {
        id: "T511",
        severity: Severity::Critical,
        title: "scoped code reaches a foreign server as somebody else",
        meaning: "The server sees another user, whom no policy of this database binds.",
        remedy: "Drop the mapping.",
        check: Check::Catalog(query!("T511_user_mapping.sql")),
    },
    Lint {
        id: "T512",
        severity: Severity::High,
        title: "scoped code runs functions in an untrusted language",
        meaning: "Such a function reads files and runs programs with the rights of the server \
            itself.",
        remedy: "Revoke EXECUTE, or write it in another language.",
        check: Check::Catalog(query!("T512_untrusted_language.sql")),
    },
    Lint {
        id: "T513",
        severity: Severity::Medium,
        title: "a trigger runs when the scope has been left",
        meaning: "A deferred constraint trigger runs at COMMIT, when role and tenant of the scope \
            are taken back already (up to PostgreSQL 17 it runs as the role of that moment, \
            too). It then sees no rows, or those of nobody.",
        remedy: "Make it NOT DEFERRABLE, or set it IMMEDIATE before the end of the transaction.",
        check: Check::Catalog(query!("T513_deferred_trigger.sql")),
    },
    Lint {
        id: "T514",
        severity: Severity::Info,
        title: "extended statistics hold values of all tenants",
        meaning: "Since CVE-2024-4317 was fixed they are shown to the owner alone, but they shape \
            the row counts of EXPLAIN.",
        remedy: "Nothing, unless tenants may run EXPLAIN.",
        check: Check::Catalog(query!("T514_statistics.sql")),
    },
    Lint {
        id: "T515",
        severity: Severity::High,
        title: "a function runs text that it joins",
        meaning: "One argument can hold several statements, and `SET ROLE` or `SET tenants.tenant` \
            among them. The body is searched as text, so this can be a false alarm.",
        remedy: "Use `format` with `%I` and `%L`, or `EXECUTE .. USING`.",
        check: Check::Catalog(query!("T515_executes_text.sql")),
    },
    Lint {
        id: "T601",
        severity: Severity::High,
        title: "the server has a known fault that breaks isolation",
        meaning: "The server's version is older than the one that fixes it. Versions marked as \
            assumed are not from release notes: they follow from those of the other major \
            versions.",
        remedy: "Update the server to the latest minor version.",
        check: Check::Catalog(query!("T601_known_faults.sql")),
    },
    Lint {
        id: "T602",
        severity: Severity::Medium,
        title: "the views of extended statistics show values of others",
        meaning: "CVE-2024-4317 is repaired in clusters that were made later. An older cluster needs \
            a script, besides the update.",
        remedy: "Run `fix-CVE-2024-4317.sql` from the server's `share` directory, in every \
            database.",
        check: Check::Catalog(query!("T602_statistics_views.sql")),
    },
    Lint {
        id: "T603",
        severity: Severity::Medium,
        title: "large objects are shared",
        meaning: "Large objects have no policies. With a shared role all tenants read and write \
            them; with lo_compat_privileges, whoever asks.",
        remedy: "Keep files in a table, and set lo_compat_privileges to off. To close them, a \
            superuser revokes EXECUTE on `lo_get`, `lo_open` and the like from PUBLIC.",
        check: Check::Catalog(query!("T603_large_objects.sql")),
    },
    Lint {
        id: "T604",
        severity: Severity::Critical,
        title: "the encoding is not UTF-8",
        meaning: "An id that the encoding lacks makes the message of its scope fail as a whole, and \
            in some encodings two texts are the same bytes. Pools refuse such a database.",
        remedy: "Create a database with `ENCODING 'UTF8'`, and restore a dump into it.",
        check: Check::Catalog(query!("T604_encoding.sql")),
    },
    Lint {
        id: "T605",
        severity: Severity::Critical,
        title: "a pooler in transaction mode stands between",
        meaning: "It hands the session of one client to another, so that a scope that lasts for \
            longer than a transaction is that of the next client. Idle connections are \
            compared: that none share a session is no proof where the pooler was busy.",
        remedy: "Tell the builder with `Pooler::Transaction`, or connect to the server or in \
            session mode.",
        check: Check::Sessions(include_str!("lints/T605_sessions.sql")),
    },
    Lint {
        id: "T606",
        severity: Severity::High,
        title: "a scope cannot be left",
        meaning: "Each scope gives its advisory locks back with `pg_advisory_unlock_all`. Pools \
            refuse a login that may not call it.",
        remedy: "Grant EXECUTE on it.",
        check: Check::Catalog(query!("T606_may_not_unlock.sql")),
    },
    Lint {
        id: "T701",
        severity: Severity::Low,
        title: "an index that policies make useless",
        meaning: "Behind a policy, a condition is looked up in an index only if its operators are \
            LEAKPROOF. Those of `numeric`, enums, `citext`, arrays, `jsonb`, ranges and text \
            search are not, and neither are most functions: all rows of the tenant are read \
            instead, a thousand times slower for large ones.",
        remedy: "Keep the value in a column of another type (`text` with CHECK for an enum, \
            `bigint` cents for a `numeric`, a generated column for `lower(email)`), drop the \
            index, or let a superuser mark the operator's function LEAKPROOF, which weakens \
            the barrier.",
        check: Check::Catalog(query!("T701_not_leakproof.sql")),
    },
];
