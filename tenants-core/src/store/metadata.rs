//! What an application keeps with a tenant.

use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};
use thiserror::Error;

/// What an application keeps with a tenant: a JSON object of at most 64 KiB and 64 levels, without NUL characters,
/// which PostgreSQL cannot store.
///
/// It is measured as PostgreSQL writes it, whatever stores it: with a blank behind each comma and colon, and with all
/// digits of a number (`1e16` has 17). A whole number that was written with an exponent may come back as an integer.
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
    /// Objects and arrays are nested too deeply.
    #[error("metadata has at most {max} levels of objects and arrays", max = Metadata::MAX_LEVELS)]
    TooDeep,
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
    /// The greatest number of objects and arrays within each other. What is deeper, readers of JSON refuse.
    pub const MAX_LEVELS: usize = 64;

    /// No keys.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads JSON text.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] if it is no JSON object, too large or too deep, or holds a NUL character.
    pub fn from_json(text: &str) -> Result<Self, MetadataError> {
        serde_json::from_str::<Value>(text).map_err(|_| MetadataError::NoJson)?.try_into()
    }

    /// Reads what is stored, of whatever size: it was written past the store then, and is not lost by reading. What is no
    /// object reads as none.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or_default())
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
    let bytes = measure_object(object, 1)?;
    if bytes > Metadata::MAX_BYTES { Err(MetadataError::TooLarge { bytes }) } else { Ok(()) }
}

/// How many bytes PostgreSQL writes, if it can store the value.
fn measure(value: &Value, level: usize) -> Result<usize, MetadataError> {
    Ok(match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => measure_number(number),
        Value::String(text) => measure_text(text)?,
        Value::Array(values) => {
            check_level(level)?;
            let values = values.iter().map(|value| measure(value, level + 1));
            enclosed(values)?
        }
        Value::Object(object) => measure_object(object, level)?,
    })
}

fn measure_object(object: &Map<String, Value>, level: usize) -> Result<usize, MetadataError> {
    check_level(level)?;
    enclosed(
        object
            .iter()
            .map(|(key, value)| Ok(measure_text(key)? + ": ".len() + measure(value, level + 1)?)),
    )
}

fn check_level(level: usize) -> Result<(), MetadataError> {
    if level > Metadata::MAX_LEVELS { Err(MetadataError::TooDeep) } else { Ok(()) }
}

/// In brackets, with commas between them.
fn enclosed(
    mut sizes: impl Iterator<Item = Result<usize, MetadataError>>,
) -> Result<usize, MetadataError> {
    let Some(first) = sizes.next() else { return Ok("{}".len()) };
    sizes.try_fold("{}".len() + first?, |sum, size| Ok(sum + ", ".len() + size?))
}

fn measure_text(text: &str) -> Result<usize, MetadataError> {
    text.bytes().try_fold("\"\"".len(), |sum, byte| {
        Ok(sum
            + match byte {
                b'\0' => return Err(MetadataError::Nul),
                b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
                0x01..0x20 => "\\u001f".len(),
                _ => 1,
            })
    })
}

fn measure_number(number: &Number) -> usize {
    let text = number.to_string();
    match number.as_f64() {
        // Rust writes all digits of it.
        Some(float) if text.contains('e') => float.to_string().len(),
        _ => text.len(),
    }
}

impl TryFrom<Value> for Metadata {
    type Error = MetadataError;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
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
    fn what_readers_of_json_refuse_is_refused() {
        let nested = |levels| (1..levels).fold(json!({}), |value, _| json!({ "a": value }));
        let deepest = Metadata::try_from(nested(Metadata::MAX_LEVELS)).unwrap();
        assert_eq!(Metadata::from_stored(&deepest.to_json()), deepest);
        for levels in [Metadata::MAX_LEVELS + 1, 200, 2_000] {
            assert_eq!(Metadata::try_from(nested(levels)), Err(MetadataError::TooDeep));
        }
        let array = json!({ "a": (0..70).fold(json!(1), |value, _| json!([value])) });
        assert_eq!(Metadata::try_from(array), Err(MetadataError::TooDeep));
        assert_eq!(Metadata::from_json(r#"{ "a": 1e400 }"#), Err(MetadataError::NoJson));
        assert_eq!(Metadata::from_json(r#"{ "a": 1, "a": 2 }"#).unwrap().to_json(), r#"{"a":2}"#);
    }

    #[test]
    fn it_is_as_large_as_postgresql_writes_it() {
        for (value, written) in [
            (json!({}), "{}".len()),
            (json!({ "a": [], "b": {} }), r#"{"a": [], "b": {}}"#.len()),
            (
                json!({ "a": [1, -2.5, true, false, null] }),
                r#"{"a": [1, -2.5, true, false, null]}"#.len(),
            ),
            (json!({ "a": "\u{1f}\u{8}\n\"\\ü" }), r#"{"a": "\u001f\b\n\"\\ü"}"#.len()),
            (json!({ "a": 1e16 }), r#"{"a": 10000000000000000}"#.len()),
            (json!({ "a": 1e300 }), r#"{"a": }"#.len() + 301),
            (json!({ "a": -1.5e-7 }), r#"{"a": -0.00000015}"#.len()),
        ] {
            assert_eq!(measure(&value, 1), Ok(written), "{value}");
        }
    }

    /// What is read and written again is the same.
    #[test]
    fn numbers_do_not_drift() {
        let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..20_000 {
            bits = bits.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            let float = f64::from_bits(bits);
            if !float.is_finite() {
                continue;
            }
            for text in [format!(r#"{{"a":{float:e}}}"#), format!(r#"{{"a":{float}}}"#)] {
                let read = Metadata::from_stored(&text);
                assert_eq!(read.get("a").and_then(Value::as_f64), Some(float), "{text}");
            }
        }
    }

    #[test]
    fn values_are_not_shown() {
        let metadata = Metadata::try_from(json!({ "secret": "s3cret" })).unwrap();
        assert!(!format!("{metadata:?}").contains("cret"));
    }
}
