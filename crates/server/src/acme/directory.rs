//! How is the directory of an authority spoken to?
//!
//! A connection a request: there are a dozen of them in two months. No redirect is followed and no proxy asked.
//!
//! Invariants
//! - Who does not prove to be the directory gets nothing.
//! - An answer is bounded in size and time.

use std::fs;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use anyhow::anyhow;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderValue};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use tokio::net::TcpStream;
use tokio::select;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::config::Problems;
use crate::config::meant::{AcmeSettings, NamedFile};
use crate::config::problem::Problem;

const TIMEOUT: Duration = Duration::from_secs(30);
const ANSWER_MAX_BYTES: usize = 1024 * 1024;
const PORT_OF_HTTPS: u16 = 443;

/// What may go wrong on the way.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A client of the directory.
pub(super) struct Directory(TlsConnector);

impl Directory {
    /// For the directory that the settings name.
    pub(super) fn new(settings: &AcmeSettings) -> anyhow::Result<Self> {
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| anyhow!("TLS cannot be set up: {error}"))?
            .with_root_certificates(roots(settings.ca.as_ref())?)
            .with_no_client_auth();
        Ok(Self(Arc::new(config).into()))
    }
}

/// Who may vouch for the directory.
pub(super) fn roots(ca: Option<&NamedFile>) -> Result<RootCertStore, Problems> {
    let Some(ca) = ca else { return Ok(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() }) };
    let problem =
        |what: String, fix: &str| Problems::of(Problem::new(format!("{} {what}", ca.cited), fix), None);
    let text = fs::read(&ca.path).map_err(|error| {
        problem(format!("cannot be read: {error}"), "name a file that is there and that this user can read")
    })?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(CertificateDer::pem_slice_iter(&text).flatten());
    if added == 0 {
        let fix = "name a file with lines -----BEGIN CERTIFICATE-----: the root of the authority";
        return Err(problem("does not hold certificates in PEM".into(), fix));
    }
    Ok(roots)
}

impl HttpClient for Directory {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let connector = self.0.clone();
        Box::pin(async move {
            let answer = timeout(TIMEOUT, ask(connector, request)).await;
            answer.map_err(|_| Error::Str("an answer in time"))?.map_err(Error::Other)
        })
    }
}

async fn ask(
    connector: TlsConnector,
    request: Request<BodyWrapper<Bytes>>,
) -> Result<BytesResponse, Failure> {
    let uri = request.uri().clone();
    let authority = uri.authority().filter(|_| uri.scheme_str() == Some("https"));
    // SECURITY: the URLs are the directory's word. None leads us to speak in clear.
    let authority = authority.ok_or("the directory names a URL that is not https")?;
    let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let stream = TcpStream::connect((host.as_str(), authority.port_u16().unwrap_or(PORT_OF_HTTPS))).await?;
    let stream = connector.connect(ServerName::try_from(host)?, stream).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let request = relative(request, authority.as_str(), &uri)?;
    let mut answer = pin!(async move {
        let (parts, body) = sender.send_request(request).await?.into_parts();
        let body = Limited::new(body, ANSWER_MAX_BYTES).collect().await?.to_bytes();
        Ok::<_, Failure>(Response::from_parts(parts, Full::new(body)).into())
    });
    select! {
        biased;
        answer = &mut answer => answer,
        // The connection may end with its last answer, which is then there.
        ended = connection => { ended?; answer.await }
    }
}

/// As a request stands on a connection of HTTP/1.1.
fn relative(
    mut request: Request<BodyWrapper<Bytes>>,
    authority: &str,
    uri: &Uri,
) -> Result<Request<BodyWrapper<Bytes>>, Failure> {
    request.headers_mut().insert(HOST, HeaderValue::try_from(authority)?);
    *request.uri_mut() = uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
    Ok(request)
}
