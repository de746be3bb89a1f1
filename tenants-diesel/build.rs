//! A new migration is a new directory, which `embed_migrations!` alone does not make Cargo notice.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
