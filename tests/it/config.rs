//! `frontdesk.yaml` files, what is read from them and what is said of them.

use std::path::Path;

use frontdesk::config::{self, Config};
use frontdesk::yaml::{self, Colour, Severity, Source};

use crate::cases;

/// The environment of all cases. `SECRETS` must never be seen in what is said.
const ENVIRONMENT: &[(&str, &str)] = &[("TOKEN", "hush-hush"), ("EMPTY", ""), ("YAML_INSIDE", "x\nadmin: {token: y}")];
const SECRETS: &[&str] = &["hush-hush"];

fn read(name: &str, text: &str) -> (Option<Config>, Vec<yaml::Problem>) {
    let source = Source::new(name, text.as_bytes()).unwrap();
    let env = |name: &str| ENVIRONMENT.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
    config::read(&source, &env)
}

/// Each `tests/data/config/NAME.yaml`, as if it stood in the folder `etc`, gives what its snapshot shows.
#[test]
fn files_and_what_is_said_of_them() {
    for (name, file, settings) in cases::files("config", "yaml", 10) {
        let text = std::fs::read_to_string(&file).unwrap();
        let (config, problems) = read(&format!("etc/{name}.yaml"), &text);
        let is_sound = problems.iter().all(|problem| problem.severity == Severity::Warning);
        assert_eq!(config.is_some(), is_sound, "{name}: there is a configuration exactly when there is no error");
        let shown = format!("{}\n---- read\n{config:#?}\n", yaml::render(&problems, Colour::Never));
        assert!(!SECRETS.iter().any(|secret| shown.contains(secret)), "{name} tells a secret: {shown}");
        for problem in &problems {
            let said = format!("{} {}", problem.message, problem.help.as_deref().unwrap_or_default());
            assert!(!said.contains("very-secret"), "{name} repeats a value: {said}");
        }
        settings.bind(|| insta::assert_snapshot!(name, shown));
    }
}

/// The paths of the configuration are meant from its folder.
#[test]
fn paths_are_relative_to_the_file() {
    let account = "accounts: {c: {provider: pact, bot: c, token: x, company_id: 1, insecure: true}}";
    let (config, problems) = read("conf/here/frontdesk.yaml", account);
    assert_eq!(problems, []);
    let config = config.unwrap();
    assert_eq!(
        (config.bots.as_path(), config.scripts.as_path()),
        (Path::new("conf/here/bots"), Path::new("conf/here/scripts"))
    );
}
