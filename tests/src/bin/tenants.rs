//! The command as an application has it, with the tables of this file.

use tenants_diesel::__private::{Declaration, GlobalAccess, Registration, global, per_tenant};

diesel::table! {
    posts (tenant, id) {
        id -> Integer,
        tenant -> Text,
        title -> Text,
    }
}

diesel::table! {
    #[sql_name = "posts"]
    archive.archived (tenant, id) {
        id -> Integer,
        tenant -> Uuid,
    }
}

diesel::table! {
    plans (id) {
        id -> Integer,
        name -> Text,
    }
}

macro_rules! register {
    ($name:literal, $describe:expr) => {
        tenants_diesel::__private::inventory::submit! {
            Registration {
                declaration: Declaration { name: $name, file: file!(), line: line!() },
                table: || $describe(Declaration { name: $name, file: file!(), line: line!() }),
            }
        }
    };
}

register!("Post", per_tenant::<posts::table, posts::tenant>);
register!("ArchivedPost", per_tenant::<archived::table, archived::tenant>);
register!("Plan", |declaration| global::<plans::table>(GlobalAccess::Read, declaration));

fn main() {
    tenants_diesel::cli::run()
}
