//! What is asked of a provider beside the sends: a token, the templates, whether all is well. The provider says which call is next, and reads
//! the answers.

use std::sync::Arc;

use reqwest::Client;
use tracing::{debug, info, warn};

use super::accounts::{Account, KeptHere};
use super::hub::Hub;
use super::rates::Spend;
use super::turn::caught;
use super::{http, limits};
use crate::domain::{Ask, CallAnswer, Catalogue, Change, Finding, Inquiring, Inquiry, Kept, Progress, Unit, Upload};
use crate::engine;
use crate::providers;
use crate::store::{StoreError, Stored};

/// Does the provider give tokens to whoever logs in?
pub fn logs_in(account: &dyn providers::Account) -> bool {
    let asked = caught(|| account.inquire(&Inquiry::Login, Kept::nothing(), &Progress::Null, None));
    matches!(asked, Ok(Inquiring::Call { .. }))
}

/// Ask something of a provider from outside a server: log in first where that is needed.
pub async fn inquire(client: &Client, account: &dyn providers::Account, inquiry: &Inquiry) -> Finding {
    let mut kept = KeptHere::default();
    if logs_in(account) {
        match ask(client, account, &kept, &Inquiry::Login, None).await {
            Finding::Token { token, .. } => kept.token = Some(token),
            failed => return failed,
        }
    }
    ask(client, account, &kept, inquiry, None).await
}

/// Make the calls of an inquiry. In a server each waits for its right.
async fn ask(
    client: &Client,
    account: &dyn providers::Account,
    kept: &KeptHere,
    inquiry: &Inquiry,
    server: Option<(&Hub, &Account)>,
) -> Finding {
    let mut progress = Progress::Null;
    let mut answer: Option<CallAnswer> = None;
    for _ in 0..limits::CALLS_PER_INQUIRY {
        match caught(|| account.inquire(inquiry, kept.lend(), &progress, answer.as_ref())) {
            Ok(Inquiring::Done(finding)) => return finding,
            Ok(Inquiring::Call { call, progress: further }) => {
                progress = further;
                answer = Some(match server {
                    None => http::call(client, &call, &http::Files::new()).await,
                    Some((hub, of)) => {
                        match hub.call_in_turn(of, &call, Spend::of_account(call.spends), &mut None).await {
                            Some(answer) => answer,
                            None => return Finding::Failed { why: "the server stops".into() },
                        }
                    }
                });
            }
            Err(why) => return Finding::Failed { why },
        }
    }
    Finding::Failed { why: "the provider asks for ever more calls".into() }
}

impl Hub {
    /// Have a token, where the provider gives them to whoever logs in. One login serves all who wait for it.
    pub async fn let_in(&self, account: &Account) -> Result<(), String> {
        if !account.logs_in || account.kept(self.now()).token.is_some() {
            return Ok(());
        }
        let _one_at_a_time = account.login.lock().await;
        let kept = account.kept(self.now());
        if kept.token.is_some() {
            return Ok(());
        }
        match ask(&self.client, account.config.account.as_ref(), &kept, &Inquiry::Login, Some((self, account))).await {
            Finding::Token { token, until } => {
                let at = self.now();
                account.keep(|kept| (kept.token, kept.token_at) = (Some(token), (at, until)));
                info!(account = account.name(), "logged in");
                Ok(())
            }
            Finding::Failed { why } => Err(format!("the login failed: {why}")),
            _ => Err("the login brought no token".into()),
        }
    }

    /// What an earlier process learned of the accounts.
    pub async fn recall_accounts(&self) -> Stored<()> {
        let now = self.now();
        let kept = self.store.kept_accounts().await?;
        for (name, catalogue) in kept.catalogues {
            if let Some(account) = self.accounts.get(name.as_str()) {
                account.keep(|kept| kept.catalogue = Arc::new(catalogue));
            }
        }
        for (name, upload) in kept.uploads.into_iter().filter(|(_, upload)| upload.until > now) {
            if let Some(account) = self.accounts.get(name.as_str()) {
                account.keep(|kept| kept.add_upload(upload));
            }
        }
        Ok(())
    }

