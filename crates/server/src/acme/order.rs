//! How does an order become a certificate (RFC 8555 §7.4)?
//!
//! ```text
//! account ─▶ order ─▶ for each name: put up the proof, say so ─▶ the authority connects to port 443 of it
//!                                                                  │ all proved
//! key and certificates ◀── certificate ◀── request with a new key ◀┘
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder,
    Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use super::directory::Directory;
use super::kept;
use crate::config::meant::AcmeSettings;
use crate::wiring::tls::Served;

const LIMITED: &str = "urn:ietf:params:acme:error:rateLimited";
const UNKNOWN_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";
/// How long the authority may take to look at all proofs, and to issue.
const PROOFS: RetryPolicy = RetryPolicy::new().timeout(Duration::from_mins(5));

/// A new key and the certificates for it, as PEM.
pub(super) async fn obtain(settings: &AcmeSettings, served: &Served) -> anyhow::Result<Zeroizing<String>> {
    let mut order = place(settings).await?;
    let _taken_down_at_the_end = Proofs(served);
    prove(&mut order, served).await?;
    let key = KeyPair::generate().context("no key could be made")?;
    let mut params = CertificateParams::new(settings.domains.clone()).context("the names are no use")?;
    params.distinguished_name = DistinguishedName::new();
    let request = params.serialize_request(&key).context("the request could not be made")?;
    order.finalize_csr(request.der()).await.context("the authority does not issue")?;
    let chain = order.poll_certificate(&PROOFS).await.context("the authority does not issue")?;
    let key = Zeroizing::new(key.serialize_pem());
    Ok(Zeroizing::new(format!("{}{chain}", *key)))
}

/// Whether the authority was asked too often.
pub(super) fn is_limited(error: &anyhow::Error) -> bool {
    error.downcast_ref::<Error>().is_some_and(|error| is_of_kind(error, LIMITED))
}

fn is_of_kind(error: &Error, kind: &str) -> bool {
    matches!(error, Error::Api(problem) if problem.r#type.as_deref() == Some(kind))
}

/// A new order, under the account that is kept or a new one.
async fn place(settings: &AcmeSettings) -> anyhow::Result<Order> {
    let identifiers: Vec<_> = settings.domains.iter().cloned().map(Identifier::Dns).collect();
    let order = NewOrder::new(&identifiers);
    if let Some(account) = find_account(settings).await? {
        match account.new_order(&order).await {
            // It may have been wound up there. Here it is worth nothing then.
            Err(error) if is_of_kind(&error, UNKNOWN_ACCOUNT) => kept::forget_account(&settings.kept_in)?,
            placed => return placed.context("the authority takes no order"),
        }
    }
    let account = make_account(settings).await?;
    account.new_order(&order).await.context("the authority takes no order")
}

async fn find_account(settings: &AcmeSettings) -> anyhow::Result<Option<Account>> {
    let Some(text) = kept::account(&settings.kept_in)? else { return Ok(None) };
    let Ok(credentials) = serde_json::from_slice::<AccountCredentials>(&text) else {
        tracing::warn!(directory = %settings.kept_in.display(), "the kept account is damaged, and made anew");
        return Ok(None);
    };
    let builder = Account::builder_with_http(Box::new(Directory::new(settings)?));
    let account = builder.from_credentials(credentials).await;
    account.map(Some).with_context(|| unreachable(settings))
}

async fn make_account(settings: &AcmeSettings) -> anyhow::Result<Account> {
    let contact = settings.contact.as_ref().map(|address| format!("mailto:{address}"));
    let new = NewAccount {
        contact: &contact.as_deref().into_iter().collect::<Vec<_>>(),
        // Said by naming the domains.
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let builder = Account::builder_with_http(Box::new(Directory::new(settings)?));
    let made = builder.create(&new, settings.directory.url().to_owned(), None).await;
    let (account, credentials) = made.with_context(|| unreachable(settings))?;
    kept::keep_account(&settings.kept_in, &serde_json::to_string(&credentials)?)?;
    Ok(account)
}

fn unreachable(settings: &AcmeSettings) -> String {
    format!("no account at {}", settings.directory.url())
}

/// Proofs that are put up for the authority.
struct Proofs<'a>(&'a Served);

impl Drop for Proofs<'_> {
    fn drop(&mut self) {
        self.0.prove(HashMap::new());
    }
}

async fn prove(order: &mut Order, served: &Served) -> anyhow::Result<()> {
    let mut proofs = HashMap::new();
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization.context("the authority does not say what to prove")?;
        let name = authorization.identifier().to_string();
        match authorization.status {
            AuthorizationStatus::Pending => {}
            // Proved for an earlier order.
            AuthorizationStatus::Valid => continue,
            status => bail!("{name} cannot be proved any more: {status:?}"),
        }
        let Some(mut challenge) = authorization.challenge(ChallengeType::TlsAlpn01) else {
            bail!("the authority does not take a proof over TLS (TLS-ALPN-01) for {name}");
        };
        let digest = challenge.key_authorization().digest();
        proofs.insert(name.clone(), Arc::new(proof(&name, digest.as_ref())?));
        served.prove(proofs.clone());
        challenge.set_ready().await.with_context(|| format!("the proof of {name} is refused"))?;
    }
    let proved = order.poll_ready(&PROOFS).await;
    if matches!(proved, Ok(OrderStatus::Ready | OrderStatus::Valid)) {
        return Ok(());
    }
    // What is wrong with each name says more than what is wrong with the order.
    let reasons = reasons(order).await;
    let error = proved.map_or_else(anyhow::Error::from, |status| anyhow!("the order is {status:?}"));
    Err(if reasons.is_empty() { error } else { error.context(reasons.join("; ")) })
}

/// The certificate that shows whoever asks for it that the name is ours (RFC 8737 §3).
fn proof(name: &str, digest: &[u8]) -> anyhow::Result<CertifiedKey> {
    let mut params = CertificateParams::new([name.to_owned()])?;
    params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let key = KeyPair::generate()?;
    let cert = params.self_signed(&key)?;
    let key = PrivateKeyDer::try_from(key.serialize_der())
        .map_err(|reason| anyhow!("no key could be made: {reason}"))?;
    let key = aws_lc_rs::default_provider().key_provider.load_private_key(key)?;
    // It is critical that everybody understands the proof in it, which is the authority alone: nobody else can check it.
    Ok(CertifiedKey::new(vec![cert.der().clone()], key))
}

async fn reasons(order: &mut Order) -> Vec<String> {
    let mut reasons = Vec::new();
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        // Without news the old ones do.
        let _ = authorization.refresh().await;
        let name = authorization.identifier().to_string();
        let errors = authorization.challenges.iter().filter_map(|challenge| challenge.error.as_ref());
        reasons.extend(errors.map(|error| {
            let detail = error.detail.as_deref().unwrap_or("it does not say why");
            format!("the authority could not prove {name}: {detail}")
        }));
    }
    reasons
}
