//! Faults that may stay, and why.

use thiserror::Error;

use super::lint::Lint;
use super::lints::LINTS;
use super::report::Finding;

/// Why a fault may stay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowance {
    /// The lint that finds it.
    pub lint: &'static Lint,
    /// The object as the report names it; `*` stands for any characters.
    pub object: String,
    /// Why.
    pub reason: String,
}

/// An allowance that is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AllowListError {
    /// There is no such lint, so the allowance would be about nothing.
    #[error("there is no lint `{id}`: docs/doctor.md lists them")]
    UnknownLint {
        /// The id.
        id: String,
    },
    /// Nobody would know whether it still holds.
    #[error("the allowance of `{lint}` for `{object}` has no reason: write why it may stay")]
    NoReason {
        /// The lint.
        lint: &'static str,
        /// The object.
        object: String,
    },
    /// It is about nothing.
    #[error("an allowance of `{lint}` names no object: name the one that the report names, or `*`")]
    NoObject {
        /// The lint.
        lint: &'static str,
    },
}

impl Allowance {
    /// Checks what a file says.
    ///
    /// # Errors
    ///
    /// [`AllowListError`].
    pub fn new(lint: &str, object: &str, reason: &str) -> Result<Self, AllowListError> {
        let known = LINTS.iter().find(|known| known.id == lint);
        let lint = known.ok_or_else(|| AllowListError::UnknownLint { id: lint.to_owned() })?;
        let [object, reason] = [object, reason].map(|text| text.trim().to_owned());
        if object.is_empty() {
            return Err(AllowListError::NoObject { lint: lint.id });
        }
        if reason.is_empty() {
            return Err(AllowListError::NoReason { lint: lint.id, object });
        }
        Ok(Self { lint, object, reason })
    }

    /// Whether it is this fault that may stay.
    #[must_use]
    pub fn is_about(&self, finding: &Finding) -> bool {
        self.lint == finding.lint && matches(&self.object, &finding.object)
    }
}

/// All faults that may stay.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowList(Vec<Allowance>);

impl AllowList {
    /// The allowances, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> &[Allowance] {
        &self.0
    }
}

impl FromIterator<Allowance> for AllowList {
    fn from_iter<I: IntoIterator<Item = Allowance>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Whether a text is of a pattern in which `*` stands for any characters.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text) in [
            ("public.posts", "public.posts"),
            ("*", "public.posts"),
            ("*", ""),
            ("public.*", "public.posts"),
            ("*.posts", "public.posts"),
            ("p*.p*s", "public.posts"),
            ("*po*s*", "public.posts"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("public.posts", "public.posts.x"),
            ("public.*", "archive.posts"),
            ("*.posts", "public.notes"),
            ("ab*ba", "aba"),
            ("", "x"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn an_allowance_needs_a_lint_an_object_and_a_reason() {
        let lint = LINTS[0].id;
        assert!(Allowance::new(lint, "public.posts", "why").is_ok());
        for (lint, object, reason, said) in [
            ("T999", "*", "why", "there is no lint `T999`"),
            (lint, "*", " ", "has no reason"),
            (lint, " ", "why", "names no object"),
        ] {
            let refused = Allowance::new(lint, object, reason).unwrap_err().to_string();
            assert!(refused.contains(said), "{refused}");
        }
    }
}
