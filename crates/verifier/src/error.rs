//! Why was a token or a key refused?
//!
//! No message repeats anything that the token contained: it may end up in a log or in an answer.

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Not three parts of unpadded base64url around JSON objects with unique members.
    #[error("the token is not a well-formed compact JWS")]
    Malformed,
    /// Longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES); nothing of it was decoded.
    #[error("the token is too long")]
    TooLong,
    /// The header asks for something that is not supported; the member is named.
    #[error("the token has the unsupported header member {0:?}")]
    UnsupportedHeader(&'static str),
    /// No key has the token's `kid`, or the token has none.
    #[error("no known key signed the token")]
    UnknownKey,
    /// The header names another algorithm than the one its key is for.
    #[error("the algorithm of the token is not that of its key")]
    AlgorithmMismatch,
    /// The signature was not made by the key over these bytes.
    #[error("the signature of the token is wrong")]
    BadSignature,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` has not come yet.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iat` is further in the future than the leeway.
    #[error("the token was issued in the future")]
    IssuedInFuture,
    /// `iss` is another issuer.
    #[error("the token is from another issuer")]
    WrongIssuer,
    /// `aud` does not contain the expected audience.
    #[error("the token is for another audience")]
    WrongAudience,
    /// `typ` names another kind of token or is absent where it is needed, or the claims are those of another kind.
    #[error("the token is of another type")]
    WrongType,
    /// A claim is absent, of the wrong JSON type or out of range; it is named.
    #[error("the claim {0:?} is missing or invalid")]
    Claim(&'static str),
}

/// Why a key cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The key id is absent, empty or longer than [`MAX_KID_BYTES`](crate::MAX_KID_BYTES).
    #[error("the key has no usable key id")]
    Kid,
    /// The key type or curve is none of those that [`Algorithm`](crate::Algorithm) needs.
    #[error("the key type is not supported")]
    UnsupportedType,
    /// The key material is not a valid public key.
    #[error("the key material is not valid")]
    Invalid,
    /// An RSA modulus below 2048 or above 8192 bits.
    #[error("the RSA modulus must have 2048 to 8192 bits")]
    RsaSize,
    /// An HS256 secret below 32 bytes.
    #[error("the secret must have at least 32 bytes")]
    SecretTooShort,
    /// A secret of no bytes, with which everybody could sign.
    #[error("the secret is empty")]
    SecretEmpty,
    /// `use` or `key_ops` say that the key is not for verifying signatures.
    #[error("the key is not meant for verifying signatures")]
    Purpose,
    /// `alg` names another algorithm than the one the key type is used with here.
    #[error("the algorithm of the key is not supported for its type")]
    Algorithm,
}
