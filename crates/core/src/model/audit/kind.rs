//! What can happen that is worth an entry, and was it let happen?
//!
//! A newer release may write kinds that this one does not know, beside it or before it. They keep their word, so that they
//! are read, shown and moved like all others.

/// Whether what somebody wanted was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditOutcome {
    /// It was done.
    Success,
    /// It was refused, or looks like an attack.
    Failure,
}

impl AuditOutcome {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Success, Self::Failure];

    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }

    /// The outcome of that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.as_str() == word)
    }
}

macro_rules! audit_kinds {
    ($($(#[doc = $doc:literal])* $variant:ident = $word:literal $outcome:ident,)*) => {
        /// What can happen that is worth an entry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum AuditKind {
            $($(#[doc = $doc])* $variant,)*
            /// Something that this version does not know.
            Other(OtherKind),
        }

        impl AuditKind {
            /// All that are known, as the documentation lists them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in the database and in JSON.
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $word,)* Self::Other(other) => other.as_str() }
            }

            /// The kind of that word, if it is known.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// Whether something was done or refused. A kind has one outcome; what is not known is better looked at.
            pub const fn outcome(self) -> AuditOutcome {
                match self {
                    $(Self::$variant => AuditOutcome::$outcome,)*
                    Self::Other(_) => AuditOutcome::Failure,
                }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),*).trim_ascii(),)*
                    Self::Other(_) => "Something that this version does not know.",
                }
            }
        }
    };
}

audit_kinds! {
    /// An account was registered or created.
    AccountCreated = "account_created" Success,
    /// An account was deleted.
    AccountDeleted = "account_deleted" Success,
    /// An account was disabled.
    AccountDisabled = "account_disabled" Success,
    /// An account was enabled again.
    AccountEnabled = "account_enabled" Success,
    /// Somebody took a copy of all that is kept about the own account.
    AccountExported = "account_exported" Success,
    /// An account got another role.
    RoleChanged = "role_changed" Success,
    /// Somebody logged in.
    LoggedIn = "logged_in" Success,
    /// Somebody did not get in: a wrong password, an unknown or a disabled account.
    LoginFailed = "login_failed" Failure,
    /// Somebody with a session proved again who they are.
    Reauthenticated = "reauthenticated" Success,
    /// Wrong passwords, or requests of one kind, make further ones wait; the detail says what is limited.
    TriesExhausted = "tries_exhausted" Failure,
    /// Many identifiers were tried from one address, or one password with many identifiers.
    StuffingSuspected = "stuffing_suspected" Failure,
    /// What wrong passwords weigh on an account or a network was taken away.
    ThrottleCleared = "throttle_cleared" Success,
    /// Somebody with a session was asked for the password again, and it was wrong.
    ReauthenticationFailed = "reauthentication_failed" Failure,
    /// Somebody without that right asked for what administrators may do. Once an hour for each session.
    AuthorizationFailed = "authorization_failed" Failure,
    /// A refresh token of an older system was exchanged for the first time: its session goes on here.
    SessionAdopted = "session_adopted" Success,
    /// A session was ended by its owner or an administrator, or made room for another.
    SessionRevoked = "session_revoked" Success,
    /// Several sessions of an account were ended at once.
    SessionsRevoked = "sessions_revoked" Success,
    /// A password was changed; by a mail, where the detail says `reset`.
    PasswordChanged = "password_changed" Success,
    /// Somebody who does not know the password asked for a mail to choose another.
    PasswordResetRequested = "password_reset_requested" Success,
    /// Somebody showed that they read the mails to the address of the account, or an administrator knew.
    EmailVerified = "email_verified" Success,
    /// Somebody with the password asked for another address; it has to be confirmed from there.
    EmailChangeRequested = "email_change_requested" Success,
    /// The account got another address.
    EmailChanged = "email_changed" Success,
    /// A change of the address was taken back from the old one; the password was taken away.
    EmailChangeUndone = "email_change_undone" Success,
    /// The account is to be deleted when its grace is over.
    DeletionScheduled = "deletion_scheduled" Success,
    /// The account is not to be deleted any more.
    DeletionUndone = "deletion_undone" Success,
    /// Somebody was invited to register; the detail names the invitation.
    Invited = "invited" Success,
    /// An invitation was taken back; the detail names it.
    InvitationWithdrawn = "invitation_withdrawn" Success,
    /// An authentic refresh token was refused: its session is over, or its account disabled. Once an hour for each session.
    RefreshRefused = "refresh_refused" Failure,
    /// A refresh token was retried by the same client after the grace was over.
    RefreshRetriedLate = "refresh_retried_late" Success,
    /// A refresh token that had been exchanged came back: the session was ended.
    RefreshTokenReused = "refresh_token_reused" Failure,
    /// The first keys were made.
    KeysCreated = "keys_created" Success,
    /// A signing key took the place of another.
    KeysRotated = "keys_rotated" Success,
    /// The signing keys were sealed under another master key.
    KeysResealed = "keys_resealed" Success,
    /// A node was started.
    ServerStarted = "server_started" Success,
    /// A node was stopped.
    ServerStopped = "server_stopped" Success,
    /// Accounts or a whole database came in by the command line.
    Imported = "imported" Success,
    /// Accounts or a whole database went out by the command line.
    Exported = "exported" Success,
    /// Entries were removed from this log because their time was over.
    AuditPruned = "audit_pruned" Success,
    /// Entries are missing in this log: there were more than could be written.
    AuditDropped = "audit_dropped" Failure,
}

