//! Which problems can an answer name?
//!
//! A code, its status and its title never change their meaning once they are published; clients branch on them.

use http::StatusCode;

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $code:literal, $status:ident, $title:literal;)*) => {
        /// The stable code of a problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)* }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The word in the JSON member `code`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The `type` of the problem (RFC 9457 §3.1.1).
            pub const fn type_uri(self) -> &'static str {
                match self { $(Self::$variant => concat!("urn:portcullis:problem:", $code),)* }
            }

            /// The status of the answer.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status,)* }
            }

            /// The same sentence for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What it means, for the documentation.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc),+).trim_ascii(),)* }
            }
        }
    };
}

codes! {
    /// The body cannot be parsed as JSON.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not well-formed JSON";
    /// Fields of the body or parameters of the query are missing, unknown or not acceptable; `errors` names each.
    InvalidRequest = "invalid_request", BAD_REQUEST, "The request is not valid";
    /// The token of a link or the code of a mail was never issued, was used, has expired, or is worthless since something
    /// that happened: ask for another mail.
    InvalidOneTimeToken = "invalid_one_time_token", BAD_REQUEST, "The token or code is not good";
    /// The invitation was never made, was used, withdrawn, or has expired: ask whoever invited for another one.
    InvitationInvalid = "invitation_invalid", BAD_REQUEST, "The invitation is not good";
    /// No credentials came with the request.
    AuthenticationRequired = "authentication_required", UNAUTHORIZED, "Authentication is required";
    /// The access token is not one of this server, is damaged, or its account is gone.
    InvalidAccessToken = "invalid_access_token", UNAUTHORIZED, "The access token is not valid";
    /// The access token was good and has expired: refresh it.
    AccessTokenExpired = "access_token_expired", UNAUTHORIZED, "The access token has expired";
    /// The session of the access token was ended: log in again.
    SessionEnded = "session_ended", UNAUTHORIZED, "The session was ended";
    /// No account has that identifier and password. Which of the two is wrong is not told.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "The identifier or the password is wrong";
    /// The refresh token cannot be exchanged: log in again.
    InvalidRefreshToken = "invalid_refresh_token", UNAUTHORIZED, "The refresh token is not valid";
    /// The refresh token was exchanged before, by somebody else: the session has been ended. Log in again and
    /// look at the sessions of the account.
    RefreshTokenReused = "refresh_token_reused", UNAUTHORIZED, "The refresh token was used twice";
    /// The account is disabled. Told only to who has proved that the account is theirs.
    AccountDisabled = "account_disabled", FORBIDDEN, "The account is disabled";
    /// The email address of the account has to be verified for this: `POST /v1/email/verify/resend` asks for another mail.
    /// Told only to who has proved that the account is theirs.
    EmailNotVerified = "email_not_verified", FORBIDDEN, "The email address is not verified";
    /// Only those may register who were invited, and no invitation came with the request.
    InvitationRequired = "invitation_required", FORBIDDEN, "An invitation is required";
    /// The password that was asked for again is wrong.
    WrongPassword = "wrong_password", FORBIDDEN, "The password is wrong";
    /// The person proved who they are too long ago for something that sensitive: `POST /v1/me/reauthenticate`, then try
    /// again with the new access token. The challenge is that of RFC 9470.
    ReauthenticationRequired = "reauthentication_required", FORBIDDEN, "The password has to be given again";
    /// The request came with cookies, and it is not proved that the application itself made it; `detail` says
    /// what is missing.
    CsrfFailed = "csrf_failed", FORBIDDEN, "The request may have been made by another site";
    /// The caller's role does not allow this.
    Forbidden = "forbidden", FORBIDDEN, "This is not allowed";
    /// There is no such thing, or it is not the caller's.
    NotFound = "not_found", NOT_FOUND, "There is nothing here";
    /// The path does not take this method; the header `Allow` lists those that it takes.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "The method is not allowed here";
    /// The email address belongs to another account.
    EmailTaken = "email_taken", CONFLICT, "The email address is taken";
    /// The username belongs to another account.
    UsernameTaken = "username_taken", CONFLICT, "The username is taken";
    /// An administrator cannot do this to the account they act with.
    OwnAccount = "own_account", CONFLICT, "This cannot be done to the own account";
    /// Somebody else did the same at the same moment; look at the outcome before another try.
    Conflict = "conflict", CONFLICT, "Somebody else was faster";
    /// The body is longer than the server takes.
    BodyTooLarge = "body_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The body is not announced as `application/json`.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "The body must be application/json";
    /// Many passwords, tokens or codes were wrong, for this identifier or from this network: no other is looked at, not
    /// even a right one, before the time in the header `Retry-After` has passed.
    TooManyAttempts = "too_many_attempts", TOO_MANY_REQUESTS, "Too many attempts have failed";
    /// Too many requests of this kind came from this network: registrations, requests for mails, or tokens that are
    /// nobody's. The header `Retry-After` says when to try again.
    TooManyRequests = "too_many_requests", TOO_MANY_REQUESTS, "There were too many requests";
    /// Something broke in the server. Its log tells more under the request id.
    InternalError = "internal_error", INTERNAL_SERVER_ERROR, "Something went wrong in the server";
    /// It takes a mail, and this server is not set up to send any.
    MailNotConfigured = "mail_not_configured", NOT_IMPLEMENTED, "This server sends no mails";
    /// The server is too busy or cannot reach its database; the header `Retry-After` says when to try again.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The server is busy";
    /// The request took too long. What it asked for may have been done or not.
    Timeout = "timeout", SERVICE_UNAVAILABLE, "The request took too long";
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::collections::HashSet;

    use super::Code;

    #[test]
    fn a_code_names_one_problem_in_words_of_lower_case() {
        let words: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(words.iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }

    #[test]
    fn every_problem_is_an_error_and_says_what_it_means() {
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(code.meaning().ends_with('.'), "{code:?}");
            assert!(!code.title().ends_with('.'), "{code:?}");
        }
    }
}
