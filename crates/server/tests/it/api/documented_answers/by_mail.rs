//! How is run into what comes of a mail?

use portcullis_core::model::mail::LetterKind;
use portcullis_core::policy::{RegistrationAccess, RegistrationAnswer, VerifiedEmail};
use serde_json::{Value, json};

use super::Scene;
use crate::api::app::{App, Setup};
use crate::api::client::Answer;
use crate::api::contract::NOBODYS_TOKEN;
use crate::api::mailbox::Mail;
use crate::api::persona::Persona;

const LATE: &str = "late@example.com";

impl Scene {
    /// The same at a process that was set up otherwise.
    async fn where_it_is_otherwise(&self, change: impl FnOnce(&mut Setup)) -> Answer {
        let mut setup = Setup::with_mails_and_open_answers();
        change(&mut setup);
        let other = self.app.second_process_with(setup).await;
        self.good().to(&other).await
    }

    pub(super) async fn uninvited(&self) -> Answer {
        self.where_it_is_otherwise(|setup| setup.policy.registration.access = RegistrationAccess::Invited)
            .await
    }

    pub(super) async fn where_no_mails_are_sent(&self) -> Answer {
        self.where_it_is_otherwise(|setup| setup.policy.mail = None).await
    }

    pub(super) async fn before_the_address_is_verified(&self) -> Answer {
        self.where_it_is_otherwise(|setup| {
            setup.policy.verified_email = VerifiedEmail::BeforeLogIn;
            setup.settings.verified_email_routes = vec!["/v1".into()];
        })
        .await
    }

    pub(super) async fn with_nobodys_invitation(&self) -> Answer {
        let body = json!({"email": "new@example.com", "password": "long enough", "invite": NOBODYS_TOKEN});
        self.good().json(&body).await
    }

    /// The mail of a registration that waits for it.
    async fn waiting(&self, registration: &Value) -> Mail {
        let mut setup = Setup::with_mails();
        setup.policy.registration.answer = RegistrationAnswer::Conceal;
        let concealing = self.app.second_process_with(setup).await;
        assert_eq!(concealing.post("/v1/register").json(registration).await.status, 202);
        let to = registration["email"].as_str().unwrap();
        mail(&concealing, LetterKind::ConfirmRegistration, to).await
    }

    /// Another password was chosen at the registration.
    pub(super) async fn with_a_password_that_was_not_chosen(&self) -> Answer {
        let waiting = json!({"email": "later@example.com", "password": "long enough"});
        let confirm = self.waiting(&waiting).await;
        self.good().json(&json!({"token": confirm.token(), "password": "wrong"})).await
    }

    /// Somebody else gets the address before the link is used.
    pub(super) async fn with_an_address_that_was_taken_since(&self) -> Answer {
        let carol = Persona::user(&self.app, "carol").logged_in().await;
        let password = "carol's correct horse";
        let first = mail(&self.app, LetterKind::VerifyEmail, "carol@example.com").await.token();
        let verify = json!({"token": first, "password": password});
        assert_eq!(self.app.post("/v1/email/verify").json(&verify).await.status, 200);
        let body = json!({"email": LATE, "password": password});
        assert_eq!(carol.post("/v1/me/email").json(&body).await.status, 202);
        let confirm = mail(&self.app, LetterKind::ConfirmNewEmail, LATE).await;
        let (token, wanted) = if self.operation.id == "undo_email_change" {
            let used = json!({"token": confirm.token(), "password": password});
            assert_eq!(self.app.post("/v1/email/verify").json(&used).await.status, 200);
            (
                mail(&self.app, LetterKind::EmailChanged, "carol@example.com").await.token(),
                "carol@example.com",
            )
        } else {
            (confirm.token(), LATE)
        };
        // Who does not read its mails cannot take an address that somebody may still get back.
        let new = self.waiting(&json!({"email": wanted, "password": "long enough"})).await;
        let faster = json!({"token": new.token(), "password": "long enough"});
        assert_eq!(self.app.post("/v1/email/verify").json(&faster).await.status, 200);
        let mut body = json!({"token": token});
        if self.operation.id != "undo_email_change" {
            body["password"] = json!(password);
        }
        self.good().json(&body).await
    }

    /// Somebody else gets the username before the link is used.
    pub(super) async fn with_a_username_that_was_taken_since(&self) -> Answer {
        let late = json!({"email": "later@example.com", "username": "late", "password": "long enough"});
        let confirm = self.waiting(&late).await;
        let faster = json!({"username": "late", "password": "long enough"});
        assert_eq!(self.app.post("/v1/register").json(&faster).await.status, 201);
        self.good().json(&json!({"token": confirm.token(), "password": "long enough"})).await
    }

    /// The account is disabled before the link is used.
    pub(super) async fn with_a_link_of_a_disabled_account(&self) -> Answer {
        let dora = Persona::user(&self.app, "dora").logged_in().await;
        let forgot = json!({"email": "dora@example.com"});
        assert_eq!(self.app.post("/v1/password/forgot").json(&forgot).await.status, 202);
        let token = mail(&self.app, LetterKind::ResetPassword, "dora@example.com").await.token();
        let path = format!("/v1/admin/accounts/{}", dora.account_id);
        assert_eq!(self.root.patch(&path).json(&json!({"disabled": true})).await.status, 200);
        self.good().json(&json!({"token": token, "new_password": "another correct horse"})).await
    }
}

/// The mail of a kind that is on its way to somebody.
async fn mail(app: &App, kind: LetterKind, to: &str) -> Mail {
    let mails = app.mails().await;
    mails.into_iter().find(|mail| mail.kind() == kind && mail.to() == to).expect("a mail")
}

/// What is wrong in the body of a route that takes tokens or codes.
pub(super) fn wrong_code() -> Value {
    json!({"email": "root@example.com", "code": "0000-0000"})
}
