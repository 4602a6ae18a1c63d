//! How is a new hash made, and does what nobody has still look like what is stored?

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portcullis_crypto::password::{Scheme, StoredHash};
use portcullis_crypto::secret::Password;

use super::Auth;
use crate::flows::Trouble;
use crate::hash_gate::{Asker, HashError};
use crate::model::PageRequest;
use crate::model::page::MAX_PAGE_ITEMS;

impl Auth {
    /// Makes the hashes that logins of unknown accounts are checked against. To be called at the start, so that the
    /// first such login takes no longer than the next, from time to time, and when [`Auth::is_census_due`].
    ///
    /// # Errors
    /// When the database or the hash gate is too busy; what was known before counts on.
    pub async fn take_census(&self) -> Result<(), Trouble> {
        let expected = self.first_decoy().await?;
        let (mut census, mut after) = (self.shared.decoys.begin_census(), None);
        loop {
            let page = PageRequest { after, limit: MAX_PAGE_ITEMS };
            let page = self.store().list_password_hashes(page).await?;
            for (_, hash) in &page.items {
                census.count(hash, || self.random());
            }
            after = page.next;
            if after.is_none() {
                break;
            }
            // Others use the database as well.
            tokio::task::yield_now().await;
        }
        census.expect(expected);
        self.shared.decoys.take_in(census);
        Ok(())
    }

    /// Whether what is stored has changed much since the last census, as far as this process has seen.
    pub fn is_census_due(&self) -> bool {
        self.shared.decoys.is_census_due()
    }

    /// A hash that no password belongs to, like those that are stored.
    pub(crate) async fn decoy(&self, asker: Asker) -> Result<StoredHash, HashError> {
        match self.shared.decoys.pick(asker.subject()) {
            Some(decoy) => Ok(decoy),
            None => self.first_decoy().await.cloned(),
        }
    }

    /// Whether the password belongs to the hash, which somebody has or nobody.
    pub(crate) async fn verify_hash(
        &self,
        hash: &StoredHash,
        password: &Password,
        asker: Asker,
    ) -> Result<bool, HashError> {
        let fits = self.gate().verify(hash, password, asker).await?;
        self.shared.decoys.saw(hash);
        Ok(fits)
    }

    /// A hash that somebody will have.
    pub(crate) async fn make_hash(
        &self,
        scheme: Scheme,
        password: &Password,
        asker: Asker,
    ) -> Result<StoredHash, HashError> {
        let hash = self.gate().hash(scheme, password, self.random(), asker).await?;
        self.shared.decoys.made(&hash);
        Ok(hash)
    }

    /// What nobody has where nobody has a password yet: made by the hasher that new passwords go through.
    async fn first_decoy(&self) -> Result<&StoredHash, HashError> {
        let make = || async {
            let nobody = Password::from(URL_SAFE_NO_PAD.encode(self.random::<24>()));
            let scheme = self.policy.password.scheme;
            self.gate().hash(scheme, &nobody, self.random(), Asker::operator()).await
        };
        self.shared.first_decoy.get_or_try_init(make).await
    }
}
