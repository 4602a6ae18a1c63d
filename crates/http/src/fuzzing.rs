//! What can be fed with any bytes, without a server around it? For the fuzz targets only.

use http::{HeaderMap, HeaderValue, header};

use crate::cookies;
use crate::extract::Fields;

/// Reads a request body as a registration reads it.
pub fn body(bytes: &[u8]) {
    if let Ok(mut fields) = Fields::parse(bytes) {
        let text = fields.text("email");
        let password = fields.password("password");
        let change = fields.change("name", |_| Ok(()));
        let _refused = fields.finish(text.zip(password).map(|read| (read, change)));
    }
}

/// Looks for a session in a `Cookie` header.
pub fn cookie_header(bytes: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(bytes) {
        let headers: HeaderMap = [(header::COOKIE, value)].into_iter().collect();
        let _access = cookies::find(&headers, cookies::ACCESS);
        let _refresh = cookies::find(&headers, cookies::REFRESH);
    }
}
