//! What weighs on an account or a network because passwords were wrong, and how is it taken away?

use ipnet::IpNet;

use super::Trouble;
use super::administer::{AdministerError, Administrator};
use super::log_in::SentIdentifier;
use crate::Auth;
use crate::model::{Account, AccountId, AuditDetail, AuditEvent, AuditKind, Identifier};
use crate::policy::ThrottlePolicy;
use crate::policy::throttle::LimitKind;
use crate::throttle::{Away, Clearing, Weight};

/// Whom or what a limit is about.
#[derive(Debug, Clone)]
pub enum Limited {
    /// All names of an account.
    Account(AccountId),
    /// What somebody types into a login form, and the account that it belongs to, if it does to one.
    Sent(SentIdentifier),
    /// An address with the network around it (a /24 or /48), or such a network.
    Network(IpNet),
    /// All that is limited in one way, whomever it is about.
    Kind(LimitKind),
}

impl Auth {
    /// What makes somebody wait now, the longest first. What is counted in the memory of other nodes is not among it.
    pub async fn list_throttles(&self, _by: &Administrator) -> Result<Vec<Weight>, AdministerError> {
        let policy = self.throttle_policy();
        self.throttle().weights(&policy, self.now()).await.map_err(away)
    }

    /// What weighs on an account or an identifier, from everywhere. A network or kind has what [`Self::list_throttles`] tells.
    pub async fn throttle_of(
        &self,
        _by: &Administrator,
        limited: &Limited,
    ) -> Result<Vec<Weight>, AdministerError> {
        let policy = self.throttle_policy();
        let mut weights = Vec::new();
        for clearing in self.clearings(limited).await?.0 {
            if let Clearing::Subject(subject) = clearing {
                weights.extend(self.throttle().weights_of(subject, &policy, self.now()).await.map_err(away)?);
            }
        }
        weights.sort_by_key(|weight| std::cmp::Reverse(weight.waits_until));
        Ok(weights)
    }

    /// Takes away what weighs; answers how many counters that were. Other nodes do the same to what they count in
    /// memory within a second or two. Whatever is counted, devices and networks that are known stay known.
    pub async fn clear_throttle(
        &self,
        by: &Administrator,
        limited: &Limited,
    ) -> Result<usize, AdministerError> {
        let (clearings, account_id) = self.clearings(limited).await?;
        let mut cleared = 0;
        for clearing in clearings {
            cleared += self.throttle().clear(clearing, self.now()).await.map_err(away)?;
        }
        let what = match limited {
            Limited::Account(_) | Limited::Sent(_) => AuditDetail::word("identifier"),
            Limited::Network(network) => AuditDetail::told(network),
            Limited::Kind(kind) => AuditDetail::word(kind.as_str()),
        };
        let event = self.event_of_nobody(AuditKind::ThrottleCleared, by.client());
        let event = AuditEvent { actor_id: by.account_id(), account_id, ..event };
        self.note(event.with_detail(what));
        Ok(cleared)
    }

    /// Where what weighs on somebody is found, and whose account it is.
    async fn clearings(
        &self,
        limited: &Limited,
    ) -> Result<(Vec<Clearing>, Option<AccountId>), AdministerError> {
        let (sent, account) = match limited {
            Limited::Network(network) => return Ok((vec![Clearing::Network(network.trunc())], None)),
            Limited::Kind(kind) => return Ok((vec![Clearing::Kind(*kind)], None)),
            Limited::Account(id) => {
                let account = self.store().find_account(*id).await.map_err(Trouble::from)?;
                (None, Some(account.ok_or(AdministerError::NoAccount)?))
            }
            Limited::Sent(sent) => {
                let found = match sent {
                    SentIdentifier::Known(identifier) => self.find_by_identifier(identifier).await?,
                    SentIdentifier::Nobody(_) => None,
                };
                (Some(sent), found)
            }
        };
        let keys = self.throttle().keys_of(sent, account.as_ref());
        Ok((keys.into_iter().map(Clearing::Subject).collect(), account.map(|account| account.id)))
    }

    async fn find_by_identifier(&self, identifier: &Identifier) -> Result<Option<Account>, AdministerError> {
        let found = self.store().find_account_by_identifier(identifier).await.map_err(Trouble::from)?;
        Ok(found.map(|secret| secret.account))
    }

    /// What was counted is shown by the rules of now, and by the default ones where nothing is limited any more.
    fn throttle_policy(&self) -> ThrottlePolicy {
        self.policy().throttle.clone().unwrap_or_default()
    }
}

fn away(_: Away) -> AdministerError {
    AdministerError::CountersAway
}