impl AuditKind {
    /// The kind of a word that stands in the log, known or not.
    pub fn read(word: &str) -> Self {
        Self::parse(word).unwrap_or_else(|| Self::Other(OtherKind::read(word)))
    }
}

/// The longest word of a kind, in bytes.
const MOST_BYTES: usize = 64;
/// What stands for what no version writes.
const NO_WORD: &str = "unreadable";

/// The word of a kind that this version does not know.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OtherKind {
    /// The word, and zeros behind it.
    bytes: [u8; MOST_BYTES],
}

impl OtherKind {
    /// SECURITY: who can write into the table must not bring control characters to a terminal by way of it, nor keep
    /// anybody from reading the rest.
    fn read(word: &str) -> Self {
        let is_word = (1..=MOST_BYTES).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        let mut bytes = [0; MOST_BYTES];
        let word = if is_word { word } else { NO_WORD };
        bytes.iter_mut().zip(word.bytes()).for_each(|(to, from)| *to = from);
        Self { bytes }
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        let length = self.bytes.iter().position(|byte| *byte == 0).unwrap_or(MOST_BYTES);
        self.bytes.get(..length).and_then(|word| std::str::from_utf8(word).ok()).unwrap_or(NO_WORD)
    }
}

impl std::fmt::Debug for OtherKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{AuditKind, AuditOutcome};

    #[test]
    fn every_kind_has_a_word_of_its_own_by_which_it_is_found_again() {
        let mut words = HashSet::new();
        for kind in AuditKind::ALL {
            assert!(words.insert(kind.as_str()));
            assert_eq!(AuditKind::parse(kind.as_str()), Some(*kind));
            assert!(kind.meaning().ends_with('.'), "{kind:?}");
            assert_eq!(AuditOutcome::parse(kind.outcome().as_str()), Some(kind.outcome()));
        }
        assert_eq!(AuditKind::parse("nothing"), None);
    }

    #[test]
    fn a_word_of_a_newer_release_is_kept_and_one_of_no_release_is_not() {
        let longest = "x".repeat(64);
        for word in ["logged_in", "second_factor_added", "x", longest.as_str()] {
            assert_eq!(AuditKind::read(word).as_str(), word);
        }
        assert_eq!(AuditKind::read("logged_in"), AuditKind::LoggedIn);
        assert_ne!(AuditKind::read("one"), AuditKind::read("other"));
        assert_eq!(AuditKind::read("one").outcome(), AuditOutcome::Failure);
        for odd in ["", "\u{1b}[2J", "Logged_In", "a b", "gr\u{fc}n", "x".repeat(65).as_str()] {
            assert_eq!(AuditKind::read(odd).as_str(), "unreadable", "{odd:?}");
        }
    }

    #[test]
    fn the_documentation_lists_every_kind_and_no_other() {
        let docs = include_str!("../../../../../docs/audit.md");
        let row = |kind: &AuditKind| {
            format!("| `{}` | {} | {} |", kind.as_str(), kind.outcome().as_str(), kind.meaning())
        };
        let listed: Vec<_> = docs.lines().skip_while(|line| *line != "|---|---|---|").skip(1).collect();
        let listed: Vec<_> = listed.into_iter().take_while(|line| !line.is_empty()).collect();
        assert_eq!(listed, AuditKind::ALL.iter().map(row).collect::<Vec<_>>());
    }
}
