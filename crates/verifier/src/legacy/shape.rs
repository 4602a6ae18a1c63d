//! Which shapes do the tokens of older backends have?

use std::fmt;

/// The `iss` of [`LegacyShape::AuthRouter`], unless configured.
pub const DEFAULT_LEGACY_ISSUER: &str = "localhost:3000";

/// The claims that the access tokens of one kind of older backend carry. The names are those of the dialects of the
/// server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LegacyShape {
    /// `{userId, iat, exp}`: `userId` is the number of the account.
    BearerPair,
    /// `{id, email, iat, exp}`, also in the cookie `accessToken`.
    UsersCookies,
    /// `{data: {id, username, email}, iat, exp}`, also in the cookie `token`.
    ApiSession,
    /// `{username, iat}`, and `exp` where Portcullis made it.
    BearerSingle,
    /// `{iat, exp, aud, iss}`: `aud` is the id of the account, `iss` the backend.
    AuthRouter,
}

impl LegacyShape {
    /// All shapes.
    pub const ALL: [Self; 5] =
        [Self::BearerPair, Self::UsersCookies, Self::ApiSession, Self::BearerSingle, Self::AuthRouter];

    /// The name of the dialect, as in the server's setting `dialects`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::BearerPair => "bearer-pair",
            Self::UsersCookies => "users-cookies",
            Self::ApiSession => "api-session",
            Self::BearerSingle => "bearer-single",
            Self::AuthRouter => "auth-router",
        }
    }

    /// The shape of a dialect's name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shape| shape.as_str() == name)
    }

    /// The cookie that brings the token where there is one.
    pub const fn cookie(self) -> Option<&'static str> {
        match self {
            Self::UsersCookies => Some("accessToken"),
            Self::ApiSession => Some("token"),
            Self::BearerPair | Self::BearerSingle | Self::AuthRouter => None,
        }
    }
}

impl fmt::Display for LegacyShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::LegacyShape;

    #[test]
    fn every_shape_is_found_by_the_name_of_its_dialect() {
        for shape in LegacyShape::ALL {
            assert_eq!(LegacyShape::parse(shape.as_str()), Some(shape));
        }
        for name in ["", "Bearer-Pair", "bearer_pair", "bearer-pair "] {
            assert_eq!(LegacyShape::parse(name), None, "{name}");
        }
    }
}
