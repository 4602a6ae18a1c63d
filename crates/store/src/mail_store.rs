//! What are the one-time tokens and the outbox of the store, seen from outside?

use async_trait::async_trait;
use portcullis_core::crypto::one_time::Digest;
use portcullis_core::model::{
    AccountId, AuditEvent, Email, MailFilter, MailId, MailKind, MailState, NewMail, Page, PageRequest,
    Purpose, QueuedMail, StoredToken, Timestamp, TokenId,
};
use portcullis_core::ports::StoreError;
use portcullis_core::ports::mail_store::{
    DeletionSchedule, EmailChange, EmailChangeRequest, EmailChangeRequested, EmailChangeUndo, EmailChanged,
    EmailVerification, MailClaim, MailEnd, MailPruning, MailStore, TokenUse,
};
use portcullis_core::ports::store::AccountDeletion;

use crate::SqlStore;
use crate::engine::operation;
use crate::operations::{deletion, email, known_clients, one_time_tokens, outbox, sessions};

#[async_trait]
impl MailStore for SqlStore {
    async fn request_mail(
        &self,
        mail: &NewMail,
        token: Option<&StoredToken>,
        event: Option<&AuditEvent>,
    ) -> Result<(), StoreError> {
        let (mail, token, event) = (mail.clone(), token.cloned(), event.cloned());
        self.engine
            .write(operation!(
                [mail, token, event] | c | outbox::request(c, mail, token.as_ref(), event.as_ref())
            ))
            .await
    }

    async fn keep_token(&self, token: &StoredToken, event: &AuditEvent) -> Result<(), StoreError> {
        let (token, event) = (token.clone(), event.clone());
        self.engine.write(operation!([token, event] | c | one_time_tokens::keep(c, token, event))).await
    }

    async fn issue_token(&self, token: &StoredToken, mail: MailId) -> Result<bool, StoreError> {
        let token = token.clone();
        self.engine.write(operation!([token, mail] | c | one_time_tokens::issue(c, token, *mail))).await
    }

    async fn request_email_change(
        &self,
        request: &EmailChangeRequest,
        event: &AuditEvent,
    ) -> Result<EmailChangeRequested, StoreError> {
        let (request, event) = (request.clone(), event.clone());
        self.engine
            .write(operation!([request, event] | c | outbox::request_email_change(c, request, event)))
            .await
    }

    async fn find_token(&self, digest: &Digest) -> Result<Option<StoredToken>, StoreError> {
        let digest = *digest;
        self.engine.read(operation!([digest] | c | one_time_tokens::find(c, digest))).await
    }

    async fn find_token_by_id(&self, id: TokenId) -> Result<Option<StoredToken>, StoreError> {
        self.engine.read(operation!([id] | c | one_time_tokens::find_by_id(c, *id))).await
    }

