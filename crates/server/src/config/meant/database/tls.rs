//! How is the connection to the database server protected?
//!
//! ```text
//! database.tls or the URL ──▶ else `verify-full` in production or with a CA file ──▶ else `prefer`
//! ```

use std::path::PathBuf;

use portcullis_store::options::Tls;

use super::super::super::keys::{self, Declared, Key};
use super::super::super::resolve::Resolver;
use super::super::super::value::{DatabaseUrl, Environment, ServerAddress, TlsMode, Value};
use super::chosen::{Chosen, Engine};
use super::has_effect;

const MODE: &Declared = &keys::DATABASE_TLS.declared;
const CA: &Declared = &keys::DATABASE_TLS_CA.declared;
const SERVERS: &[Engine] = &[Engine::Postgres, Engine::MySql];

/// What protects the connection; nothing when there is none.
pub(super) fn resolve(resolver: &mut Resolver<'_>, chosen: &Chosen, environment: Environment) -> Tls {
    let DatabaseUrl::Server(address) = &chosen.database else {
        has_effect(resolver, chosen, &keys::DATABASE_TLS, SERVERS);
        has_effect(resolver, chosen, &keys::DATABASE_TLS_CA, SERVERS);
        return Tls::Off;
    };
    let is_production = environment == Environment::Production;
    let ca = agreed(resolver, chosen, &keys::DATABASE_TLS_CA, address.tls_ca.clone(), None);
    let usual = if is_production || ca.is_some() { TlsMode::VerifyFull } else { TlsMode::Prefer };
    let mode = agreed(resolver, chosen, &keys::DATABASE_TLS, address.tls, Some(usual)).unwrap_or(usual);
    check_ca(resolver, chosen, address, mode, ca.as_ref());
    if is_production && mode == TlsMode::Prefer {
        // SECURITY: whoever is in between says that the server has no TLS, and gets the password and all the hashes.
        let write = |mode| how_to_write(resolver, address, mode);
        let fix = format!(
            "write {}; or by name what you accept: {} (any certificate is believed), {} (no TLS at all)",
            write(TlsMode::VerifyFull),
            write(TlsMode::Require),
            write(TlsMode::Off)
        );
        let what = format!(
            "{} protects from nobody who is in between, and production refuses it",
            resolver.cite(MODE)
        );
        resolver.forbid(&[MODE, chosen.key], what, fix);
    }
    match mode {
        TlsMode::Off => Tls::Off,
        TlsMode::Prefer => Tls::Prefer,
        TlsMode::Require => Tls::Require,
        TlsMode::VerifyFull => Tls::VerifyFull { ca },
    }
}

fn check_ca(
    resolver: &mut Resolver<'_>,
    chosen: &Chosen,
    address: &ServerAddress,
    mode: TlsMode,
    ca: Option<&PathBuf>,
) {
    let better = how_to_write(resolver, address, TlsMode::VerifyFull);
    let cited = resolver.cite(MODE);
    if ca.is_some() && !mode.verifies() {
        let what = format!("{cited} does not look at {}", resolver.cite(CA));
        resolver.forbid(&[MODE, CA, chosen.key], what, format!("write {better}, or leave the file out"));
    }
}

/// What a key and the URL say; when both say the same thing differently, nothing starts.
fn agreed<T: Value + PartialEq>(
    resolver: &mut Resolver<'_>,
    chosen: &Chosen,
    key: &'static Key<T>,
    in_url: Option<T>,
    usual: Option<T>,
) -> Option<T> {
    let declared = &key.declared;
    match in_url {
        Some(value) if !resolver.is_written(declared) => {
            resolver.take_over(key, &value, chosen.key);
            Some(value)
        }
        in_url => {
            let value = match usual {
                Some(usual) => Some(resolver.get_or(key, || usual)),
                None => resolver.find(key),
            };
            if in_url.is_some() && in_url != value {
                let what = format!("{} contradicts {}", resolver.cite(declared), resolver.cite(chosen.key));
                resolver.forbid(&[declared, chosen.key], what, "keep one of the two");
            }
            value
        }
    }
}

/// How to write a mode where the present one is written.
fn how_to_write(resolver: &Resolver<'_>, address: &ServerAddress, mode: TlsMode) -> String {
    if address.tls.is_some() && !resolver.is_written(MODE) {
        format!("`{}` in the URL", address.kind.tls_parameter(mode))
    } else {
        format!("`{}` = `{}`", MODE.name, mode.show())
    }
}
