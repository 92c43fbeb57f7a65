//! Single values of the configuration, for commands that work without its variables.

use std::path::{Path, PathBuf};

use crate::yaml::{self, Source};

/// A value at the top of the configuration; none where it stands with a variable, or the file cannot be read.
fn value(config: &Path, key: &str) -> Option<String> {
    let source = Source::new(&*config.to_string_lossy(), &std::fs::read(config).ok()?).ok()?;
    let (node, _) = yaml::read(&source);
    node?.get(key)?.scalar().filter(|text| !text.contains("${")).map(str::to_owned)
}

/// Where the server listens.
pub(super) fn listen(config: &Path) -> Option<String> {
    value(config, "listen")
}

/// The database: as configured, else `frontdesk.db` beside the configuration.
pub(super) fn database(config: &Path) -> PathBuf {
    let store = value(config, "store").unwrap_or_else(|| "sqlite:frontdesk.db".into());
    let file = store.strip_prefix("sqlite:").unwrap_or(&store);
    config.parent().unwrap_or(Path::new("")).join(file)
}
