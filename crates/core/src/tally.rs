//! What came of the flows so far?
//!
//! SECURITY: a wrong password and an account that does not exist are one word here. Whoever gets to see the numbers must
//! not learn from them what the answer did not tell.

use crate::flows::deliver_mails::MailRound;
use crate::flows::log_in::LogInError;
use crate::flows::refresh::RefreshError;
use crate::flows::register::RegisterError;
use crate::metrics::{Count, Outcomes, outcomes};
use crate::policy::refresh::Repeat;

outcomes! {
    /// What came of a try to log in.
    LogInOutcome {
        /// Somebody is logged in.
        LoggedIn = "logged_in",
        /// No account has that identifier and password.
        Refused = "refused",
        /// The password is right, but the account is disabled.
        Disabled = "disabled",
        /// The password is right, but the address of the account is not verified.
        Unverified = "unverified",
        /// Too many had failed before; this one was not looked at.
        Throttled = "throttled",
        /// Something was in the way that is not the caller's fault.
        Trouble = "trouble",
    }
}

outcomes! {
    /// What came of a wish for an account.
    RegisterOutcome {
        /// There is one.
        Created = "created",
        /// There will be one when its address is verified, unless that is taken.
        Kept = "kept",
        /// The email address or the username belongs to somebody.
        Taken = "taken",
        /// What was sent does not make an account.
        Refused = "refused",
        /// Too many had registered from there.
        Throttled = "throttled",
        /// Something was in the way that is not the caller's fault.
        Trouble = "trouble",
    }
}

outcomes! {
    /// What came of a refresh token.
    RefreshOutcome {
        /// It was exchanged.
        Rotated = "rotated",
        /// It had been exchanged a moment before, and was answered again.
        Again = "again",
        /// The same, later than the grace allows, by the client that had exchanged it.
        Late = "late",
        /// It had been exchanged by somebody else: its session was ended.
        Reused = "reused",
        /// Its session had been ended.
        Revoked = "revoked",
        /// Its session is over.
        Expired = "expired",
        /// It is one of ours, of a session or generation that the database does not know.
        Unknown = "unknown",
        /// It is none of ours.
        Invalid = "invalid",
        /// The account is disabled.
        Disabled = "disabled",
        /// An older backend may have issued it, but it does not count here.
        NotBelieved = "not_believed",
        /// It is none of ours, like very many before it from there.
        Throttled = "throttled",
        /// Something was in the way that is not the caller's fault.
        Trouble = "trouble",
    }
}

outcomes! {
    /// What came of an entry of the outbox.
    MailOutcome {
        /// A mail server has taken the mail.
        Sent = "sent",
        /// It is tried again later.
        Postponed = "postponed",
        /// It was given up.
        Dead = "dead",
        /// There was nobody to write to, or too much to one address.
        Dropped = "dropped",
    }
}

