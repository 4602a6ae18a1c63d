//! How does an older backend keep its accounts?
//!
//! A shape is a table (or a collection) and the names of its columns. Whoever reads such a table takes the first name
//! that it has, whoever writes one takes the first name there is.

use std::fmt;

/// A column of ours, whatever the older backend calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// An integer becomes the account's number; anything else its external id.
    Id,
    /// The email address.
    Email,
    /// The username.
    Username,
    /// What the person is called.
    Name,
    /// A text about the person.
    Bio,
    /// How the person can be reached.
    Contact,
    /// The password hash.
    Password,
    /// What the account may do.
    Role,
    /// When it was registered.
    CreatedAt,
    /// When it last changed.
    UpdatedAt,
    /// Whether, or since when, it may not log in.
    Disabled,
    /// The only refresh token that the older backend accepts for it.
    RefreshToken,
}

impl Field {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Id,
        Self::Email,
        Self::Username,
        Self::Name,
        Self::Bio,
        Self::Contact,
        Self::Password,
        Self::Role,
        Self::CreatedAt,
        Self::UpdatedAt,
        Self::Disabled,
        Self::RefreshToken,
    ];

    /// The word for it on the command line and in a mapping file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Email => "email",
            Self::Username => "username",
            Self::Name => "name",
            Self::Bio => "bio",
            Self::Contact => "contact",
            Self::Password => "password",
            Self::Role => "role",
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Disabled => "disabled",
            Self::RefreshToken => "refresh_token",
        }
    }

    /// The field of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == word)
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether a table is of a shape without a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// It is not.
    Required,
    /// It is.
    Optional,
}

/// Where a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The field.
    pub field: Field,
    /// What backends call the column; never empty.
    pub names: &'static [&'static str],
    /// Whether it must be there.
    pub need: Need,
}

impl Column {
    /// What the column is called when somebody writes such a table.
    pub const fn name(&self) -> &'static str {
        match self.names {
            [first, ..] => first,
            [] => "",
        }
    }
}

/// When two usernames are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsernameRule {
    /// When they differ in case or width only.
    Folded,
    /// When they are spelled the same.
    Exact,
}

/// How an older backend keeps its accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// What it is called on the command line.
    pub name: &'static str,
    /// The contracts whose backends keep accounts so, where their name is not that of the shape.
    pub aliases: &'static [&'static str],
    /// The table or collection.
    pub table: &'static str,
    /// The columns.
    pub columns: &'static [Column],
    /// When two usernames are the same.
    pub usernames: UsernameRule,
    /// By what people log in. An account without it is not of this shape.
    pub identifier: Field,
}

impl Shape {
    /// The shape of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|shape| shape.name == name || shape.aliases.contains(&name))
    }

    /// The column of a field, if the shape has it.
    pub fn column(&self, field: Field) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.field == field)
    }

    /// What such a table calls a field when somebody writes one.
    pub fn column_name(&self, field: Field) -> Option<&'static str> {
        self.column(field).map(Column::name)
    }
}

/// Every shape.
pub static ALL: [&Shape; 5] = [&SEQUELIZE_USERS, &API_SESSION, &USERS_COOKIES, &MONGOOSE, &USERNAME_PASSWORD];

/// What Sequelize makes of a model `User` with the attributes `username`, `email` and `password`.
pub static SEQUELIZE_USERS: Shape = Shape {
    name: "sequelize-users",
    aliases: &["bearer-pair"],
    table: "Users",
    columns: &[
        required(Field::Id, &["id"]),
        required(Field::Username, &["username"]),
        required(Field::Email, &["email"]),
        required(Field::Password, &["password", "hashedPassword"]),
        optional(Field::CreatedAt, &["createdAt", "created_at"]),
        optional(Field::UpdatedAt, &["updatedAt", "updated_at"]),
    ],
    usernames: UsernameRule::Folded,
    identifier: Field::Email,
};

