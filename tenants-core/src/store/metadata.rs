//! What an application keeps with a tenant.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

/// What an application keeps with a tenant: a JSON object of at most 64 KiB, without NUL characters, which
/// PostgreSQL cannot store.
///
/// `Debug` shows the number of its keys alone.
///
/// # Examples
///
/// ```
/// use tenants_core::store::{Merge, Metadata};
/// use serde_json::json;
///
/// let mut metadata = Metadata::try_from(json!({ "plan": "free", "limits": { "seats": 3 } }))?;
/// metadata.merge(&Metadata::try_from(json!({ "plan": "team" }))?, Merge::Shallow)?;
/// assert_eq!(metadata.get("plan"), Some(&json!("team")));
/// assert!(Metadata::try_from(json!([1, 2])).is_err());
/// # Ok::<(), tenants_core::store::MetadataError>(())
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct Metadata(Map<String, Value>);

/// Why metadata cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// It is an array, a number, a text or the like.
    #[error("metadata is a JSON object")]
    NoObject,
    /// It is not JSON.
    #[error("metadata is a JSON object, and this is no JSON")]
    NoJson,
    /// A key or a text in it holds a NUL character.
    #[error("metadata must not contain a NUL character")]
    Nul,
    /// It is too large.
    #[error("metadata of {bytes} bytes is too large: at most {max}", max = Metadata::MAX_BYTES)]
    TooLarge {
        /// How many bytes it has as JSON.
        bytes: usize,
    },
}

/// How new metadata is put over what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Merge {
    /// Each key takes the place of the one of that name, whatever it holds; `null` is a value like others.
    #[default]
    Shallow,
    /// Objects are merged into objects, and `null` removes a key ([RFC 7396](https://www.rfc-editor.org/rfc/rfc7396)).
    MergePatch,
}

impl Metadata {
    /// The greatest size as JSON text, in bytes.
    pub const MAX_BYTES: usize = 64 * 1024;

    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads JSON text.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] if it is no JSON object, too large, or holds a NUL character.
    pub fn from_json(text: &str) -> Result<Self, MetadataError> {
        serde_json::from_str::<Value>(text).map_err(|_| MetadataError::NoJson)?.try_into()
    }

    /// JSON text.
    #[must_use]
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// All keys and values.
    #[must_use]
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Reads all of it as a type of the application's.
    ///
    /// # Errors
    ///
    /// What serde says: it names keys and types of the application, and may show values. Do not log it.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(Value::Object(self.0.clone()))
    }

    /// Puts other metadata over this.
    ///
    /// # Errors
    ///
    /// [`MetadataError::TooLarge`] if the outcome is. It is there all the same.
    pub fn merge(&mut self, patch: &Self, mode: Merge) -> Result<(), MetadataError> {
        match mode {
            Merge::Shallow => self.0.extend(patch.0.clone()),
            Merge::MergePatch => merge_patch(&mut self.0, &patch.0),
        }
        check_size(&self.0)
    }

    /// Removes keys; those that are not there are no error.
    pub fn remove<'a>(&mut self, keys: impl IntoIterator<Item = &'a str>) {
        for key in keys {
            self.0.remove(key);
        }
    }
}

fn merge_patch(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (key, value) in patch {
        match value {
            Value::Null => {
                target.remove(key);
            }
            Value::Object(patch) => {
                let inner = target.entry(key.clone()).or_insert(Value::Null);
                if !inner.is_object() {
                    *inner = Value::Object(Map::new());
                }
                if let Value::Object(inner) = inner {
                    merge_patch(inner, patch);
                }
            }
            other => {
                target.insert(key.clone(), other.clone());
            }
        }
    }
}

fn check_size(object: &Map<String, Value>) -> Result<(), MetadataError> {
    let bytes = Value::Object(object.clone()).to_string().len();
    if bytes > Metadata::MAX_BYTES { Err(MetadataError::TooLarge { bytes }) } else { Ok(()) }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(object) => {
            object.iter().any(|(key, value)| key.contains('\0') || holds_nul(value))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

impl TryFrom<Value> for Metadata {
    type Error = MetadataError;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        if holds_nul(&value) {
            return Err(MetadataError::Nul);
        }
        let Value::Object(object) = value else { return Err(MetadataError::NoObject) };
        check_size(&object)?;
        Ok(Self(object))
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata").field("keys", &self.0.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(target: Value, patch: Value, mode: Merge) -> Value {
        let mut target = Metadata::try_from(target).unwrap();
        target.merge(&patch.try_into().unwrap(), mode).unwrap();
        Value::Object(target.0)
    }

    #[test]
    fn shallow_replaces_and_keeps_null() {
        let there = json!({ "a": { "b": 1, "c": 2 }, "d": 1 });
        let patch = json!({ "a": { "b": 3 }, "d": null, "e": [1] });
        let expected = json!({ "a": { "b": 3 }, "d": null, "e": [1] });
        assert_eq!(merged(there, patch, Merge::Shallow), expected);
    }

    /// Those examples of RFC 7396, appendix A, whose both sides are objects.
    #[test]
    fn merge_patch_is_that_of_the_rfc() {
        for (target, patch, expected) in [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ] {
            assert_eq!(merged(target, patch, Merge::MergePatch), expected);
        }
    }

    #[test]
    fn what_no_database_keeps_is_refused() {
        for value in [json!(1), json!("a"), json!([]), Value::Null] {
            assert_eq!(Metadata::try_from(value), Err(MetadataError::NoObject));
        }
        for value in [json!({ "a": ["\0"] }), json!({ "a": { "b\0": 1 } })] {
            assert_eq!(Metadata::try_from(value), Err(MetadataError::Nul));
        }
        assert_eq!(Metadata::from_json("{ \"a\": NaN }"), Err(MetadataError::NoJson));
        let large = json!({ "a": "x".repeat(Metadata::MAX_BYTES) });
        assert!(matches!(Metadata::try_from(large), Err(MetadataError::TooLarge { .. })));
    }

    #[test]
    fn values_are_not_shown() {
        let metadata = Metadata::try_from(json!({ "secret": "s3cret" })).unwrap();
        assert!(!format!("{metadata:?}").contains("cret"));
    }
}
