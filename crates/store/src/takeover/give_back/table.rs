//! What is the table that accounts are given back to, and which statements read and write it?
//!
//! SECURITY: a name comes from the command line or from the database, and cannot end the quotes that it stands in.

use portcullis_core::model::Timestamp;
use uuid::Uuid;

use super::super::TakeoverError;
use super::super::cell::{Cell, SourceId};
use super::super::mapping::{Described, Wanted};
use super::super::shape::{Field, Shape, UsernameRule};
use super::super::source::server::Kind;
use super::entry::{Entry, Given, NONE, folded};
use super::moment::Written;
use super::report::Finding;

/// Which database it is, as far as statements differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    MySql,
}

/// What goes to a database as a parameter. There is no `Debug`: it is password hashes and personal data.
#[derive(Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Bytes(Vec<u8>),
}

/// What a database says about a column.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// The type to which a parameter must be converted by name, in quotes.
    pub(super) cast: Option<String>,
    pub(super) is_nullable: bool,
    pub(super) has_default: bool,
    /// How many digits of a second's fraction it keeps.
    pub(super) digits: usize,
}

/// How a column holds a point in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeForm {
    /// As the database itself, in UTC.
    Database { digits: usize },
    /// As Sequelize writes it where the database knows no times: `2024-09-16 11:00:00.000 +00:00`.
    Sequelize,
    /// As JavaScript writes it.
    Iso,
    /// As a number since 1970; so many of them are a second.
    Count { per_second: i64 },
}

/// A column that accounts are written to.
pub(super) struct Column {
    pub(super) field: Field,
    pub(super) fact: Fact,
    pub(super) time: TimeForm,
}

impl Column {
    /// Whether a row without a value for it is refused.
    pub(super) const fn needs_value(&self) -> bool {
        !self.fact.is_nullable && !self.fact.has_default
    }

    /// What is written for what is given.
    pub(super) fn value(&self, given: Given) -> Value {
        let kind = self.fact.kind;
        match given {
            Given::Nothing => Value::Null,
            Given::Text(text) => match kind {
                Kind::Bytes | Kind::PaddedBytes => Value::Bytes(text.into_bytes()),
                _ => Value::Text(text),
            },
            Given::Time(time) => self.time(time),
            Given::Disabled(since) => match (kind, since) {
                (Kind::Time, Some(time)) => self.time(time),
                (Kind::Time, None) => Value::Null,
                (Kind::Integer | Kind::Number, since) => Value::Integer(i64::from(since.is_some())),
                (_, Some(_)) => Value::Text("true".to_owned()),
                (_, None) => Value::Text("false".to_owned()),
            },
        }
    }

    fn time(&self, time: Timestamp) -> Value {
        let written = Written::of(time);
        match self.time {
            TimeForm::Database { digits } => Value::Text(written.plain(digits)),
            TimeForm::Sequelize => Value::Text(format!("{} +00:00", written.plain(3))),
            TimeForm::Iso => Value::Text(written.iso()),
            TimeForm::Count { per_second } => {
                let millis = i128::from(time.as_millis()) * i128::from(per_second);
                Value::Integer(i64::try_from(millis.div_euclid(1000)).unwrap_or(i64::MAX))
            }
        }
    }

    /// In which form times stand in a column, by one that is there.
    fn form_of(fact: &Fact, dialect: Dialect, sample: Option<&Cell>) -> TimeForm {
        const SECONDS_BELOW: i64 = 100_000_000_000;
        const MILLIS_BELOW: i64 = 100_000_000_000_000;
        if fact.kind == Kind::Time && dialect != Dialect::Sqlite {
            return TimeForm::Database { digits: fact.digits };
        }
        match sample {
            Some(Cell::Integer(number)) => TimeForm::Count {
                per_second: match number.abs() {
                    size if size < SECONDS_BELOW => 1,
                    size if size < MILLIS_BELOW => 1000,
                    _ => 1_000_000,
                },
            },
            Some(Cell::Text(text)) if text.contains('T') => TimeForm::Iso,
            None if matches!(fact.kind, Kind::Integer | Kind::Number) => TimeForm::Count { per_second: 1000 },
            _ => TimeForm::Sequelize,
        }
    }
}

/// The table.
pub(super) struct Table {
    pub(super) dialect: Dialect,
    /// In quotes, with its schema.
    pub(super) name: String,
    pub(super) described: Described,
    pub(super) columns: Vec<Column>,
    key: Field,
    usernames: UsernameRule,
}

impl Table {
    /// Chooses among the columns that there are.
    pub(super) fn new(
        dialect: Dialect,
        name: String,
        facts: &[Fact],
        (shape, wanted): (&Shape, &[Wanted]),
    ) -> Result<Self, TakeoverError> {
        let names: Vec<_> = facts.iter().map(|fact| fact.name.clone()).collect();
        let described = Described::choose(wanted, &names)?;
        let of = |name: &String| facts.iter().find(|fact| fact.name == *name).cloned();
        let columns = described.read.iter().filter_map(|(field, name)| {
            let fact = of(name)?;
            let time = Column::form_of(&fact, dialect, None);
            Some(Column { field: *field, fact, time })
        });
        let columns = columns.collect();
        let key = if described.column(Field::Id).is_some() { Field::Id } else { shape.identifier };
        Ok(Self { dialect, name, described, columns, key, usernames: shape.usernames })
    }

