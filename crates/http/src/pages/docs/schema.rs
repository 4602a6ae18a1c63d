//! How is a JSON Schema said in words?

use serde_json::Value;

use super::document::{Document, Parameter, Schema};
use crate::pages::html::Html;

/// One named value that a request or an answer holds.
pub(super) struct Field<'a> {
    name: &'a str,
    description: &'a str,
    schema: &'a Schema,
    presence: Presence,
}

/// Whether a value has to be there. Only who sends an object decides that, so answers do not say it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

/// Which way the fields go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// To the server.
    Sent,
    /// To the client.
    Received,
}

/// The fields of an object.
pub(super) fn fields_of<'a>(document: &'a Document, schema: &'a Schema) -> Vec<Field<'a>> {
    let schema = document.resolve(schema);
    let own = schema.properties.iter().map(|(name, property)| {
        let presence = if schema.required.iter().any(|own| own == name) {
            Presence::Required
        } else {
            Presence::Optional
        };
        Field { name, description: description(document, property), schema: property, presence }
    });
    // `allOf` is how a structure that contains another one is written.
    let inherited = schema.all_of.iter().flat_map(|part| fields_of(document, part));
    own.chain(inherited).collect()
}

/// The names of the objects of which one holds the rest of the fields.
pub(super) fn variants_of<'a>(document: &'a Document, schema: &'a Schema) -> Vec<&'a str> {
    let schema = document.resolve(schema);
    let own = schema
        .alternatives()
        .iter()
        .filter(|one| is_object(document, one))
        .filter_map(Schema::reference_name);
    own.chain(schema.all_of.iter().flat_map(|part| variants_of(document, part))).collect()
}

/// Whether the schema is of an object, as opposed to a text, a number or a list.
pub(super) fn is_object(document: &Document, schema: &Schema) -> bool {
    !fields_of(document, schema).is_empty() || !variants_of(document, schema).is_empty()
}

/// What a property says of itself, or what it is made of says.
fn description<'a>(document: &'a Document, property: &'a Schema) -> &'a str {
    let alternatives = property.alternatives().iter().flat_map(|one| [one, document.resolve(one)]);
    let places = [property, document.resolve(property)].into_iter().chain(alternatives);
    places.map(|schema| schema.description.as_str()).find(|text| !text.is_empty()).unwrap_or_default()
}

/// The parameters in the path or in the query.
pub(super) fn fields_from<'a>(parameters: &'a [Parameter], place: &str) -> Vec<Field<'a>> {
    let in_place = parameters.iter().filter(|parameter| parameter.place == place);
    in_place
        .map(|parameter| Field {
            name: &parameter.name,
            description: &parameter.description,
            schema: &parameter.schema,
            presence: if parameter.required { Presence::Required } else { Presence::Optional },
        })
        .collect()
}

/// Writes the fields as a list of names and what there is to know about each.
pub(super) fn write_fields(html: &mut Html, document: &Document, fields: &[Field<'_>], direction: Direction) {
    html.element("dl", &[("class", "fields")], |html| {
        for field in fields {
            html.element("div", &[], |html| {
                html.element("dt", &[], |html| html.leaf("code", &[], field.name));
                html.element("dd", &[], |html| write_field(html, document, field, direction));
            });
        }
    });
}

fn write_field(html: &mut Html, document: &Document, field: &Field<'_>, direction: Direction) {
    html.element("p", &[("class", "kind")], |html| {
        write_kind(html, document, field.schema);
        if direction == Direction::Sent && field.presence == Presence::Required {
            html.leaf("strong", &[], "required");
        }
    });
    if !field.description.is_empty() {
        html.paragraph(field.description);
    }
}

/// Writes what kind of value a schema asks for, with its limits, and a link to the object it may name.
pub(super) fn write_kind(html: &mut Html, document: &Document, schema: &Schema) {
    let kind = kind(document, schema);
    html.element("span", &[], |html| {
        html.text(&kind.before);
        if let Some(name) = &kind.object {
            html.leaf("a", &[("href", &format!("#object-{name}"))], name);
        }
        html.text(&kind.after);
    });
}

#[derive(Default)]
struct Kind {
    before: String,
    object: Option<String>,
    after: String,
}

fn kind(document: &Document, schema: &Schema) -> Kind {
    let target = document.resolve(schema);
    if let Some(name) = schema.reference_name().filter(|_| is_object(document, target)) {
        return Kind { object: Some(name.to_owned()), ..Kind::default() };
    }
    if !target.alternatives().is_empty() {
        return alternatives(document, target.alternatives());
    }
    if let Some(items) = &target.items {
        let mut inner = kind(document, items);
        inner.before.insert_str(0, "list of ");
        return with_null(inner, target);
    }
    let mut before = if target.values.is_empty() { plain(target) } else { values(&target.values) };
    for limit in [length(target), range(target), default(target)].into_iter().flatten() {
        before.push_str(", ");
        before.push_str(&limit);
    }
    with_null(Kind { before, ..Kind::default() }, target)
}

/// Alternatives in words; what may be an object or `null` is said of the object.
fn alternatives(document: &Document, all: &[Schema]) -> Kind {
    let (nulls, rest): (Vec<&Schema>, Vec<&Schema>) = all.iter().partition(|schema| schema.is_null());
    let mut said = Kind::default();
    for (index, schema) in rest.into_iter().enumerate() {
        let one = kind(document, schema);
        if index == 0 {
            said = one;
        } else {
            said.after.push_str(" or ");
            said.after.push_str(&one.before);
            said.after.push_str(one.object.as_deref().unwrap_or_default());
            said.after.push_str(&one.after);
        }
    }
    if !nulls.is_empty() {
        said.after.push_str(" or null");
    }
    said
}

fn with_null(mut kind: Kind, schema: &Schema) -> Kind {
    if schema.types.iter().any(|word| word == "null") {
        kind.after.push_str(" or null");
    }
    kind
}

fn plain(schema: &Schema) -> String {
    let word = schema.types.iter().find(|word| *word != "null").map_or("anything", String::as_str);
    match schema.format.as_deref() {
        Some("uuid") => "UUID".to_owned(),
        Some("date-time") => "time as in RFC 3339".to_owned(),
        Some("email") => "email address".to_owned(),
        Some("uri") => "URL".to_owned(),
        // `password` and the widths of integers say nothing about JSON.
        _ => word.to_owned(),
    }
}

fn values(values: &[Value]) -> String {
    let words: Vec<String> = values.iter().filter(|value| !value.is_null()).map(Value::to_string).collect();
    words.join(" or ")
}

fn length(schema: &Schema) -> Option<String> {
    Some(match (schema.min_length, schema.max_length) {
        (Some(min), Some(max)) => format!("{min} to {max} characters"),
        (Some(min), None) => format!("at least {min} characters"),
        (None, Some(max)) => format!("at most {max} characters"),
        (None, None) => return None,
    })
}

fn range(schema: &Schema) -> Option<String> {
    Some(match (schema.minimum, schema.maximum) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        // Every unsigned integer says that it is not negative; that tells nobody anything.
        (Some(min), None) if min != 0 => format!("{min} or more"),
        (None, Some(max)) => format!("{max} or less"),
        (Some(_) | None, None) => return None,
    })
}

