//! What stays.
