//! Listening to a provider over a lasting connection, for accounts that no webhook reaches.

use secrecy::SecretString;

use super::Received;

/// Where to listen.
#[derive(Clone, Debug)]
pub struct Stream {
    /// `wss://…`
    pub url: String,
    /// What is said first; `None` while there is no token.
    pub greeting: Option<SecretString>,
}

/// What a frame meant.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamFrame {
    /// The provider lets us in: from now on it tells of everything.
    Welcome,
    /// It refuses the token.
    Refused {
        /// For people.
        why: String,
    },
    /// The body of a webhook.
    Received {
        /// What it means.
        received: Received,
        /// As it came, for those that fit nothing.
        body: Vec<u8>,
    },
    /// Nothing that is known: logged.
    Odd {
        /// For people; no text of a message in it.
        why: String,
    },
}