/// The same with the attribute `hashedPassword`.
pub static API_SESSION: Shape = Shape {
    name: "api-session",
    aliases: &[],
    table: "Users",
    columns: &[
        required(Field::Id, &["id"]),
        required(Field::Username, &["username"]),
        required(Field::Email, &["email"]),
        required(Field::Password, &["hashedPassword", "password"]),
        optional(Field::CreatedAt, &["createdAt", "created_at"]),
        optional(Field::UpdatedAt, &["updatedAt", "updated_at"]),
    ],
    usernames: UsernameRule::Folded,
    identifier: Field::Email,
};

/// A table `users` with the profile and the stored refresh token.
pub static USERS_COOKIES: Shape = Shape {
    name: "users-cookies",
    aliases: &[],
    table: "users",
    columns: &[
        required(Field::Id, &["id"]),
        optional(Field::Name, &["name"]),
        required(Field::Email, &["email"]),
        required(Field::Password, &["password"]),
        optional(Field::Bio, &["bio"]),
        optional(Field::Contact, &["contact"]),
        optional(Field::RefreshToken, &["refreshToken", "refresh_token"]),
        optional(Field::CreatedAt, &["created_at", "createdAt"]),
        optional(Field::UpdatedAt, &["updated_at", "updatedAt"]),
    ],
    usernames: UsernameRule::Folded,
    identifier: Field::Email,
};

/// What Mongoose makes of a model `user`.
pub static MONGOOSE: Shape = Shape {
    name: "mongoose",
    aliases: &["auth-router"],
    table: "users",
    columns: &[
        required(Field::Id, &["_id"]),
        optional(Field::Name, &["name"]),
        required(Field::Email, &["email"]),
        required(Field::Password, &["password"]),
        optional(Field::Role, &["role"]),
        optional(Field::CreatedAt, &["createdAt"]),
        optional(Field::UpdatedAt, &["updatedAt"]),
    ],
    usernames: UsernameRule::Folded,
    identifier: Field::Email,
};

/// Usernames whose case counts, and their hashes.
pub static USERNAME_PASSWORD: Shape = Shape {
    name: "username-password",
    aliases: &["bearer-single"],
    table: "users",
    columns: &[
        optional(Field::Id, &["id", "_id"]),
        required(Field::Username, &["username"]),
        required(Field::Password, &["password"]),
        optional(Field::CreatedAt, &["created_at", "createdAt"]),
        optional(Field::UpdatedAt, &["updated_at", "updatedAt"]),
    ],
    usernames: UsernameRule::Exact,
    identifier: Field::Username,
};

const fn required(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, names, need: Need::Required }
}

const fn optional(field: Field, names: &'static [&'static str]) -> Column {
    Column { field, names, need: Need::Optional }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_contract_names_a_shape() {
        let shape_of = |name: &str| Shape::named(name).unwrap().name;
        assert_eq!(shape_of("bearer-pair"), "sequelize-users");
        assert_eq!(shape_of("users-cookies"), "users-cookies");
        assert_eq!(shape_of("api-session"), "api-session");
        assert_eq!(shape_of("bearer-single"), "username-password");
        assert_eq!(shape_of("auth-router"), "mongoose");
        assert_eq!(Shape::named("users"), None);
    }

    #[test]
    fn every_shape_has_its_identifier_and_no_field_twice() {
        for shape in ALL {
            assert!(shape.column(shape.identifier).is_some(), "{}", shape.name);
            for (place, column) in shape.columns.iter().enumerate() {
                assert!(!column.name().is_empty());
                let others = shape.columns.iter().skip(place + 1);
                assert!(others.into_iter().all(|other| other.field != column.field), "{}", shape.name);
            }
        }
    }

    #[test]
    fn fields_are_read_by_their_words() {
        for field in Field::ALL {
            assert_eq!(Field::parse(field.as_str()), Some(field));
        }
        assert_eq!(Field::parse("Id"), None);
    }
}
