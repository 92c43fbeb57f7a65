//! Accounts at the sandbox: an emulator each, served by the server itself, and the account opened at its address.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::config::{AccountConfig, Config, SANDBOX_COMPANY, Sandbox, SandboxAccess};
use crate::domain::Kept;
use crate::sandbox::{self, Clock, Emulator, Options};

use super::{Failure, start};

/// Nobody else on this machine should be able to guess it.
pub(super) fn random() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

/// Secrets of one run: nothing outside it needs them.
pub(super) fn access(base_url: String) -> SandboxAccess {
    SandboxAccess { base_url, token: random().into(), secret: random().into() }
}

/// How the emulator of an account is set up.
pub(super) fn options(sandbox: &Sandbox, access: &SandboxAccess, clock: Clock) -> Result<Options, Failure> {
    let name = sandbox.imitates.dialect;
    let dialect = sandbox::dialect(name).ok_or_else(|| Failure::new(format!("there is no dialect `{name}`")))?;
    let (secret, faults) = (access.secret.clone(), sandbox.faults.clone());
    // The server's database remembers an earlier run: what is new must not have the numbers of what was.
    let first_number = clock.now().timestamp_millis().max(0).cast_unsigned();
    let usual = Options::new(dialect, access.token.clone(), SANDBOX_COMPANY);
    Ok(Options { secret, clock, first_number, faults, ..usual })
}

/// Open an account at the emulator that `access` leads to.
pub(super) fn open(account: &mut AccountConfig, access: &SandboxAccess) -> Result<(), Failure> {
    let Some(sandbox) = &account.sandbox else { return Ok(()) };
    let (opened, problems) = sandbox.open(&account.name, access);
    account.account = opened.ok_or_else(|| start::in_one_line(&problems))?;
    Ok(())
}

/// An emulator for each account at the sandbox, served under `/sandbox/ACCOUNT` of the server on that address.
pub(super) fn start(config: &mut Config, address: SocketAddr) -> Result<Vec<Emulator>, Failure> {
    let origin = format!("http://{}", reachable(address));
    let accounts = config.accounts.iter_mut().filter(|account| account.sandbox.is_some());
    accounts.map(|account| start_one(account, &origin)).collect()
}

fn start_one(account: &mut AccountConfig, origin: &str) -> Result<Emulator, Failure> {
    let Some(sandbox) = account.sandbox.clone() else { return Err(Failure::new("no account of the sandbox")) };
    let under = format!("/sandbox/{}", account.name);
    let access = access(format!("{origin}{under}"));
    let options = Options { under: Some(under.clone()), ..options(&sandbox, &access, Clock::system())? };
    let emulator = Emulator::new(options, start::client()?);
    emulator.set_origin(origin);
    open(account, &access)?;
    if account.account.stream(Kept::nothing()).is_none() {
        emulator.set_webhook_url(&sandbox.imitates.webhook(&format!("{origin}/webhooks/{}", account.name), &access));
    }
    let imitates = sandbox.imitates.name;
    tracing::info!(account = %account.name, imitates, "the phone is at {origin}{under}");
    Ok(emulator)
}

/// How this machine reaches an address that was taken: all addresses are reached by the local one.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = if address.ip().is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { address.ip() };
    SocketAddr::new(ip, address.port())
}
