//! How do entries get into the audit log that no operation of the store writes?

use crate::Auth;
use crate::audit_queue::AuditQueueMetrics;
use crate::flows::{Actor, Trouble};
use crate::model::{AuditDetail, AuditEvent, AuditKind, Client, EventId};

/// How many entries one transaction writes.
const BATCH: usize = 200;

impl Auth {
    /// Writes something down that a node does or is told by its operator, before it answers.
    pub async fn record(&self, kind: AuditKind, detail: AuditDetail) -> Result<(), Trouble> {
        let event = self.event_of_nobody(kind, &Client::operator()).with_detail(detail);
        Ok(self.store().append_audit_events(&[event]).await?)
    }

    /// Notes something for the audit log that no transaction writes; it is written in the background.
    ///
    /// SECURITY: takes the same time for everybody, and waits for nothing.
    pub(crate) fn note(&self, event: AuditEvent) {
        self.audit_queue().note(event);
    }

    /// Notes that somebody with a session gave a wrong password for `what`.
    pub(crate) fn note_wrong_password(&self, actor: &Actor, what: &'static str) {
        self.note(
            self.event_of(AuditKind::ReauthenticationFailed, actor).with_detail(AuditDetail::word(what)),
        );
    }

    /// Something that a caller does or is refused in the own session.
    pub(crate) fn event_of(&self, kind: AuditKind, actor: &Actor) -> AuditEvent {
        let mut event = self.event(kind, actor.principal.account_id, &actor.client, self.now());
        event.session_id = Some(actor.principal.session_id);
        event
    }

    /// Something that nobody with an account does.
    pub(crate) fn event_of_nobody(&self, kind: AuditKind, client: &Client) -> AuditEvent {
        let now = self.now();
        AuditEvent {
            id: self.new_event_id(now),
            at: now,
            kind,
            actor_id: None,
            account_id: None,
            session_id: None,
            client: client.clone(),
            detail: None,
        }
    }

    /// Waits until something is noted that is to be written.
    pub async fn wait_for_audit_queue(&self) {
        self.audit_queue().wait().await;
    }

    /// What the queue of the audit log has done so far.
    pub fn audit_queue_metrics(&self) -> AuditQueueMetrics {
        self.audit_queue().metrics()
    }

    /// What was noted and is not written yet, oldest first.
    pub fn unwritten_audit_events(&self) -> Vec<AuditEvent> {
        self.audit_queue().peek(usize::MAX)
    }

    /// Writes what was noted; what cannot be written goes on waiting.
    pub async fn write_audit_queue(&self) -> Result<(), Trouble> {
        let queue = self.audit_queue();
        let _alone = queue.writing.lock().await;
        loop {
            let batch = queue.peek(BATCH);
            if batch.is_empty() {
                break;
            }
            let written: Vec<EventId> = batch.iter().map(|event| event.id).collect();
            let batch = self.with_accounts(batch).await?;
            self.store().append_audit_events(&batch).await?;
            queue.take_away(&written);
        }
        self.write_what_was_left_out().await
    }

    /// Adds whose session it was, where only the session is known.
    async fn with_accounts(&self, mut batch: Vec<AuditEvent>) -> Result<Vec<AuditEvent>, Trouble> {
        for event in &mut batch {
            if let (None, Some(session_id)) = (event.account_id, event.session_id) {
                let session = self.store().find_session(session_id).await?;
                event.account_id = session.map(|session| session.account_id);
            }
        }
        Ok(batch)
    }

    async fn write_what_was_left_out(&self) -> Result<(), Trouble> {
        let left_out = self.audit_queue().take_left_out();
        if left_out.is_empty() {
            return Ok(());
        }
        let told: Vec<_> =
            left_out.iter().map(|(kind, count)| format!("{} {count}", kind.as_str())).collect();
        let written = self.record(AuditKind::AuditDropped, AuditDetail::told(told.join(", "))).await;
        if written.is_err() {
            self.audit_queue().give_back_left_out(left_out);
        }
        written
    }
}
