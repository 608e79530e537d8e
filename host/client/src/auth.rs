//! The token: sent with every request, shown nowhere.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::error::Error;

/// Shorter secrets are not searched for in texts: `a` would blacken every message.
const SHORTEST_REDACTED: usize = 4;

/// How requests are authorised.
#[derive(Clone, Default)]
pub(crate) struct Auth {
    header: Option<HeaderValue>,
    /// What must never appear in a text.
    secrets: Vec<SecretString>,
    /// Tells accounts apart in cache keys. Made of the user, so that nobody can try passwords on it.
    identity: Uuid,
}

impl Auth {
    /// `token` is base64 of `user:password` and is sent as it is.
    pub(crate) fn with_token(token: &SecretString) -> Result<Self, Error> {
        let setting = |problem: &str| Error::Setting { setting: "token", problem: problem.to_owned() };
        let text = token.expose_secret().trim();
        if text.is_empty() {
            return Err(setting("is empty; give the token (base64 of user:password), or none at all"));
        }
        if text.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("basic ")) {
            return Err(setting("begins with \"Basic \"; give what follows it"));
        }
        let mut header = HeaderValue::try_from(format!("Basic {text}"))
            .map_err(|_| setting("contains characters that cannot be sent; it is base64 of user:password"))?;
        header.set_sensitive(true);
        let mut secrets = vec![SecretString::from(text)];
        let mut identity = Uuid::new_v5(&Uuid::NAMESPACE_URL, text.as_bytes());
        if let Ok(decoded) = STANDARD.decode(text)
            && let Ok(pair) = String::from_utf8(decoded)
            && let Some((user, password)) = pair.split_once(':')
        {
            identity = Uuid::new_v5(&Uuid::NAMESPACE_URL, user.as_bytes());
            secrets.push(SecretString::from(password));
            secrets.push(SecretString::from(pair));
        }
        secrets.retain(|s| s.expose_secret().len() >= SHORTEST_REDACTED);
        // The longest first, so that a part does not spoil the whole.
        secrets.sort_by_key(|s| std::cmp::Reverse(s.expose_secret().len()));
        Ok(Self { header: Some(header), secrets, identity })
    }

    /// Makes the token from user and password.
    pub(crate) fn with_credentials(user: &str, password: &SecretString) -> Result<Self, Error> {
        if user.contains(':') {
            let problem = "the user contains a colon, which Basic authentication cannot carry".to_owned();
            return Err(Error::Setting { setting: "credentials", problem });
        }
        let token = SecretString::from(STANDARD.encode(format!("{user}:{}", password.expose_secret())));
        Self::with_token(&token)
    }

    pub(crate) fn header(&self) -> Option<&HeaderValue> {
        self.header.as_ref()
    }

    pub(crate) fn identity(&self) -> Uuid {
        self.identity
    }

    /// `text` without any secret in it: some servers echo the request in their error pages.
    pub(crate) fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(secret.expose_secret()) { text.replace(secret.expose_secret(), "[secret]") } else { text }
        })
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.header.is_some() { "Basic [secret]" } else { "none" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_verbatim_and_shown_nowhere() {
        let auth = Auth::with_token(&SecretString::from("dXNlcjpodW50ZXIy\n")).unwrap();
        assert_eq!(auth.header().unwrap(), "Basic dXNlcjpodW50ZXIy");
        assert_eq!(format!("{auth:?} {:?}", auth.header()), "Basic [secret] Some(Sensitive)");
        assert_eq!(
            auth.redact("got Basic dXNlcjpodW50ZXIy for user:hunter2 (hunter2)"),
            "got Basic [secret] for [secret] ([secret])"
        );
    }

    #[test]
    fn credentials_become_the_token_of_the_standard() {
        let auth = Auth::with_credentials("user", &SecretString::from("hunter2")).unwrap();
        assert_eq!(auth.header().unwrap(), "Basic dXNlcjpodW50ZXIy");
        assert!(Auth::with_credentials("us:er", &SecretString::from("x")).is_err());
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_without_being_repeated() {
        for bad in ["", "  ", "Basic dXNlcjpodW50ZXIy", "dXNlcj\npodW50ZXIy"] {
            let error = Auth::with_token(&SecretString::from(bad)).unwrap_err().to_string();
            assert!(!error.contains("podW50"), "{error}");
        }
    }
}
