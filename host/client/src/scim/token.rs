//! The token that a directory manages accounts with.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::model::OtherFields;
use crate::moment::Moment;

/// How long a token is usually valid, in days.
pub const DEFAULT_TOKEN_DAYS: u32 = 90;

/// A token with which a directory may manage accounts: a secret. Its `Debug` does not show it.
#[derive(Clone)]
#[non_exhaustive]
pub struct Token {
    secret: SecretString,
    /// Until when it is valid (UTC).
    pub expires_utc: Option<Moment>,
    /// How many days it is valid.
    pub duration_days: Option<i64>,
    /// What this version does not know. May be secret too.
    pub other: OtherFields,
}

impl Token {
    /// The token itself, to be handed to the directory and to nobody else.
    pub fn expose(&self) -> &str {
        self.secret.expose_secret()
    }

    /// The token in a wrapper that hides and wipes it.
    pub fn into_secret(self) -> SecretString {
        self.secret
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("expires_utc", &self.expires_utc)
            .field("duration_days", &self.duration_days)
            .finish_non_exhaustive()
    }
}

/// An object with the token, or the token alone. The problem never quotes what was found: it may be the token.
pub(super) fn read(body: &[u8]) -> Result<Token, String> {
    let value: Value = serde_json::from_slice(body).map_err(|_| "no JSON where a token is expected".to_owned())?;
    let (token, mut fields) = match value {
        Value::String(token) => (Some(token), OtherFields::new()),
        Value::Object(mut fields) => match fields.remove("token") {
            Some(Value::String(token)) => (Some(token), fields),
            _ => (None, fields),
        },
        _ => (None, OtherFields::new()),
    };
    let secret: SecretString =
        token.filter(|token| !token.trim().is_empty()).ok_or("an answer without a field token")?.into();
    let mut take = |names: [&str; 2]| names.iter().find_map(|name| fields.remove(*name));
    let expires_utc = take(["expiresUtc", "expires"]).and_then(|at| at.as_str().map(Moment::from));
    let duration_days = take(["durationDays", "duration"]).and_then(|days| days.as_i64());
    Ok(Token { secret, expires_utc, duration_days, other: fields })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_in_each_form_and_shown_in_none() {
        let whole = br#"{"token":"s3cret","expires":"2026-08-02T00:00:00Z","durationDays":90,"refreshToken":"m0re"}"#;
        for (body, expires) in [(&whole[..], Some("2026-08-02T00:00:00Z")), (br#""s3cret""#, None)] {
            let token = read(body).unwrap();
            assert_eq!(token.expose(), "s3cret");
            assert_eq!(token.expires_utc.as_ref().map(Moment::as_str), expires);
            let shown = format!("{token:?} {:?}", token.clone().into_secret());
            assert!(!shown.contains("s3cret") && !shown.contains("m0re"), "{shown}");
        }
    }

    #[test]
    fn an_answer_that_is_no_token_is_not_quoted() {
        for body in
            [&b"s3cret"[..], br#"["s3cret"]"#, br#"{"access":"s3cret"}"#, br#"{"token":7}"#, br#"{"token":" "}"#]
        {
            let problem = read(body).unwrap_err();
            assert!(!problem.contains("s3cret"), "{problem}");
        }
    }
}