    /// The column by which rows are found.
    pub(super) fn key(&self) -> Option<&Column> {
        self.columns.iter().find(|column| column.field == self.key)
    }

    /// Whether rows have whole numbers, which go on growing.
    pub(super) fn is_numbered(&self) -> bool {
        self.key == Field::Id && self.key().is_some_and(|key| key.fact.kind == Kind::Integer)
    }

    /// Learns from a time that is there how a column holds them.
    pub(super) fn learn(&mut self, field: Field, sample: &Cell) {
        let dialect = self.dialect;
        for column in self.columns.iter_mut().filter(|column| column.field == field) {
            column.time = Column::form_of(&column.fact, dialect, Some(sample));
        }
    }

    /// What finds the row of an account, as a text and as a parameter; `None` when no row could have it.
    pub(super) fn key_of(&self, entry: &Entry) -> Option<(String, Value)> {
        let key = self.key()?;
        if self.key != Field::Id {
            let Given::Text(spelled) = entry.give(self.key) else { return None };
            let text = entry.identifier(self.key, self.usernames)?;
            let spelled = if self.is_folded() { spelled.to_lowercase() } else { spelled };
            return Some((text, key.value(Given::Text(spelled))));
        }
        let account = &entry.account;
        if matches!(key.fact.kind, Kind::Integer | Kind::Number) {
            let is_numbered = account.external_id.is_none();
            return is_numbered.then(|| (account.number.to_string(), Value::Integer(account.number)));
        }
        let id = account.external_id.clone().unwrap_or_else(|| account.id.to_string());
        let uuid = Uuid::parse_str(&id);
        Some(match key.fact.kind {
            Kind::Bytes | Kind::PaddedBytes => {
                let bytes = uuid.map(|uuid| uuid.as_bytes().to_vec()).or_else(|_| hex::decode(&id));
                let bytes = bytes.unwrap_or_else(|_| id.clone().into_bytes());
                (id, Value::Bytes(bytes))
            }
            _ if key.is_uuid() => (uuid.ok()?.to_string(), Value::Text(id)),
            _ => (id.clone(), Value::Text(id)),
        })
    }

    /// The same of a row.
    pub(super) fn key_of_row(&self, cell: Cell) -> Option<String> {
        if self.key == Field::Id {
            return Some(match cell.into_id().ok()?? {
                SourceId::Number(number) => number.to_string(),
                SourceId::Other(text) => text,
            });
        }
        folded(self.key, &cell.into_text().ok()??, self.usernames)
    }

    /// A row's key as a parameter.
    pub(super) fn value_of_key(&self, cell: &Cell) -> Option<Value> {
        let is_bytes = self.key().is_some_and(|key| matches!(key.fact.kind, Kind::Bytes | Kind::PaddedBytes));
        Some(match cell {
            Cell::Integer(number) => Value::Integer(*number),
            Cell::Text(text) if is_bytes => Value::Bytes(text.clone().into_bytes()),
            Cell::Text(text) if self.is_folded() => Value::Text(text.to_lowercase()),
            Cell::Text(text) => Value::Text(text.clone()),
            Cell::Bytes(bytes) => Value::Bytes(bytes.clone()),
            _ => return None,
        })
    }

    /// Why there can be no row of an account.
    pub(super) const fn without_key(&self) -> Finding {
        match self.key {
            Field::Email => Finding::NoEmail,
            Field::Username => Finding::NoUsername,
            _ => Finding::Id,
        }
    }

    const fn is_folded(&self) -> bool {
        !matches!((self.key, self.usernames), (Field::Id, _) | (Field::Username, UsernameRule::Exact))
    }
}

impl Column {
    /// What stands in place of a refresh token that nobody shall use any more, and of a password that there is not.
    pub(super) fn emptied(&self) -> Value {
        match self.field {
            Field::Password => self.value(Given::Text(NONE.to_owned())),
            _ if self.fact.is_nullable => Value::Null,
            _ => self.value(Given::Text(String::new())),
        }
    }

    fn is_uuid(&self) -> bool {
        self.fact.cast.as_deref() == Some("\"pg_catalog\".\"uuid\"")
    }
}

/// The statements.
impl Table {
    /// Rows by their keys; held until the end of the transaction when they are to be changed.
    pub(super) fn select(&self, count: usize, lock: &str) -> String {
        let columns: Vec<_> = self.columns.iter().map(|column| self.expression(column)).collect();
        let keys: Vec<_> = (1..=count).map(|place| self.key_parameter(place)).collect();
        let lock = if self.dialect == Dialect::Sqlite { "" } else { lock };
        let (columns, keys, found_by) = (columns.join(", "), keys.join(", "), self.found_by());
        format!("SELECT {columns} FROM {} WHERE {found_by} IN ({keys}){lock}", self.name)
    }

