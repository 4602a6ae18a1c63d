//! What does an administrator hear about what went wrong?
//!
//! More than a stranger: whether an account exists is no secret here.

use portcullis_core::flows::administer::AdministerError;
use portcullis_core::flows::rotate_keys::RotateKeysError;

use crate::problem::{Code, Problem};

impl From<AdministerError> for Problem {
    fn from(error: AdministerError) -> Self {
        match error {
            AdministerError::Forbidden => Self::new(Code::Forbidden),
            AdministerError::NoAccount => Self::new(Code::NotFound).detail("There is no such account."),
            AdministerError::NoSession => Self::new(Code::NotFound).detail("The account has no such live session."),
            AdministerError::OwnAccount => Self::new(Code::OwnAccount),
            AdministerError::Trouble(trouble) => trouble.into(),
        }
    }
}

impl From<RotateKeysError> for Problem {
    fn from(error: RotateKeysError) -> Self {
        match error {
            RotateKeysError::Raced => Self::new(Code::Conflict),
            // The server keeps both keys of each purpose; without one its database was tampered with.
            RotateKeysError::Missing(_) => Self::internal(error),
            RotateKeysError::Trouble(trouble) => trouble.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use portcullis_core::flows::Trouble;
    use portcullis_core::ports::StoreError;

    use super::*;

    fn unavailable() -> Trouble {
        Trouble::Store(StoreError::Unavailable { retry_after: Duration::from_secs(1), cause: "busy".into() })
    }

    #[test]
    fn every_refusal_of_an_administrator_has_its_code() {
        for (error, code) in [
            (AdministerError::Forbidden, Code::Forbidden),
            (AdministerError::NoAccount, Code::NotFound),
            (AdministerError::NoSession, Code::NotFound),
            (AdministerError::OwnAccount, Code::OwnAccount),
            (AdministerError::Trouble(unavailable()), Code::Unavailable),
        ] {
            assert_eq!(Problem::from(error).code(), code);
        }
    }

    #[test]
    fn every_refusal_to_rotate_has_its_code() {
        for (error, code) in [
            (RotateKeysError::Raced, Code::Conflict),
            (RotateKeysError::Missing("next"), Code::InternalError),
            (RotateKeysError::Trouble(unavailable()), Code::Unavailable),
        ] {
            assert_eq!(Problem::from(error).code(), code);
        }
    }
}
