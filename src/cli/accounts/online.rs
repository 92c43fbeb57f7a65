//! What the commands share that ask providers: the configured accounts, the one client, the templates that an account has.

use chrono::Utc;
use reqwest::Client;

use crate::bot::TemplateUse;
use crate::config::{AccountConfig, Config};
use crate::domain::{
    Catalogue, Finding, HeaderKind, Inquiry, Media, MediaKind, MediaSource, Template, TemplateCard, TemplateHeader,
    Time,
};
use crate::providers::templates::{self, Trouble};
use crate::runtime;
use crate::yaml::{self, Explanation, Problem};

use super::super::{Failure, Shared, start};

/// What is found at the accounts, for `check --explain CODE`.
pub(in crate::cli) const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        code: "unknown-template",
        text: "`check --online` asked the account's provider, and it has no template of that name. Templates are made and approved at the \
               provider; the name is the one it shows there.",
    },
    Explanation {
        code: "unsendable-template",
        text: "`check --online` asked the account's provider: the template is there, and WhatsApp does not let it be sent (paused, rejected, \
               disabled, or waiting for approval). Until that changes, no message of it goes.",
    },
    Explanation {
        code: "template-language",
        text: "`check --online` asked the account's provider: the template is not there in this language. Templates are approved language by \
               language. Where the bot names no language, the contact's is taken, else the nearest there is.",
    },
    Explanation {
        code: "template-parameters",
        text: "`check --online` asked the account's provider: the template wants other parameters than the bot gives. WhatsApp counts those of \
               the body (`params`), of the header and of the buttons, and refuses a message with too many or too few. A \
               place above the text cannot be given at all.",
    },
];

/// The configuration with its variables, and the client.
pub(in crate::cli) struct Online {
    pub(in crate::cli) config: Config,
    pub(super) client: Client,
}

impl Online {
    /// Read the configuration and make the client.
    pub(in crate::cli) fn open(shared: &Shared) -> Result<Self, Failure> {
        Ok(Self { config: start::configuration(&shared.config)?, client: start::client()? })
    }

    /// The accounts of these names; all of them where none is named.
    pub(super) fn picked(&self, names: &[String]) -> Result<Vec<&AccountConfig>, Failure> {
        let all = || self.config.accounts.iter();
        if names.is_empty() {
            return Ok(all().collect());
        }
        let known = || all().map(|account| account.name.as_str());
        let pick = |name: &String| {
            all().find(|account| account.name.as_str() == name).ok_or_else(|| {
                let near = yaml::nearest(name, known()).map(|near| format!("; did you mean `{near}`?"));
                let there = known().collect::<Vec<_>>().join(", ");
                Failure::Usage(format!("there is no account `{name}`; there is {there}{}", near.unwrap_or_default()))
            })
        };
        names.iter().map(pick).collect()
    }

    /// Where an account's webhooks should go, without the secret.
    pub(super) fn webhook(&self, account: &AccountConfig) -> Option<String> {
        let public = self.config.public_url.as_ref()?;
        Some(format!("{public}/webhooks/{}", account.name))
    }

    /// Ask an account's provider.
    pub(super) async fn ask(&self, account: &AccountConfig, inquiry: &Inquiry) -> Finding {
        runtime::inquire(&self.client, account.account.as_ref(), inquiry).await
    }

    /// The templates that an account has; `None` where its provider has no such list.
    pub(in crate::cli) async fn catalogue(&self, account: &AccountConfig) -> Result<Option<Catalogue>, String> {
        match self.ask(account, &Inquiry::Templates).await {
            Finding::Templates(templates) => {
                Ok(Some(Catalogue { fetched_at: Some(Time::from(Utc::now())), templates }))
            }
            Finding::Failed { why } => Err(why),
            _ => Ok(None),
        }
    }
}

/// What speaks against the templates that a bot names, at one account, each at its place.
pub(in crate::cli) fn review(
    catalogue: &Catalogue,
    account: &AccountConfig,
    uses: &[TemplateUse],
    languages: &[String],
) -> Vec<Problem> {
    let of_one = |it: &TemplateUse| match templates::review(catalogue, &blank(it)) {
        Err(trouble) => Some(problem(catalogue, account, it, &trouble)),
        Ok(()) if it.language.is_none() => untold(catalogue, account, it, languages),
        Ok(()) => None,
    };
    uses.iter().filter_map(of_one).collect()
}

/// The template as it would be sent, with nothing filled in.
fn blank(it: &TemplateUse) -> Template {
    Template {
        name: it.name.clone(),
        language: it.language.clone().unwrap_or_default(),
        params: vec![String::new(); it.params],
        header: header(it.header),
        buttons: vec![String::new(); it.buttons],
        cards: vec![TemplateCard::default(); it.cards],
        offer_until: None,
    }
}

fn header(kind: HeaderKind) -> Option<TemplateHeader> {
    let media = |kind| {
        let source = MediaSource::Url(String::new());
        Some(TemplateHeader::Media(Media { kind, source, name: None, caption: String::new() }))
    };
    match kind {
        HeaderKind::Nothing | HeaderKind::Location => None,
        HeaderKind::Text => Some(TemplateHeader::Text(String::new())),
        HeaderKind::Image => media(MediaKind::Image),
        HeaderKind::Video => media(MediaKind::Video),
        HeaderKind::Document => media(MediaKind::Document),
    }
}

fn problem(catalogue: &Catalogue, account: &AccountConfig, it: &TemplateUse, trouble: &Trouble) -> Problem {
    let account = &account.name;
    let told = format!("{trouble} (account `{account}`)");
    match trouble {
        Trouble::Missing { name } => {
            let known = catalogue.templates.iter().map(|entry| entry.name.as_str());
            let help = match yaml::nearest(name, known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "make it at the provider, and wait until it is approved".to_owned(),
            };
            Problem::error("unknown-template", &it.at, format!("the account `{account}` has no template `{name}`"))
                .help(help)
        }
        Trouble::Unsendable { .. } => Problem::error("unsendable-template", &it.at, told)
            .help("see at the provider why, or name another template"),
        Trouble::Language { .. } => Problem::error("template-language", &it.at, told)
            .help("name one of these as `language`, or have the template approved in that one"),
        Trouble::Count { .. } | Trouble::Header { .. } => {
            Problem::error("template-parameters", &it.at, told).help("give what the template wants")
        }
        Trouble::Place { .. } => Problem::error("template-parameters", &it.at, told)
            .help("name a template without a place above its text; the step `location` sends one"),
    }
}

/// A language of the bot's in which the template is not there: such a contact gets it in another.
fn untold(catalogue: &Catalogue, account: &AccountConfig, it: &TemplateUse, languages: &[String]) -> Option<Problem> {
    let spoken = |language: &&String| {
        let told = Template { language: (*language).clone(), ..blank(it) };
        matches!(templates::review(catalogue, &told), Err(Trouble::Language { .. }))
    };
    let missing: Vec<String> = languages.iter().filter(spoken).map(|language| format!("`{language}`")).collect();
    (!missing.is_empty()).then(|| {
        let missing = missing.join(", ");
        let message = format!("the template `{}` is not there in {missing} (account `{}`)", it.name, account.name);
        Problem::warning("template-language", &it.at, message).help("contacts who speak so get it in another language")
    })
}
