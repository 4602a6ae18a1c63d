//! Which keys may have signed a token, and is the token good?

use std::collections::HashMap;
#[cfg(feature = "fetch")]
use std::collections::HashSet;
use std::collections::hash_map::Entry;

use crate::jws;
use crate::{Claims, Expectation, Jwks, VerifyError, VerifyingKey};

/// Verifying keys by key id.
#[derive(Clone, Debug, Default)]
pub struct KeySet {
    keys: HashMap<String, VerifyingKey>,
    without_kid: Option<VerifyingKey>,
}

/// A token whose signature is good; whether it is meant for us, now, is another question.
pub(crate) struct Authenticated {
    pub(crate) claims: Claims,
    pub(crate) token_type: Option<String>,
    /// The key id that the token named, if it did.
    pub(crate) kid: Option<String>,
    pub(crate) key: VerifyingKey,
}

impl KeySet {
    /// A set of the given keys. Of several keys with one id, the first stays.
    pub fn from_keys(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let mut set = Self::default();
        for key in keys {
            if let Entry::Vacant(place) = set.keys.entry(key.kid().to_owned()) {
                place.insert(key);
            }
        }
        set
    }

    /// A set of the keys of a document; those that cannot be read are left out (RFC 7517 §5).
    pub fn from_jwks(jwks: &Jwks) -> Self {
        Self::from_keys(jwks.keys.iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok()))
    }

    /// Lets `key` check the tokens that name no key. Without this, such tokens are refused.
    #[must_use]
    pub fn with_key_for_missing_kid(mut self, key: VerifyingKey) -> Self {
        self.without_kid = Some(key);
        self
    }

    /// The key of an id.
    pub fn get(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }

    /// All keys with an id of their own, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &VerifyingKey> {
        self.keys.values()
    }

    /// Whether the set can check no token at all.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.without_kid.is_none()
    }

    /// The document that publishes the public keys of the set, ordered by key id. Shared secrets stay out.
    pub fn to_jwks(&self) -> Jwks {
        let mut keys: Vec<_> = self.iter().filter_map(VerifyingKey::to_jwk).collect();
        keys.sort_by(|a, b| a.kid.cmp(&b.kid));
        Jwks { keys }
    }

    /// Checks a token completely: form, signature, type, issuer, audience and times (RFC 9068 §4, RFC 8725 §3).
    ///
    /// `now_seconds` counts from the Unix epoch.
    pub fn verify(&self, token: &str, expect: &Expectation, now_seconds: i64) -> Result<Claims, VerifyError> {
        let Authenticated { claims, token_type, .. } = self.authenticate(token)?;
        expect.check(token_type.as_deref(), &claims, now_seconds)?;
        Ok(claims)
    }

    /// The set without the keys of some ids, also where one of them is for tokens that name none.
    #[cfg(feature = "fetch")]
    pub(crate) fn without(&self, kids: &HashSet<String>) -> Self {
        let keys = self.keys.iter().filter(|(kid, _)| !kids.contains(*kid));
        Self {
            keys: keys.map(|(kid, key)| (kid.clone(), key.clone())).collect(),
            without_kid: self.without_kid.clone().filter(|key| !kids.contains(key.kid())),
        }
    }

    /// Whether the set has a key of one of some ids.
    #[cfg(feature = "fetch")]
    pub(crate) fn has_any_of(&self, kids: &HashSet<String>) -> bool {
        let is_for_missing_kid = |kid: &String| self.without_kid.as_ref().is_some_and(|key| key.kid() == kid);
        kids.iter().any(|kid| self.keys.contains_key(kid) || is_for_missing_kid(kid))
    }

    /// Checks form and signature and reads the claims.
    pub(crate) fn authenticate(&self, token: &str) -> Result<Authenticated, VerifyError> {
        let (opened, key) = jws::open_keyed(token, |kid| self.choose(kid))?;
        let claims = Claims::from_payload(&opened.payload)?;
        let jws::Header { kid, token_type, .. } = opened.header;
        Ok(Authenticated { claims, token_type, kid, key: key.clone() })
    }

    /// The key that checks a token which names `kid`, or names none.
    pub(crate) fn choose(&self, kid: Option<&str>) -> Option<&VerifyingKey> {
        match kid {
            Some(kid) => self.get(kid),
            None => self.without_kid.as_ref(),
        }
    }
}
