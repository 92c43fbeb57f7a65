//! The process itself with the sample bot: how soon it is ready, and what it holds in memory when nobody writes.

use std::path::Path;

use crate::child::{Server, free_address};
use crate::report::{Report, percentile};
use crate::{Outcome, Settings};

/// Starts for a median.
const STARTS: usize = 7;

/// Start it a few times.
pub fn run(settings: &Settings, report: &mut Report) -> Outcome<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("the benchmark stands in no folder")?;
    let mut starts = Vec::with_capacity(STARTS);
    let mut memory = 0.0;
    for _ in 0..STARTS {
        let folder = tempfile::tempdir()?;
        let address = free_address()?;
        std::fs::write(folder.path().join("frontdesk.yaml"), configuration(root, &address))?;
        let server = Server::start(&settings.server, &["serve"], folder.path(), &address)?;
        starts.push(server.started_in.as_secs_f64() * 1e3);
        memory = server.memory()?.0;
    }
    starts.sort_by(f64::total_cmp);
    report.add("sample bot: from start to ready, median", percentile(&starts, 0.5), "ms");
    report.add("sample bot: memory when ready", memory, "MB");
    Ok(())
}

fn configuration(root: &Path, address: &str) -> String {
    let root = root.display();
    format!(
        "listen: {address}\nstore: sqlite:frontdesk.db\nbots: {root}/bots\nscripts: {root}/scripts\naccounts:\n  clinic:\n    \
         provider: pact\n    bot: clinic\n    token: token\n    company_id: 1\n    webhook_secret: secret\n"
    )
}
