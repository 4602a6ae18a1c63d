//! What does the reference page read of the `OpenAPI` document?
//!
//! These types see the document as everybody else does: as JSON. They keep the order in which things were
//! declared and pass over what the page does not show.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// The document.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Document {
    pub(super) info: Info,
    pub(super) tags: Vec<Tag>,
    pub(super) paths: Ordered<Ordered<Operation>>,
    pub(super) components: Components,
}

impl Document {
    /// The operations that carry a tag, in the order of their declaration, with method and path.
    pub(super) fn operations_of<'a>(
        &'a self,
        tag: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a Operation)> + 'a {
        self.paths
            .iter()
            .flat_map(|(path, methods)| {
                methods.iter().map(move |(method, operation)| (method, path, operation))
            })
            .filter(move |(_, _, operation)| operation.tags.iter().any(|own| own == tag))
    }

    /// The names of the schemas that request bodies refer to.
    pub(super) fn request_schemas(&self) -> impl Iterator<Item = &str> {
        let operations = self.paths.iter().flat_map(|(_, methods)| methods.iter());
        operations.filter_map(|(_, operation)| {
            operation.request_body.as_ref()?.schema()?.unless_null().reference_name()
        })
    }

    /// What a body must be if it is there.
    pub(super) fn object_of<'a>(&'a self, schema: &'a Schema) -> &'a Schema {
        self.resolve(schema.unless_null())
    }

    /// The schema itself, or the one that it refers to.
    pub(super) fn resolve<'a>(&'a self, schema: &'a Schema) -> &'a Schema {
        schema.reference_name().and_then(|name| self.components.schemas.get(name)).unwrap_or(schema)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Info {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) description: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Tag {
    pub(super) name: String,
    pub(super) description: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Components {
    pub(super) schemas: Ordered<Schema>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Operation {
    pub(super) tags: Vec<String>,
    pub(super) summary: String,
    pub(super) description: String,
    #[serde(rename = "operationId")]
    pub(super) id: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) request_body: Option<Body>,
    pub(super) responses: Ordered<Body>,
    /// The ways to authenticate; each names a scheme and what the caller must be besides.
    pub(super) security: Vec<BTreeMap<String, Vec<String>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Parameter {
    pub(super) name: String,
    #[serde(rename = "in")]
    pub(super) place: String,
    pub(super) required: bool,
    pub(super) description: String,
    pub(super) schema: Schema,
}

/// A request body or an answer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Body {
    /// Whether a request must have it.
    pub(super) required: bool,
    pub(super) description: String,
    pub(super) content: Ordered<Media>,
}

impl Body {
    /// The schema of what is sent, whatever its media type.
    pub(super) fn schema(&self) -> Option<&Schema> {
        self.content.iter().find_map(|(_, media)| media.schema.as_ref())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Media {
    pub(super) schema: Option<Schema>,
    pub(super) example: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Schema {
    #[serde(rename = "$ref")]
    reference: Option<String>,
    #[serde(rename = "type", deserialize_with = "one_or_many")]
    pub(super) types: Vec<String>,
    pub(super) format: Option<String>,
    pub(super) description: String,
    #[serde(rename = "enum")]
    pub(super) values: Vec<Value>,
    pub(super) required: Vec<String>,
    pub(super) properties: Ordered<Schema>,
    pub(super) items: Option<Box<Schema>>,
    pub(super) one_of: Vec<Schema>,
    pub(super) any_of: Vec<Schema>,
    pub(super) all_of: Vec<Schema>,
    pub(super) min_length: Option<u64>,
    pub(super) max_length: Option<u64>,
    pub(super) minimum: Option<i64>,
    pub(super) maximum: Option<i64>,
    pub(super) default: Option<Value>,
    pub(super) example: Option<Value>,
    pub(super) examples: Vec<Value>,
}

impl Schema {
    /// The name of the schema that this one only refers to.
    pub(super) fn reference_name(&self) -> Option<&str> {
        self.reference.as_deref().and_then(|reference| reference.rsplit('/').next())
    }

    /// Whether it says nothing but that the value may be `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(self.types.as_slice(), [only] if only == "null")
    }

    /// The one thing that the value is unless it is `null`; the schema itself where there is no such choice.
    pub(super) fn unless_null(&self) -> &Self {
        let mut rest = self.alternatives().iter().filter(|one| !one.is_null());
        match (rest.next(), rest.next()) {
            (Some(only), None) => only,
            _ => self,
        }
    }

    /// What the value may be instead of one thing.
    pub(super) fn alternatives(&self) -> &[Self] {
        if self.one_of.is_empty() { &self.any_of } else { &self.one_of }
    }
}

/// A JSON object whose members stay in the order in which they were written.
#[derive(Debug)]
pub(super) struct Ordered<T>(Vec<(String, T)>);

impl<T> Ordered<T> {
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }
}

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Vec<(String, T)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }

        deserializer.deserialize_map(Members(PhantomData)).map(Self)
    }
}

/// JSON Schema writes one type as a word and several as an array of words.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }

    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(word) => vec![word],
        OneOrMany::Many(words) => words,
    })
}
