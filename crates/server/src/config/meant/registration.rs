//! Who gets an account, what is an address good for before it is verified, and how does an account end?

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use portcullis_core::policy::{DomainPolicy, RegistrationAccess, RegistrationAnswer};

use super::super::keys::{self, Declared};
use super::super::resolve::Resolver;
use super::super::value::{RequiredEmail, domain_of};

const BLOCKED_FILE: &Declared = &keys::REGISTRATION_BLOCKED_DOMAINS_FILE.declared;
/// The longest file of domains that is read, in bytes: many times the longest that people share.
const FILE_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Who gets an account, and how.
#[derive(Debug, Clone)]
pub(crate) struct RegistrationSettings {
    /// What is said to whom it is refused.
    pub(crate) answer: RegistrationAnswer,
    /// Who may register.
    pub(crate) access: RegistrationAccess,
    /// With which addresses.
    pub(crate) domains: DomainPolicy,
    /// How long an invitation is good.
    pub(crate) invitation_lifetime: Duration,
}

/// What becomes of accounts.
#[derive(Debug, Clone)]
pub(crate) struct AccountSettings {
    /// What those are kept from whose address is not verified.
    pub(crate) required_email: RequiredEmail,
    /// How long one stays that its owner has deleted.
    pub(crate) deletion_grace: Duration,
}

/// Who gets an account. The `usual` answer is for where nobody wrote one.
pub(super) fn resolve(
    resolver: &mut Resolver<'_>,
    usual: RegistrationAnswer,
) -> Option<RegistrationSettings> {
    let answer = resolver.get_or(&keys::REGISTRATION_ANSWER, || usual);
    let access = resolver.get(&keys::REGISTRATION_ACCESS)?;
    let allowed = resolver.get(&keys::REGISTRATION_ALLOWED_DOMAINS)?.0;
    let mut blocked: HashSet<_> = resolver.get(&keys::REGISTRATION_BLOCKED_DOMAINS)?.0.into_iter().collect();
    if let Some(path) = resolver.find(&keys::REGISTRATION_BLOCKED_DOMAINS_FILE) {
        match read(&path) {
            Ok(domains) => blocked.extend(domains),
            Err(why) => {
                let what = format!("{} {why}", resolver.cite(BLOCKED_FILE));
                let fix =
                    "name a text file with one domain a line, readable by the user that the server runs as";
                resolver.forbid(&[BLOCKED_FILE], what, fix);
            }
        }
    }
    Some(RegistrationSettings {
        answer,
        access,
        domains: DomainPolicy {
            allowed: Arc::new(allowed.into_iter().collect()),
            blocked: Arc::new(blocked),
        },
        invitation_lifetime: resolver.get(&keys::REGISTRATION_INVITATION_LIFETIME)?.get(),
    })
}

/// What becomes of accounts.
pub(super) fn accounts(resolver: &mut Resolver<'_>) -> Option<AccountSettings> {
    Some(AccountSettings {
        required_email: resolver.get(&keys::ACCOUNT_REQUIRE_VERIFIED_EMAIL)?,
        deletion_grace: resolver.get(&keys::ACCOUNT_DELETION_GRACE)?.get(),
    })
}

/// The domains in a file; or why there are none, to follow its name.
fn read(path: &Path) -> Result<HashSet<String>, String> {
    let size = std::fs::metadata(path).map_err(|error| format!("cannot be read: {error}"))?.len();
    if size > FILE_MAX_BYTES {
        return Err(format!("has {size} bytes, which is no list of domains"));
    }
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))?;
    let lines =
        text.trim_start_matches('\u{feff}').lines().zip(1..).map(|(line, number)| (line.trim(), number));
    let mut domains = HashSet::new();
    for (line, number) in lines.filter(|(line, _)| !line.is_empty() && !line.starts_with('#')) {
        let domain = domain_of(line);
        domains.insert(domain.ok_or_else(|| format!("has no domain in line {number}"))?);
    }
    Ok(domains)
}