    /// The key of every row.
    pub(super) fn select_keys(&self) -> String {
        let key = self.key().map(|key| self.expression(key)).unwrap_or_default();
        format!("SELECT {key} FROM {}", self.name)
    }

    /// One value of a column.
    pub(super) fn sample(&self, column: &Column) -> String {
        let (read, name) = (self.expression(column), self.quoted(&column.fact.name));
        format!("SELECT {read} FROM {} WHERE {name} IS NOT NULL LIMIT 1", self.name)
    }

    pub(super) fn insert(&self, columns: &[&Column]) -> String {
        let names: Vec<_> = columns.iter().map(|column| self.quoted(&column.fact.name)).collect();
        let values = columns.iter().zip(1..).map(|(column, place)| self.parameter(column, place));
        let values: Vec<_> = values.collect();
        // An id that the database would make itself is one that we have.
        let overriding = if self.dialect == Dialect::Postgres { " OVERRIDING SYSTEM VALUE" } else { "" };
        format!("INSERT INTO {} ({}){overriding} VALUES ({})", self.name, names.join(", "), values.join(", "))
    }

    /// Changes one row; the key is the last parameter, or the last two.
    pub(super) fn update(&self, columns: &[&Column]) -> String {
        let set = columns.iter().zip(1..).map(|(column, place)| {
            format!("{} = {}", self.quoted(&column.fact.name), self.parameter(column, place))
        });
        let set: Vec<_> = set.collect();
        format!("UPDATE {} SET {} WHERE {}", self.name, set.join(", "), self.one(columns.len() + 1))
    }

    pub(super) fn delete(&self) -> String {
        format!("DELETE FROM {} WHERE {}", self.name, self.one(1))
    }

    /// The highest number.
    pub(super) fn highest(&self) -> String {
        let name = self.key().map(|key| self.quoted(&key.fact.name)).unwrap_or_default();
        match self.dialect {
            Dialect::Sqlite => format!("SELECT MAX({name}) FROM {}", self.name),
            Dialect::Postgres => format!("SELECT MAX({name})::text FROM {}", self.name),
            Dialect::MySql => format!("SELECT CAST(MAX({name}) AS CHAR) FROM {}", self.name),
        }
    }

    /// The row of a key and no other: some databases take texts for equal that are not.
    fn one(&self, place: usize) -> String {
        let (found_by, parameter) = (self.found_by(), self.key_parameter(place));
        let is_text = self.is_told_apart();
        match self.dialect {
            Dialect::MySql if is_text => {
                let second = format!("CONVERT({found_by} USING utf8mb4) COLLATE utf8mb4_bin");
                format!("{found_by} = {parameter} AND {second} = ?")
            }
            Dialect::Sqlite if is_text => format!("{found_by} COLLATE BINARY = {parameter}"),
            _ => format!("{found_by} = {parameter}"),
        }
    }

    /// How often the key is a parameter where one row is meant.
    pub(super) fn keys_of_one(&self) -> usize {
        if self.dialect == Dialect::MySql && self.is_told_apart() { 2 } else { 1 }
    }

    /// Whether the database may take keys for equal that are not.
    fn is_told_apart(&self) -> bool {
        self.key().is_some_and(|key| key.fact.kind == Kind::Text) && !self.is_folded()
    }

    fn found_by(&self) -> String {
        let name = self.key().map(|key| self.quoted(&key.fact.name)).unwrap_or_default();
        if self.is_folded() { format!("LOWER({name})") } else { name }
    }

    fn key_parameter(&self, place: usize) -> String {
        match self.key() {
            // A number that is too large for the column finds nothing; converted it would be an error.
            Some(key) if key.fact.kind != Kind::Integer => self.parameter(key, place),
            _ => self.placeholder(place),
        }
    }

    fn parameter(&self, column: &Column, place: usize) -> String {
        let placeholder = self.placeholder(place);
        match &column.fact.cast {
            Some(cast) => format!("CAST({placeholder} AS {cast})"),
            None => placeholder,
        }
    }

    fn placeholder(&self, place: usize) -> String {
        match self.dialect {
            Dialect::Sqlite => format!("?{place}"),
            Dialect::Postgres => format!("${place}"),
            Dialect::MySql => "?".to_owned(),
        }
    }

    fn quoted(&self, name: &str) -> String {
        use super::super::source::{mysql, postgres, sqlite};
        match self.dialect {
            Dialect::Sqlite => sqlite::quoted(name),
            Dialect::Postgres => postgres::quoted(name),
            Dialect::MySql => mysql::quoted(name),
        }
    }

    fn expression(&self, column: &Column) -> String {
        use super::super::source::{mysql, postgres, sqlite};
        let Fact { name, kind, .. } = &column.fact;
        match self.dialect {
            Dialect::Sqlite => sqlite::quoted(name),
            Dialect::Postgres => postgres::expression(name, *kind),
            Dialect::MySql => mysql::expression(name, *kind),
        }
    }
}
