//! `frontdesk accounts`: what the accounts at the providers can do, whether they work, and what their providers send.

use clap::Subcommand;

use super::{Done, Failure, Shared, Verdict};
use crate::providers::{PROVIDERS, ProviderType};
use crate::yaml;

mod capabilities;
mod check;
pub(super) mod online;
mod parse;
mod reports;
mod setup;
mod templates;
mod unknown;

/// Look at accounts and at what their providers send
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  frontdesk accounts check
  frontdesk accounts setup clinic
  frontdesk accounts templates clinic --refresh
  frontdesk accounts unknown --limit 5
  frontdesk accounts capabilities --provider getchat
  frontdesk accounts parse --provider pact webhook.json
  frontdesk accounts parse --account clinic webhook.json
  curl … | frontdesk accounts parse --provider whatsapp-cloud -")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Try credentials, permissions, webhooks and the templates that the bots name
    Check(check::Args),
    /// Register the webhooks at the providers
    Setup(setup::Args),
    /// List the templates that are known, or have them fetched anew
    Templates(templates::Args),
    /// List bodies of webhooks that fitted nothing
    Unknown(unknown::Args),
    /// Print what can be done on each channel of each provider
    Capabilities(capabilities::Args),
    /// Print the events that a webhook's body would become, a JSON object a line
    Parse(parse::Args),
}

/// Run it.
pub fn run(args: &Args, shared: &Shared) -> Done {
    match &args.what {
        What::Check(args) => check::run(args, shared),
        What::Setup(args) => setup::run(args, shared),
        What::Templates(args) => templates::run(args, shared),
        What::Unknown(args) => unknown::run(args, shared),
        What::Capabilities(args) => capabilities::run(args),
        What::Parse(args) => parse::run(args, shared),
    }
}

/// The provider of that name.
fn provider(name: &str) -> Result<&'static ProviderType, Failure> {
    let names = || PROVIDERS.iter().map(|provider| provider.name);
    PROVIDERS.iter().find(|provider| provider.name == name).ok_or_else(|| {
        let near = yaml::nearest(name, names()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let all: Vec<_> = names().collect();
        Failure::Usage(format!("there is no provider `{name}`; there is {}{near}", all.join(", ")))
    })
}
