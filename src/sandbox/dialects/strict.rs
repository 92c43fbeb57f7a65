//! Reads the JSON of a call strictly: fields with the types that a document names, no longer than it allows, and no others.

use serde_json::{Map, Value as Json};

use crate::sandbox::guard::Refusal;

/// Meta's number for what is no valid call at all.
const INVALID: u32 = 100;
/// Meta's number for a field that is missing.
const MISSING: u32 = 131_008;
/// Meta's number for a value that is not allowed.
const NOT_ALLOWED: u32 = 131_009;

/// An object of a call, and how one gets to it: `interactive.action`.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    map: &'a Map<String, Json>,
    path: String,
}

/// Something that a call does not have right.
pub(super) fn invalid(why: impl Into<String>) -> Refusal {
    Refusal::coded(INVALID, why)
}

fn not_allowed(why: String) -> Refusal {
    Refusal::coded(NOT_ALLOWED, why)
}

impl<'a> Fields<'a> {
    /// The object of a whole call.
    pub(super) fn of(json: &'a Json) -> Result<Self, Refusal> {
        let map = json.as_object().ok_or_else(|| invalid("the body must be a JSON object"))?;
        Ok(Self { map, path: String::new() })
    }

    fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// There may be no other fields than these.
    pub(super) fn closed(&self, known: &[&str]) -> Result<(), Refusal> {
        match self.map.keys().find(|key| !known.contains(&key.as_str())) {
            Some(odd) if self.path.is_empty() => Err(invalid(format!("unexpected key \"{odd}\""))),
            Some(odd) => Err(invalid(format!("unexpected key \"{odd}\" on param \"{}\"", self.path))),
            None => Ok(()),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// The value of a field, as it is.
    pub(super) fn get(&self, key: &str) -> Option<&'a Json> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    /// What is said of a field that is missing.
    pub(super) fn missing(&self, key: &str) -> Refusal {
        Refusal::coded(MISSING, format!("required parameter is missing: {}", self.path(key)))
    }

    fn typed<T>(&self, key: &str, wish: &str, read: impl FnOnce(&'a Json) -> Option<T>) -> Result<Option<T>, Refusal> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| invalid(format!("{} must be {wish}", self.path(key))))
    }

    /// A text of at most so many characters.
    pub(super) fn text(&self, key: &str, most: usize) -> Result<Option<&'a str>, Refusal> {
        let text = self.typed(key, "a string", Json::as_str)?;
        match text.map(|text| text.chars().count()) {
            Some(0) => Err(not_allowed(format!("{} must not be empty", self.path(key)))),
            Some(length) if length > most => {
                Err(not_allowed(format!("{} must be at most {most} characters long", self.path(key))))
            }
            _ => Ok(text),
        }
    }

    /// A text that must be there.
    pub(super) fn needed(&self, key: &str, most: usize) -> Result<&'a str, Refusal> {
        self.text(key, most)?.ok_or_else(|| self.missing(key))
    }

    /// One of these words.
    pub(super) fn word(&self, key: &str, words: &[&str]) -> Result<Option<&'a str>, Refusal> {
        self.typed(key, &format!("one of {}", words.join(", ")), |value| {
            value.as_str().filter(|text| words.contains(text))
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, key: &str) -> Result<Option<bool>, Refusal> {
        self.typed(key, "a boolean", Json::as_bool)
    }

    /// A whole number, not below zero.
    pub(super) fn whole(&self, key: &str) -> Result<Option<u64>, Refusal> {
        self.typed(key, "an integer", Json::as_u64)
    }

    /// Degrees, between `-most` and `most`.
    pub(super) fn degrees(&self, key: &str, most: f64) -> Result<f64, Refusal> {
        let read = |value: &Json| value.as_f64().filter(|degrees| degrees.abs() <= most);
        self.typed(key, "a number of degrees", read)?.ok_or_else(|| self.missing(key))
    }

    /// `http://…` or `https://…`.
    pub(super) fn link(&self, key: &str) -> Result<Option<&'a str>, Refusal> {
        let is_link = |text: &&str| {
            let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            rest.is_some_and(|rest| !rest.is_empty() && !text.contains(char::is_whitespace))
        };
        self.typed(key, "a URL (http or https)", |value| value.as_str().filter(is_link))
    }

    /// An object within.
    pub(super) fn object(&self, key: &str) -> Result<Option<Fields<'a>>, Refusal> {
        let map = self.typed(key, "an object", Json::as_object)?;
        Ok(map.map(|map| Fields { map, path: self.path(key) }))
    }

    /// An object that must be there.
    pub(super) fn needed_object(&self, key: &str) -> Result<Fields<'a>, Refusal> {
        self.object(key)?.ok_or_else(|| self.missing(key))
    }

    /// The objects of a list; nothing where there is none.
    pub(super) fn objects(&self, key: &str) -> Result<Vec<Fields<'a>>, Refusal> {
        let list = self.typed(key, "an array", Json::as_array)?.map(Vec::as_slice).unwrap_or_default();
        let object = |(n, item): (usize, &'a Json)| {
            let path = format!("{}[{n}]", self.path(key));
            let map = item.as_object().ok_or_else(|| invalid(format!("{path} must be an object")))?;
            Ok(Fields { map, path })
        };
        list.iter().enumerate().map(object).collect()
    }

    /// Between so many and so many objects of a list.
    pub(super) fn counted(&self, key: &str, least: usize, most: usize) -> Result<Vec<Fields<'a>>, Refusal> {
        let objects = self.objects(key)?;
        if objects.is_empty() && least > 0 {
            return Err(self.missing(key));
        }
        let fits = (least..=most).contains(&objects.len());
        let path = self.path(key);
        if fits { Ok(objects) } else { Err(not_allowed(format!("{path} must have {least} to {most} items"))) }
    }

    /// Texts of a list.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<String>, Refusal> {
        let text = |value: &Json| value.as_str().map(str::to_owned);
        let read = |value: &'a Json| value.as_array()?.iter().map(text).collect::<Option<Vec<_>>>();
        Ok(self.typed(key, "an array of strings", read)?.unwrap_or_default())
    }
}

/// Values that must differ: buttons and rows.
pub(super) fn all_differ<'a>(what: &str, values: impl IntoIterator<Item = &'a str>) -> Result<(), Refusal> {
    let mut seen = std::collections::BTreeSet::new();
    match values.into_iter().find(|value| !seen.insert(*value)) {
        Some(twice) => Err(not_allowed(format!("{what} must differ: \"{twice}\" stands twice"))),
        None => Ok(()),
    }
}

/// So many of them are allowed, not more.
pub(super) fn at_most(what: &str, count: usize, most: usize) -> Result<(), Refusal> {
    if count > most { Err(not_allowed(format!("{what}: {most} at most, there are {count}"))) } else { Ok(()) }
}
