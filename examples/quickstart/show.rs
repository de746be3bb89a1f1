//! Output that a person understands.

use tenants_diesel::TenantId;

use crate::Post;

pub fn title(text: &str) {
    println!("\n-- {text}");
}

pub fn sql(text: &str) {
    for line in text.lines() {
        println!("    {line}");
    }
}

pub fn row(scope: &TenantId, post: &Post) {
    println!("as {scope:<8} id {:<3} tenant {:<8} title {}", post.id, post.tenant, post.title);
}