    /// A file that the provider keeps: known at once, and after the next start.
    pub async fn keep_upload(&self, account: &Account, upload: Upload) {
        let change = Change::Upload { account: account.config.name.clone(), upload: upload.clone() };
        account.keep(|kept| kept.add_upload(upload));
        if let Err(error) = self.commit_one(Unit { reads: Vec::new(), changes: vec![change] }).await {
            warn!(account = account.name(), %error, "an upload could not be noted; it is made again after the next start");
        }
    }

    /// Fetch the templates of an account at the start, daily, and whenever they changed. Ends where the provider has none.
    pub async fn keep_catalogue(self: Arc<Self>, account: Arc<Account>) {
        let mut failures = 0;
        loop {
            match self.fetch_templates(&account).await {
                Some(Ok(())) => {
                    failures = 0;
                    tokio::time::sleep(limits::TEMPLATES_PAUSE).await;
                    // Changed or a day old: both mean fetching.
                    let _ = tokio::time::timeout(limits::TEMPLATES_STEP, account.stale.notified()).await;
                }
                Some(Err(why)) => {
                    failures += 1;
                    let account = account.name();
                    // Once in a row: it is tried again and again.
                    if failures == 1 {
                        warn!(account, why, "the templates could not be fetched; those known before are used");
                    } else {
                        debug!(account, why, failures, "the templates could not be fetched again");
                    }
                    if self.stopped_before(self.now() + engine::probe_after(failures)).await {
                        return;
                    }
                }
                None => return,
            }
        }
    }

    /// Ask the account's provider, logged in. A failure may be that of an older token: then once more with a new one.
    pub async fn inquire_of(&self, account: &Account, inquiry: &Inquiry) -> Finding {
        match self.inquire_once(account, inquiry).await {
            Finding::Failed { .. } if account.forget_old_token(self.now()) => self.inquire_once(account, inquiry).await,
            finding => finding,
        }
    }

    async fn inquire_once(&self, account: &Account, inquiry: &Inquiry) -> Finding {
        if let Err(why) = self.let_in(account).await {
            return Finding::Failed { why };
        }
        let kept = account.kept(self.now());
        ask(&self.client, account.config.account.as_ref(), &kept, inquiry, Some((self, account))).await
    }

    /// Find something out for the command line.
    pub async fn find_out(&self, ask: &Ask) -> Result<String, String> {
        let (Ask::Templates(name) | Ask::Check(name)) = ask;
        let account = self.accounts.get(name).ok_or_else(|| format!("the server has no account `{name}`"))?;
        match ask {
            Ask::Templates(_) => match self.fetch_templates(account).await {
                Some(Ok(())) => Ok(format!("{name}: {} templates", account.kept(self.now()).catalogue.templates.len())),
                Some(Err(why)) => Err(format!("{name}: the templates cannot be had: {why}")),
                None => Ok(format!("{name}: this provider has no list of templates")),
            },
            Ask::Check(_) => match self.inquire_of(account, &Inquiry::Check { url: None }).await {
                Finding::Report(lines) => serde_json::to_string(&lines).map_err(|why| why.to_string()),
                Finding::Failed { why } => Err(why),
                _ => Ok("[]".to_owned()),
            },
        }
    }

    /// `None`: the provider has no such list.
    async fn fetch_templates(&self, account: &Account) -> Option<Result<(), String>> {
        match self.inquire_of(account, &Inquiry::Templates).await {
            Finding::Templates(mut templates) => {
                templates.truncate(limits::TEMPLATES);
                info!(account = account.name(), templates = templates.len(), "templates fetched");
                let catalogue = Arc::new(Catalogue { fetched_at: Some(self.now()), templates });
                Some(self.keep_templates(account, catalogue).await.map_err(|error| error.to_string()))
            }
            Finding::Failed { why } => Some(Err(why)),
            _ => None,
        }
    }

    async fn keep_templates(&self, account: &Account, catalogue: Arc<Catalogue>) -> Result<(), StoreError> {
        account.keep(|kept| kept.catalogue = Arc::clone(&catalogue));
        let change = Change::Catalogue { account: account.config.name.clone(), catalogue };
        self.commit_one(Unit { reads: Vec::new(), changes: vec![change] }).await.map(drop)
    }
}