    async fn find_token_by_code(
        &self,
        email: &Email,
        purpose: Purpose,
        code: &Digest,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, StoreError> {
        let (email, code) = (email.clone(), *code);
        self.engine
            .read(operation!(
                [email, purpose, code, now]
                    | c
                    | one_time_tokens::find_by_code(c, email, *purpose, code, *now)
            ))
            .await
    }

    async fn set_token_code(&self, id: TokenId, code: &Digest) -> Result<(), StoreError> {
        let code = *code;
        self.engine.write(operation!([id, code] | c | one_time_tokens::set_code(c, *id, code))).await
    }

    async fn find_newest_token(
        &self,
        email: &Email,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<StoredToken>, StoreError> {
        let email = email.clone();
        self.engine
            .read(operation!(
                [email, purpose, now] | c | one_time_tokens::find_newest(c, email, *purpose, *now)
            ))
            .await
    }

    async fn list_invitations(
        &self,
        now: Timestamp,
        page: PageRequest<TokenId>,
    ) -> Result<Page<StoredToken, TokenId>, StoreError> {
        self.engine
            .read(operation!([now, page] | c | one_time_tokens::list_invitations(c, *now, *page)))
            .await
    }

    async fn delete_token(&self, id: TokenId, event: Option<&AuditEvent>) -> Result<bool, StoreError> {
        let event = event.cloned();
        self.engine.write(operation!([id, event] | c | one_time_tokens::delete(c, *id, event.as_ref()))).await
    }

    async fn verify_email(
        &self,
        token: TokenUse,
        event: &AuditEvent,
    ) -> Result<EmailVerification, StoreError> {
        let event = event.clone();
        self.engine.write(operation!([token, event] | c | email::verify(c, *token, event))).await
    }

    async fn mark_email_verified(
        &self,
        account_id: AccountId,
        email: &Email,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let (email, event) = (email.clone(), event.clone());
        self.engine
            .write(operation!(
                [account_id, email, event] | c | email::mark_verified(c, *account_id, email, event)
            ))
            .await
    }

    async fn change_email(
        &self,
        change: &EmailChange,
        event: &AuditEvent,
    ) -> Result<EmailChanged, StoreError> {
        let (change, event) = (change.clone(), event.clone());
        self.engine.write(operation!([change, event] | c | email::change(c, change, event))).await
    }

    async fn undo_email_change(
        &self,
        undo: &EmailChangeUndo,
        event: &AuditEvent,
    ) -> Result<EmailChanged, StoreError> {
        let (undo, event) = (undo.clone(), event.clone());
        self.engine.write(operation!([undo, event] | c | email::undo(c, undo, event))).await
    }

    async fn schedule_deletion(
        &self,
        deletion: &DeletionSchedule,
        event: &AuditEvent,
    ) -> Result<AccountDeletion, StoreError> {
        let (deletion, event) = (deletion.clone(), event.clone());
        self.engine.write(operation!([deletion, event] | c | deletion::schedule(c, deletion, event))).await
    }

    async fn undo_deletion(&self, token: TokenUse, event: &AuditEvent) -> Result<bool, StoreError> {
        let event = event.clone();
        self.engine.write(operation!([token, event] | c | deletion::undo(c, *token, event))).await
    }

    async fn list_due_deletions(&self, now: Timestamp) -> Result<Vec<AccountId>, StoreError> {
        self.engine.read(operation!([now] | c | deletion::list_due(c, *now))).await
    }

    async fn delete_due_account(
        &self,
        id: AccountId,
        mail: &NewMail,
        event: &AuditEvent,
    ) -> Result<bool, StoreError> {
        let (mail, event) = (mail.clone(), event.clone());
        self.engine.write(operation!([id, mail, event] | c | deletion::delete_due(c, *id, mail, event))).await
    }

    async fn claim_mails(&self, claim: &MailClaim, limit: u32) -> Result<Vec<QueuedMail>, StoreError> {
        let claim = claim.clone();
        self.engine.write(operation!([claim, limit] | c | outbox::claim(c, claim, *limit))).await
    }

    async fn finish_mail(&self, id: MailId, holder: &str, end: &MailEnd) -> Result<bool, StoreError> {
        let (holder, end) = (holder.to_owned(), end.clone());
        self.engine.write(operation!([id, holder, end] | c | outbox::finish(c, *id, holder, end))).await
    }

    async fn count_sent_mails(
        &self,
        kind: MailKind,
        to: Option<&Email>,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        let to = to.cloned();
        self.engine
            .read(operation!([kind, to, since] | c | outbox::count_sent(c, *kind, to.as_ref(), *since)))
            .await
    }

    async fn list_mails(
        &self,
        filter: &MailFilter,
        page: PageRequest<MailId>,
    ) -> Result<Page<QueuedMail, MailId>, StoreError> {
        let filter = filter.clone();
        self.engine.read(operation!([filter, page] | c | outbox::list(c, filter, *page))).await
    }

    async fn retry_mails(&self, id: Option<MailId>, now: Timestamp) -> Result<u64, StoreError> {
        self.engine.write(operation!([id, now] | c | outbox::retry(c, *id, *now))).await
    }

    async fn count_mails_by_state(&self) -> Result<Vec<(MailState, u64)>, StoreError> {
        self.engine.read(operation!([] | c | outbox::count_by_state(c))).await
    }

    async fn prune_mails(&self, pruning: &MailPruning) -> Result<u64, StoreError> {
        let MailPruning { now, finished_before, dropped_before, seen_before } = *pruning;
        let at_once = sessions::PRUNED_AT_ONCE;
        while self.engine.write(operation!([now] | c | one_time_tokens::prune(c, *now))).await? >= at_once {}
        while self.engine.write(operation!([seen_before] | c | known_clients::prune(c, *seen_before))).await?
            >= at_once
        {}
        let mut forgotten = 0;
        for (state, before) in [
            (MailState::Sent, finished_before),
            (MailState::Dead, finished_before),
            (MailState::Dropped, dropped_before),
        ] {
            loop {
                let prune = operation!([state, before] | c | outbox::prune(c, *state, *before));
                let count = self.engine.write(prune).await?;
                forgotten += count;
                if count < at_once {
                    break;
                }
            }
        }
        Ok(forgotten)
    }
}
