//! Which column holds what, in a table that is not quite of a shape?

use std::collections::BTreeMap;

use super::TakeoverError;
use super::shape::{Column, Field, Need, Shape};

/// Where a table differs from its shape.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mapping {
    columns: BTreeMap<Field, Option<String>>,
}

impl Mapping {
    /// A field stands in this column; in none, when there is none.
    pub fn set(&mut self, field: Field, column: Option<String>) {
        self.columns.insert(field, column);
    }

    /// What a field is looked for under, if it is looked for.
    pub(super) fn wanted(&self, shape: &Shape) -> Vec<Wanted> {
        let of_field = |field: Field| match (self.columns.get(&field), shape.column(field)) {
            (Some(None), _) | (None, None) => None,
            (Some(Some(name)), _) => Some(Wanted { field, names: vec![name.clone()], need: Need::Required }),
            (None, Some(Column { names, need, .. })) => {
                let names = names.iter().map(|name| (*name).to_owned()).collect();
                Some(Wanted { field, names, need: *need })
            }
        };
        Field::ALL.into_iter().filter_map(of_field).collect()
    }
}

/// What a field is looked for under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) field: Field,
    /// The first that is there is the one.
    pub(super) names: Vec<String>,
    pub(super) need: Need,
}

/// Which columns of a table are read, and which are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Described {
    /// Fields and their columns.
    pub read: Vec<(Field, String)>,
    /// The other columns.
    pub passed_over: Vec<String>,
}

impl Described {
    /// Chooses among the columns that there are.
    ///
    /// # Errors
    /// One that must be there is not.
    pub(super) fn choose(wanted: &[Wanted], there: &[String]) -> Result<Self, TakeoverError> {
        let mut read = Vec::new();
        for Wanted { field, names, need } in wanted {
            match names.iter().find(|name| there.contains(name)) {
                Some(name) => read.push((*field, name.clone())),
                None if *need == Need::Optional => {}
                None => return Err(missing(*field, names, there)),
            }
        }
        let is_read = |column: &&String| !read.iter().any(|(_, name)| name == *column);
        let passed_over = there.iter().filter(is_read).cloned().collect();
        Ok(Self { read, passed_over })
    }

    /// The column of a field.
    pub fn column(&self, field: Field) -> Option<&str> {
        self.read.iter().find(|(read, _)| *read == field).map(|(_, column)| column.as_str())
    }
}

fn missing(field: Field, names: &[String], there: &[String]) -> TakeoverError {
    let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    let what = format!(
        "there is no column {} for the field `{field}`; there are: {}",
        names.join(" or "),
        listed(there)
    );
    TakeoverError::source(
        what,
        format!("name its column with `--map {field}=COLUMN`, or say that it has none: `--map {field}=`"),
    )
}

/// Names for a message; not more than fit.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 30;
    let mut text = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(", …");
    }
    if text.is_empty() { "none".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::super::shape::SEQUELIZE_USERS;
    use super::*;

    fn columns(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_first_name_that_is_there_is_taken_and_the_others_are_told() {
        let wanted = Mapping::default().wanted(&SEQUELIZE_USERS);
        let there = columns(&["id", "username", "email", "hashedPassword", "createdAt", "phone"]);
        let described = Described::choose(&wanted, &there).unwrap();
        assert_eq!(described.column(Field::Password), Some("hashedPassword"));
        assert_eq!(described.column(Field::UpdatedAt), None);
        assert_eq!(described.passed_over, ["phone"]);
    }

    #[test]
    fn a_missing_column_is_named_with_what_to_do() {
        let wanted = Mapping::default().wanted(&SEQUELIZE_USERS);
        let error =
            Described::choose(&wanted, &columns(&["id", "username", "mail", "password"])).unwrap_err();
        assert!(error.to_string().contains("`email`") && error.to_string().contains("mail"), "{error}");
        assert!(error.fix().contains("--map email=COLUMN"), "{}", error.fix());
    }

    #[test]
    fn what_was_mapped_must_be_there_and_what_was_unmapped_is_not_read() {
        let mut mapping = Mapping::default();
        mapping.set(Field::Email, Some("mail".into()));
        mapping.set(Field::Username, None);
        mapping.set(Field::Role, Some("kind".into()));
        let wanted = mapping.wanted(&SEQUELIZE_USERS);
        let there = columns(&["id", "mail", "username", "password", "kind"]);
        let described = Described::choose(&wanted, &there).unwrap();
        assert_eq!(described.column(Field::Email), Some("mail"));
        assert_eq!(described.column(Field::Role), Some("kind"));
        assert_eq!(described.passed_over, ["username"]);
        assert!(Described::choose(&wanted, &columns(&["id", "mail", "password"])).is_err());
    }
}
