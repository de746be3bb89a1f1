//! The command of somebody who forgot `use my_app as _;`.

fn main() {
    tenants_diesel::cli::run()
}
