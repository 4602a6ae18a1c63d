//! What exactly is sealed of an entry?
//!
//! The texts as the database holds them: an entry that was tampered with may hold what no version would write, and must
//! still be seen for what it is.

use super::AuditEvent;
use crate::model::{AccountId, EventId, SessionId, Timestamp};

/// The form of [`AuditEntry::canonical`]. Another one gets another number, and both are known for ever.
const FORM: u8 = 1;

/// An entry of the audit log, to the letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// [`AuditEvent::id`]
    pub id: EventId,
    /// [`AuditEvent::at`]
    pub at: Timestamp,
    /// The word of the kind.
    pub kind: String,
    /// [`AuditEvent::actor_id`]
    pub actor_id: Option<AccountId>,
    /// [`AuditEvent::account_id`]
    pub account_id: Option<AccountId>,
    /// [`AuditEvent::session_id`]
    pub session_id: Option<SessionId>,
    /// The address of the client.
    pub address: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// The name of the request.
    pub request_id: Option<String>,
    /// The words of the detail.
    pub detail: Option<String>,
}

impl AuditEntry {
    /// The one form in bytes that this entry has and no other: the number of the form, then each field in its order as
    /// 0 where there is none, else as 1, its length in four bytes and itself. Numbers are big-endian.
    pub fn canonical(&self) -> Vec<u8> {
        // Named one by one, so that a new field is not forgotten.
        let Self { id, at, kind, actor_id, account_id, session_id, address, user_agent, request_id, detail } =
            self;
        let mut bytes = Vec::with_capacity(256);
        bytes.push(FORM);
        add(&mut bytes, Some(&id.into_bytes()));
        add(&mut bytes, Some(&at.as_millis().to_be_bytes()));
        add(&mut bytes, Some(kind.as_bytes()));
        for account in [actor_id, account_id] {
            add(&mut bytes, account.map(AccountId::into_bytes).as_ref().map(<[u8; 16]>::as_slice));
        }
        add(&mut bytes, session_id.map(SessionId::into_bytes).as_ref().map(<[u8; 16]>::as_slice));
        for text in [address, user_agent, request_id, detail] {
            add(&mut bytes, text.as_deref().map(str::as_bytes));
        }
        bytes
    }

    /// The number of the form that [`Self::canonical`] makes.
    pub const fn form() -> u8 {
        FORM
    }
}

fn add(bytes: &mut Vec<u8>, field: Option<&[u8]>) {
    let Some(field) = field else {
        bytes.push(0);
        return;
    };
    bytes.push(1);
    // No text in the database is longer.
    let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(field);
}

impl From<&AuditEvent> for AuditEntry {
    fn from(event: &AuditEvent) -> Self {
        let client = &event.client;
        Self {
            id: event.id,
            at: event.at,
            kind: event.kind.as_str().to_owned(),
            actor_id: event.actor_id,
            account_id: event.account_id,
            session_id: event.session_id,
            address: client.address.map(|address| address.to_string()),
            user_agent: client.user_agent.clone(),
            request_id: client.request_id.clone(),
            detail: event.detail.as_ref().map(|detail| detail.as_str().to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry {
            id: EventId::first_at(Timestamp::from_millis(1)),
            at: Timestamp::from_millis(1),
            kind: "logged_in".into(),
            actor_id: None,
            account_id: None,
            session_id: None,
            address: None,
            user_agent: None,
            request_id: None,
            detail: None,
        }
    }

    #[test]
    fn the_form_does_not_change_between_versions() {
        let full = AuditEntry {
            actor_id: Some(AccountId::new(Timestamp::from_millis(2), [1; 10])),
            session_id: Some(SessionId::new(Timestamp::from_millis(3), [2; 10])),
            address: Some("192.0.2.7".into()),
            detail: Some(String::new()),
            ..entry()
        };
        let parts = [
            vec![1],
            vec![1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 1, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0],
            vec![1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1],
            [vec![1, 0, 0, 0, 9], b"logged_in".to_vec()].concat(),
            vec![1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 2, 0x71, 1, 0x81, 1, 1, 1, 1, 1, 1, 1],
            vec![0],
            vec![1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 3, 0x72, 2, 0x82, 2, 2, 2, 2, 2, 2, 2],
            [vec![1, 0, 0, 0, 9], b"192.0.2.7".to_vec()].concat(),
            vec![0, 0],
            vec![1, 0, 0, 0, 0],
        ];
        assert_eq!(full.canonical(), parts.concat());
    }

    fn text() -> impl Strategy<Value = Option<String>> {
        prop::option::of("[a-c\u{0}\u{1}]{0,3}")
    }

    proptest! {
        #[test]
        fn entries_that_differ_have_forms_that_differ(
            texts in [[text(), text(), text(), text()], [text(), text(), text(), text()]],
            kinds in ["[ab]{0,2}", "[ab]{0,2}"], times in [0..2_i64, 0..2_i64],
        ) {
            let [one, other] = [0, 1].map(|n| {
                let [address, user_agent, request_id, detail] = texts.get(n).cloned().unwrap_or_default();
                let kind = kinds.get(n).cloned().unwrap_or_default();
                let at = Timestamp::from_millis(times.get(n).copied().unwrap_or_default());
                AuditEntry { at, kind, address, user_agent, request_id, detail, ..entry() }
            });
            prop_assert_eq!(one == other, one.canonical() == other.canonical());
        }
    }
}