fn default(schema: &Schema) -> Option<String> {
    schema
        .default
        .as_ref()
        .filter(|value| !value.is_null())
        .map(|value| format!("{value} unless said otherwise"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn document() -> Document {
        let document = r##"{"components":{"schemas":{
            "Account":{"type":"object","properties":{"id":{"type":"string"}}},
            "Managed":{"allOf":[{"$ref":"#/components/schemas/Account"},
                {"properties":{"disabled_at":{"oneOf":[{"type":"null"},{"type":"string","description":"Since when."}]}}}]},
            "Answer":{"allOf":[{"properties":{"n":{"type":"integer"}}},{"$ref":"#/components/schemas/Either"}]},
            "Either":{"oneOf":[{"$ref":"#/components/schemas/Account"},{"$ref":"#/components/schemas/Managed"}]},
            "Role":{"type":"string","enum":["user","admin"]}}}}"##;
        serde_json::from_str(document).unwrap()
    }

    fn words(schema: &str) -> String {
        let said = kind(&document(), &serde_json::from_str(schema).unwrap());
        format!(
            "{}{}{}",
            said.before,
            said.object.map(|name| format!("<{name}>")).unwrap_or_default(),
            said.after
        )
    }

    #[test]
    fn limits_are_said() {
        assert_eq!(words(r#"{"type":"string","minLength":3,"maxLength":64}"#), "string, 3 to 64 characters");
        assert_eq!(
            words(r#"{"type":["string","null"],"maxLength":9}"#),
            "string, at most 9 characters or null"
        );
        assert_eq!(
            words(r#"{"type":"integer","minimum":1,"maximum":200,"default":50}"#),
            "integer, 1 to 200, 50 unless said otherwise"
        );
        assert_eq!(words(r#"{"type":"integer","minimum":0,"format":"int64"}"#), "integer");
    }

    #[test]
    fn objects_are_named_and_small_types_are_said() {
        assert_eq!(words(r##"{"$ref":"#/components/schemas/Account"}"##), "<Account>");
        assert_eq!(words(r##"{"$ref":"#/components/schemas/Role"}"##), r#""user" or "admin""#);
        assert_eq!(
            words(r##"{"type":"array","items":{"$ref":"#/components/schemas/Account"}}"##),
            "list of <Account>"
        );
        assert_eq!(
            words(r##"{"oneOf":[{"type":"null"},{"$ref":"#/components/schemas/Account"}]}"##),
            "<Account> or null"
        );
        assert_eq!(words(r##"{"$ref":"#/components/schemas/Either"}"##), "<Either>");
        assert_eq!(words(r#"{"type":"string","format":"uuid"}"#), "UUID");
        assert_eq!(words("{}"), "anything");
    }

    #[test]
    fn an_object_has_the_fields_of_its_parts_and_names_its_variants() {
        let document = document();
        let schema = |name: &str| document.components.schemas.get(name).unwrap();
        let managed = fields_of(&document, schema("Managed"));
        let said: Vec<_> = managed.iter().map(|field| (field.name, field.description)).collect();
        assert_eq!(said, [("id", ""), ("disabled_at", "Since when.")]);
        assert!(variants_of(&document, schema("Managed")).is_empty());
        assert_eq!(variants_of(&document, schema("Answer")), ["Account", "Managed"]);
    }
}
