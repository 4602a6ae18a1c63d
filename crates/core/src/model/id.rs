//! How are accounts, sessions and events named?
//!
//! Every id is a `UUIDv7` (RFC 9562 §5.7) of a type of its own, so that one cannot be passed for another.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::Timestamp;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id from the time and ten random bytes.
            pub fn new(now: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
            }

            /// An id read back from where it was stored.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The bare UUID, for the database and the wire.
            pub const fn as_uuid(self) -> Uuid {
                self.0
            }

            /// The sixteen bytes of the UUID.
            pub const fn into_bytes(self) -> [u8; 16] {
                self.0.into_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

id! {
    /// Names an account, for ever.
    AccountId
}
id! {
    /// Names a session.
    SessionId
}
id! {
    /// Names an entry of the audit log.
    EventId
}
id! {
    /// Names a mail.
    MailId
}
id! {
    /// Names a one-time token.
    TokenId
}

impl EventId {
    /// What no event of that time or later comes before.
    pub fn first_at(at: Timestamp) -> Self {
        Self::new(at, [0; 10])
    }

    /// The time that it was made from.
    pub fn at(self) -> Timestamp {
        // RFC 9562 §5.7: the first 48 of its 128 bits.
        let millis = self.as_uuid().as_u128() >> 80;
        Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
    }
}

impl SessionId {
    /// The id of the session that a token of an older system stands for: a `UUIDv8` (RFC 9562 §5.8) of the first half
    /// of a digest of the token. No session that begins here has such an id.
    pub fn derived(digest: &[u8; 32]) -> Self {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// Whether [`Self::derived`] made it.
    pub fn is_derived(self) -> bool {
        self.0.get_version_num() == 8
    }
}

#[cfg(test)]
mod tests {
    use super::{EventId, Timestamp};

    #[test]
    fn an_event_id_tells_its_time_and_sorts_by_it() {
        let at = Timestamp::from_millis(1_800_000_000_007);
        let (first, last) = (EventId::first_at(at), EventId::new(at, [0xff; 10]));
        assert_eq!((first.at(), last.at()), (at, at));
        assert!(EventId::new(Timestamp::from_millis(1_800_000_000_006), [0xff; 10]) < first && first < last);
    }
}
