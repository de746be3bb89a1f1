//! Signatures, by themselves.

use tenants_core::scope::Scope;
use tenants_core::signature::Signature;

/// The statement that shows a signature until the end of the transaction, taken out of the message that
/// enters a scope.
pub fn show(signature: &Signature) -> String {
    let message = Scope::default().prove().signed(signature).to_string();
    let mut statements = message.split("; ").filter(|sql| sql.contains("set_config"));
    statements.next().expect("the message shows it").to_owned()
}

/// The same until something else is set.
pub fn show_for_the_session(signature: &Signature) -> String {
    show(signature).replace(", true)", ", false)")
}
