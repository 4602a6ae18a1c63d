//! What has old data to do with mails?

use portcullis_core::crypto::one_time::OneTimeKey;
use portcullis_core::model::{
    Client, Email, Locale, MailId, MailKind, MailState, NewMail, Purpose, QueuedMail, StoredToken, TokenId,
};
use portcullis_store::transfer::{KnownClient, Record};

use super::{
    DAY, LEAVING, MAILS, NOW, PLACE, account_id, ago, master_key, mins, new_session, number, phone,
    plain_account, uuid,
};

/// The token that keeps the account that is about to be deleted, and that of somebody who registers.
pub(crate) fn one_time_tokens() -> [StoredToken; 2] {
    let key = OneTimeKey::new(&master_key());
    let token = |number, purpose, email: Email| {
        let id = TokenId::from_uuid(uuid(0x7, number));
        StoredToken {
            id,
            purpose,
            account_id: None,
            email,
            digest: key.token(&id.into_bytes()).digest(),
            code: None,
            payload: None,
            created_at: ago(2),
            expires_at: NOW.plus(7 * DAY),
        }
    };
    let leaving = plain_account(LEAVING);
    let keep = token(1, Purpose::UndoDeletion, leaving.email.unwrap());
    let keep = StoredToken { account_id: Some(leaving.id), ..keep };
    let register = token(2, Purpose::Register, Email::parse("Neue@Bücher.example").unwrap());
    let code = key.code_digest(
        register.purpose.as_str(),
        register.email.key(),
        &key.code(&register.id.into_bytes()),
    );
    let payload = Some("{\"name\":\"Ωμέγα 👩‍👩‍👧‍👦 ' \\\\ $1 ?\"}".to_owned());
    [keep, StoredToken { code: Some(code), payload, ..register }]
}

/// One that waits, one that is tried again, and one that was sent.
pub(crate) fn mails() -> [QueuedMail; 3] {
    let [keep, register] = one_time_tokens();
    let mail = |number, kind, email: Email, at| QueuedMail {
        id: MailId::from_uuid(uuid(0x3, number)),
        kind,
        account_id: None,
        email,
        locale: Some(Locale::En),
        client: phone(),
        token_id: None,
        detail: None,
        created_at: at,
        state: MailState::Pending,
        attempts: 0,
        due_at: at,
        last_error: None,
        finished_at: None,
    };
    let waits = mail(1, MailKind::DeletionScheduled, keep.email, ago(2));
    let again = mail(2, MailKind::Register, register.email, ago(1));
    let sent = mail(3, MailKind::PasswordChanged, plain_account(7).email.unwrap(), ago(4));
    [
        QueuedMail { account_id: keep.account_id, token_id: Some(keep.id), ..waits },
        QueuedMail {
            token_id: Some(register.id),
            detail: Some("'one' \"two\" 世界".to_owned()),
            client: Client::default(),
            locale: None,
            attempts: 1,
            due_at: NOW.plus(mins(1)),
            last_error: Some("450 4.2.0 später".to_owned()),
            ..again
        },
        QueuedMail {
            account_id: Some(account_id(7)),
            state: MailState::Sent,
            attempts: 1,
            finished_at: Some(ago(3)),
            ..sent
        },
    ]
}

/// What an entry of the outbox was before anybody tried to send it.
pub(crate) fn new_mail(mail: &QueuedMail) -> NewMail {
    NewMail {
        id: mail.id,
        kind: mail.kind,
        account_id: mail.account_id,
        email: Some(mail.email.clone()),
        locale: mail.locale,
        client: mail.client.clone(),
        token_id: mail.token_id,
        detail: mail.detail.clone(),
        at: mail.created_at,
    }
}

/// All that has to do with mails.
pub(crate) fn about_mails(version: i64) -> Vec<Record> {
    if version < MAILS {
        return Vec::new();
    }
    let seen_at = new_session(number::LIVE).created_at;
    let known = KnownClient { account_id: account_id(1), place: PLACE, seen_at };
    let tokens = one_time_tokens().map(Record::OneTimeToken);
    tokens.into_iter().chain(mails().map(Record::Mail)).chain([Record::KnownClient(known)]).collect()
}