/// What came of the flows since the start: each word with its count, those that never came too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowMetrics {
    /// Of tries to log in.
    pub logins: Vec<(&'static str, u64)>,
    /// Of registrations.
    pub registrations: Vec<(&'static str, u64)>,
    /// Of refresh tokens.
    pub refreshes: Vec<(&'static str, u64)>,
    /// Sessions that somebody ended by logging out.
    pub logouts: u64,
    /// Sessions of an older backend that go on here.
    pub adopted: u64,
    /// Of tries to send a mail.
    pub mails: Vec<(&'static str, u64)>,
}

/// The counts behind [`FlowMetrics`].
#[derive(Debug, Default)]
pub(crate) struct Tally {
    logins: Outcomes<LogInOutcome>,
    registrations: Outcomes<RegisterOutcome>,
    refreshes: Outcomes<RefreshOutcome>,
    pub(crate) logouts: Count,
    pub(crate) adopted: Count,
    mails: Outcomes<MailOutcome>,
}

impl Tally {
    pub(crate) fn logged_in<T>(&self, outcome: &Result<T, LogInError>) {
        self.logins.note(match outcome {
            Ok(_) => LogInOutcome::LoggedIn,
            Err(LogInError::UnknownAccount | LogInError::NoPassword | LogInError::WrongPassword) => {
                LogInOutcome::Refused
            }
            Err(LogInError::AccountDisabled) => LogInOutcome::Disabled,
            Err(LogInError::EmailNotVerified) => LogInOutcome::Unverified,
            Err(LogInError::Throttled { .. }) => LogInOutcome::Throttled,
            Err(LogInError::Trouble(_)) => LogInOutcome::Trouble,
        });
    }

    pub(crate) fn registered<T>(&self, outcome: &Result<T, RegisterError>) {
        self.note_registration(outcome, RegisterOutcome::Created);
    }

    pub(crate) fn registration_kept(&self, outcome: &Result<(), RegisterError>) {
        self.note_registration(outcome, RegisterOutcome::Kept);
    }

    fn note_registration<T>(&self, outcome: &Result<T, RegisterError>, done: RegisterOutcome) {
        self.registrations.note(match outcome {
            Ok(_) => done,
            Err(RegisterError::EmailTaken | RegisterError::UsernameTaken) => RegisterOutcome::Taken,
            Err(
                RegisterError::NoIdentifier
                | RegisterError::EmailRequired
                | RegisterError::Domain(_)
                | RegisterError::InvitationRequired
                | RegisterError::InvitationInvalid
                | RegisterError::OtherAddressInvited
                | RegisterError::MailNotConfigured
                | RegisterError::Password(_)
                | RegisterError::Profile(..),
            ) => RegisterOutcome::Refused,
            Err(RegisterError::Throttled { .. }) => RegisterOutcome::Throttled,
            Err(RegisterError::Trouble(_)) => RegisterOutcome::Trouble,
        });
    }

    /// A session goes on.
    pub(crate) fn refreshed(&self, repeated: Option<Repeat>) {
        self.refreshes.note(match repeated {
            None => RefreshOutcome::Rotated,
            Some(Repeat::InTime) => RefreshOutcome::Again,
            Some(Repeat::Late) => RefreshOutcome::Late,
        });
    }

    /// A session does not go on.
    pub(crate) fn not_refreshed(&self, error: &RefreshError) {
        self.refreshes.note(match error {
            RefreshError::Invalid(_) => RefreshOutcome::Invalid,
            RefreshError::Unknown => RefreshOutcome::Unknown,
            RefreshError::Expired => RefreshOutcome::Expired,
            RefreshError::Revoked => RefreshOutcome::Revoked,
            RefreshError::Reused { .. } => RefreshOutcome::Reused,
            RefreshError::AccountDisabled => RefreshOutcome::Disabled,
            RefreshError::NotBelieved => RefreshOutcome::NotBelieved,
            RefreshError::Throttled { .. } => RefreshOutcome::Throttled,
            RefreshError::Trouble(_) => RefreshOutcome::Trouble,
        });
    }

    pub(crate) fn metrics(&self) -> FlowMetrics {
        FlowMetrics {
            logins: self.logins.counts(),
            registrations: self.registrations.counts(),
            refreshes: self.refreshes.counts(),
            logouts: self.logouts.get(),
            adopted: self.adopted.get(),
            mails: self.mails.counts(),
        }
    }

    /// What a round through the outbox came to.
    pub(crate) fn mails(&self, round: &MailRound) {
        let MailRound { sent, postponed, dead, dropped, held, more: _ } = *round;
        let counts = [
            (MailOutcome::Sent, sent),
            (MailOutcome::Postponed, postponed + held),
            (MailOutcome::Dead, dead),
            (MailOutcome::Dropped, dropped),
        ];
        for (outcome, count) in counts {
            (0..count).for_each(|_| self.mails.note(outcome));
        }
    }
}
