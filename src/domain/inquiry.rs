//! What the runtime asks of a provider beside the sends: a token, the templates, whether all is well, what was missed.

use secrecy::SecretString;

use super::{Call, News, Progress, TemplateEntry, Time};

/// A question to a provider, answered by one or several calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Inquiry {
    /// A token, by user name and password.
    Login,
    /// All templates.
    Templates,
    /// Credentials, permissions and the webhook's registration, for `accounts check`.
    Check {
        /// Where webhooks should be sent: `https://HOST/webhooks/ACCOUNT`, without a secret; `None` where no `public_url` is known.
        url: Option<String>,
    },
    /// Register the webhook, for `accounts setup`.
    Setup {
        /// Where webhooks are to be sent, without a secret: the provider's part adds its own.
        url: String,
    },
    /// Messages since then that may have been missed.
    Since(Time),
    /// Where a file lies that a contact sent.
    File {
        /// The provider's id of it.
        id: String,
        /// Its type, as the message told it; `""` where it did not.
        mime: String,
    },
}

/// The next step of an inquiry.
#[derive(Debug)]
pub enum Inquiring {
    /// Make this call and come back with the answer.
    Call {
        /// What to call.
        call: Box<Call>,
        /// How far it has come.
        progress: Progress,
    },
    /// It is over.
    Done(Finding),
}

/// What an inquiry found.
#[derive(Debug)]
pub enum Finding {
    /// A token for the account's calls.
    Token {
        /// The token.
        token: SecretString,
        /// When it ends, where told.
        until: Option<Time>,
    },
    /// The templates.
    Templates(Vec<TemplateEntry>),
    /// What was tried and how it went, in order.
    Report(Vec<ReportLine>),
    /// What was missed.
    News(Vec<News>),
    /// A file that a contact sent.
    File {
        /// The call whose answer is the file.
        call: Box<Call>,
        /// Its type, where told.
        mime: Option<String>,
        /// It lies at the account's own `base_url`; else at an address that was in an answer.
        at_home: bool,
    },
    /// This provider knows no such thing.
    Unsupported,
    /// It could not be found out.
    Failed {
        /// For people.
        why: String,
    },
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ReportLine {
    /// It is well.
    pub well: bool,
    /// What was tried and what came of it.
    pub what: String,
    /// What to do about it; `None` where there is nothing to do.
    pub todo: Option<String>,
}
