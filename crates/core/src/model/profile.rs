//! What does an account say about itself, and how does it change that?
//!
//! A profile text is kept exactly as it was sent. The only character refused is NUL, which `PostgreSQL`
//! cannot store.

/// What an account says about itself. All optional.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Profile {
    /// What the person is called.
    pub name: Option<String>,
    /// A text about the person.
    pub bio: Option<String>,
    /// How the person can be reached.
    pub contact: Option<String>,
}

impl Profile {
    /// Checks every text; answers the first field that does not fit.
    pub fn check(&self) -> Result<(), (ProfileField, ProfileTextError)> {
        let fields = [
            (ProfileField::Name, &self.name),
            (ProfileField::Bio, &self.bio),
            (ProfileField::Contact, &self.contact),
        ];
        for (field, text) in fields {
            if let Some(text) = text {
                field.check(text).map_err(|error| (field, error))?;
            }
        }
        Ok(())
    }
}

/// One field of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileField {
    /// [`Profile::name`]
    Name,
    /// [`Profile::bio`]
    Bio,
    /// [`Profile::contact`]
    Contact,
}

impl ProfileField {
    /// The longest text the field takes, in characters.
    pub const fn limit_chars(self) -> usize {
        match self {
            Self::Name | Self::Contact => 200,
            Self::Bio => 16_000,
        }
    }

    /// Checks a text for this field.
    pub fn check(self, text: &str) -> Result<(), ProfileTextError> {
        if text.contains('\0') {
            return Err(ProfileTextError::ContainsNul);
        }
        if text.chars().count() > self.limit_chars() {
            return Err(ProfileTextError::TooLong { limit_chars: self.limit_chars() });
        }
        Ok(())
    }
}

/// Why a text cannot stand in a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProfileTextError {
    /// More characters than the field takes.
    #[error("must be at most {limit_chars} characters long")]
    TooLong {
        /// The most characters the field takes.
        limit_chars: usize,
    },
    /// A NUL character.
    #[error("must not contain a NUL character")]
    ContainsNul,
}

/// What happens to one value that may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Change {
    /// Stays as it is.
    #[default]
    Keep,
    /// Becomes absent.
    Clear,
    /// Becomes this.
    Set(String),
}

impl Change {
    /// Whether anything would change.
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }

    /// The new value; the outer `None` means that the old one stays.
    pub fn value(&self) -> Option<Option<&str>> {
        match self {
            Self::Keep => None,
            Self::Clear => Some(None),
            Self::Set(text) => Some(Some(text)),
        }
    }
}

/// What happens to a profile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProfileChange {
    /// To [`Profile::name`].
    pub name: Change,
    /// To [`Profile::bio`].
    pub bio: Change,
    /// To [`Profile::contact`].
    pub contact: Change,
    /// To [`super::Account::locale`]: the tag of a [`super::Locale`].
    pub locale: Change,
}

impl ProfileChange {
    /// Whether nothing would change.
    pub const fn is_empty(&self) -> bool {
        self.name.is_keep() && self.bio.is_keep() && self.contact.is_keep() && self.locale.is_keep()
    }
}
