//! Whether two connections are two sessions of the server.
//!
//! They are, unless a pooler in transaction mode stands between: it gives each statement whatever session is
//! free, so that two idle connections that ask in turn get the same one.

/// How often each connection is asked.
pub const ROUNDS: usize = 3;

/// What is wrong, if the sessions that one connection met, and those that another one met at the same time, are
/// not one each.
#[must_use]
pub fn fault(one: &[i32], other: &[i32]) -> Option<&'static str> {
    let changes = |sessions: &[i32]| sessions.windows(2).any(|pair| pair[0] != pair[1]);
    if one.iter().any(|session| other.contains(session)) {
        Some("two connections were given the same session of the server")
    } else if changes(one) || changes(other) {
        Some("statements of one connection ran in different sessions of the server")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn a_session_belongs_to_one_connection_and_stays() {
        assert_eq!(fault(&[1, 1, 1], &[2, 2, 2]), None);
        assert_eq!(fault(&[1, 1, 1], &[]), None);
        assert!(fault(&[1, 1, 1], &[1, 1, 1]).is_some_and(|said| said.contains("same session")));
        assert!(fault(&[1, 1, 2], &[]).is_some_and(|said| said.contains("different sessions")));
        assert!(fault(&[1, 1, 1], &[2, 3, 2]).is_some_and(|said| said.contains("different")));
    }
}
