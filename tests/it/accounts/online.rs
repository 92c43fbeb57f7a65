//! The commands that ask providers, through the program: Pact by its emulator, the others by small servers that answer from a table.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value as Json, json};
use tokio::net::TcpListener;

use crate::desk::{Desk, SECRET};
use crate::harness::{Home, Ran, wait_for};
use crate::provider::{COMPANY, TOKEN};

const BOT: &str = "bot: desk\nlanguages: [en, ru]\nflows:\n  visit:\n    on: message\n    do:\n      - template: visit_reminder\n        \
                   params: [\"9:00\"]\n";

/// A server that answers `METHOD path?query` from a table, and 404 else; it ends with the test.
pub struct Table {
    pub address: String,
    asked: Arc<Mutex<Vec<String>>>,
    events: tokio::runtime::Runtime,
}

type Shared = (Arc<Vec<(String, u16, Json)>>, Arc<Mutex<Vec<String>>>);

async fn answer(State((table, asked)): State<Shared>, request: Request) -> Response {
    let what = format!("{} {}", request.method(), request.uri());
    let token = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or("none");
    let asking = format!("{what} [{token}]");
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap();
    asked.lock().unwrap().push(format!("{asking} {}", String::from_utf8_lossy(&body)));
    let found = table.iter().find(|(wanted, ..)| what.starts_with(wanted));
    let (status, body) =
        found.map_or((404, json!({"detail": "Not found."})), |(_, status, body)| (*status, body.clone()));
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

impl Table {
    pub fn of(entries: &[(&str, u16, Json)]) -> Self {
        let events = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let table = entries.iter().map(|(what, status, body)| ((*what).to_owned(), *status, body.clone())).collect();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new().fallback(answer).with_state((Arc::new(table), Arc::clone(&asked)));
        let address = events.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(frontdesk::server::serve(listener, router, std::future::pending()));
            format!("http://{address}")
        });
        Self { address, asked, events }
    }

    /// Ask some other server: status and body.
    pub fn fetch(&self, method: &str, url: &str) -> (u16, String) {
        // Installed already is installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        self.events.block_on(async {
            let answer = client.request(method.parse().unwrap(), url).body("{}").send().await.unwrap();
            (answer.status().as_u16(), answer.text().await.unwrap())
        })
    }

    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// A home with one account `desk`, whose keys these are.
fn home(keys: &str) -> Home {
    let config = format!("public_url: https://bot.example.com\naccounts:\n  desk: {{bot: desk, {keys}}}\n");
    Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", BOT)])
}

/// The lines of one account's report, `ok` or `FAIL` before each.
fn lines(ran: &Ran) -> Vec<String> {
    let reports: Json = serde_json::from_str(&ran.stdout).unwrap_or_else(|why| panic!("{why}: {ran:?}"));
    let lines = reports[0]["lines"].as_array().unwrap().clone();
    let line = |line: &Json| {
        let todo = line["todo"].as_str().map(|todo| format!(" -> {todo}")).unwrap_or_default();
        format!("{} {}{todo}", if line["well"] == true { "ok" } else { "FAIL" }, line["what"].as_str().unwrap())
    };
    lines.iter().map(line).collect()
}

fn check(home: &Home) -> (Option<i32>, Vec<String>) {
    let ran = home.run(&["accounts", "check", "--format", "json"]);
    (ran.code, lines(&ran))
}

fn starts(lines: &[String], want: &[&str]) {
    let fits = lines.len() == want.len() && lines.iter().zip(want).all(|(line, want)| line.starts_with(want));
    assert!(fits, "{lines:#?}\nis not\n{want:#?}");
}

/// In both versions: nothing is registered, then set-up does it, then all is well; the way from outside leads to the running server.
#[test]
fn pact_is_set_up_and_checked() {
    for api in ["v1", "v2"] {
        let desk = Desk::speaking(api);
        desk.provider.call_back("");
        let template = json!({"waba_id": "t1", "name": "reopen", "substitutions_count": 1});
        desk.provider.set(&json!({ "templates": [template] }));
        let config = |public: &str| {
            format!(
                "public_url: {public}\nstore: sqlite:frontdesk.db\naccounts:\n  desk: {{provider: pact, bot: desk, api: {api}, \
                 base_url: 'http://{}', token: {TOKEN}, company_id: {COMPANY}, webhook_secret: {SECRET}}}\n",
                desk.provider.address
            )
        };
        desk.home.write("public.yaml", &config(&desk.server.url("")));
        let run = |args: &[&str]| desk.home.run(&[&["-c", "public.yaml", "accounts"], args].concat());
        let before = run(&["check"]);
        assert_eq!(before.code, Some(1), "{before:?}");
        assert!(before.stdout.contains("`frontdesk accounts setup` registers it"), "{}", before.stdout);
        let done = run(&["setup", "desk"]);
        assert_eq!(done.code, Some(0), "{done:?}");
        assert!(done.stdout.contains("  ok    webhooks go to http://127.0.0.1"), "{}", done.stdout);
        assert!(!done.stdout.contains(SECRET) && !done.stderr.contains(SECRET), "{done:?}");
        let after = run(&["check"]);
        assert_eq!(after.code, Some(0), "{after:?}");
        let told = |words: &str| assert!(after.stdout.contains(words), "{words}: {}", after.stdout);
        told("desk (pact)\n  ok    the key works for company 154");
        told(&format!("this server answers at {}/webhooks/desk", desk.server.url("")));
        let again = run(&["setup"]);
        assert_eq!(again.code, Some(0), "{again:?}");
    }
}

#[test]
fn a_webhook_with_another_secret_is_told() {
    let desk = Desk::open();
    let config = |secret: &str| {
        format!(
            "public_url: {}\naccounts:\n  desk: {{provider: pact, bot: desk, base_url: 'http://{}', token: {TOKEN}, \
             company_id: {COMPANY}, webhook_secret: {secret}}}\n",
            desk.server.url(""),
            desk.provider.address
        )
    };
    desk.home.write("public.yaml", &config(SECRET));
    assert_eq!(desk.home.run(&["-c", "public.yaml", "accounts", "setup"]).code, Some(0));
    desk.home.write("public.yaml", &config("changed-since"));
    let ran = desk.home.run(&["-c", "public.yaml", "accounts", "check"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stdout.contains("with another secret than the account's `webhook_secret`"), "{}", ran.stdout);
}

/// A wrong key, a wrong number, nobody there: each is one clear line.
#[test]
fn what_is_wrong_with_pact_is_said_in_one_line() {
    let desk = Desk::open();
    let pact = format!("provider: pact, webhook_secret: s, base_url: 'http://{}'", desk.provider.address);
    let nobody = "provider: pact, webhook_secret: s, base_url: 'http://127.0.0.1:9'";
    let cases = [
        (format!("{pact}, token: wrong, company_id: {COMPANY}"), "FAIL Pact refuses the credentials: 401"),
        (
            format!("{pact}, token: {TOKEN}, company_id: 155"),
            "FAIL the key works, and company 155 is none of its companies",
        ),
        (format!("{nobody}, token: {TOKEN}, company_id: 154"), "FAIL Pact cannot be reached: "),
    ];
    for (keys, want) in cases {
        let (code, lines) = check(&home(&keys));
        assert_eq!(code, Some(1));
        starts(&lines, &[want, "FAIL nobody answers at https://bot.example.com/webhooks/desk"]);
    }
}

/// Each template that the bot names is looked up, and what is wrong stands at its place.
#[test]
fn templates_are_looked_up() {
    let desk = Desk::open();
    let keys = format!(
        "provider: pact, webhook_secret: s, base_url: 'http://{}', token: {TOKEN}, company_id: {COMPANY}",
        desk.provider.address
    );
    let home = home(&keys);
    let list = |templates: Json| desk.provider.set(&json!({ "templates": templates }));
    list(json!([{"waba_id": "t1", "name": "visit_reminders", "substitutions_count": 1}]));
    let ran = home.run(&["check", "--online"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for words in [
        "error[unknown-template]: the account `desk` has no template `visit_reminder`",
        "bot.yaml:7:19",
        "did you mean `visit_reminders`?",
    ] {
        assert!(ran.stdout.contains(words), "{words}: {}", ran.stdout);
    }
    list(json!([{"waba_id": "t1", "name": "visit_reminder", "substitutions_count": 2}]));
    let ran = home.run(&["check", "--online", "--format", "json"]);
    let problems: Json = serde_json::from_str(&ran.stdout).unwrap();
    let told = (&problems[0]["code"], &problems[0]["line"], &problems[0]["column"]);
    assert_eq!(told, (&json!("template-parameters"), &json!(7), &json!(19)), "{problems}");
    assert!(
        lines(&home.run(&["accounts", "check", "--format", "json"])).iter().any(|line| line.contains("bot.yaml:7:19"))
    );
    list(json!([{"waba_id": "t1", "name": "visit_reminder", "substitutions_count": 1}]));
    let ran = home.run(&["check", "--online"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    // Without its variables the configuration cannot be used, and who cannot be asked says so.
    home.write(
        "frontdesk.yaml",
        "accounts:\n  desk: {bot: desk, provider: pact, token: '${NOT_SET}', company_id: 1, insecure: true}\n",
    );
    let ran = home.run(&["check", "--online"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("NOT_SET"), "{ran:?}");
    assert_eq!(home.run(&["check"]).code, Some(0));
    home.write("frontdesk.yaml", "accounts:\n  desk: {bot: desk, provider: pact, token: t, company_id: 1, insecure: true, base_url: 'http://127.0.0.1:9'}\n");
    let ran = home.run(&["check", "--online"]);
    assert!(
        ran.code == Some(1) && ran.stderr.contains("error: the account `desk` has no list of templates to ask"),
        "{ran:?}"
    );
}

fn visit(language: &str, status: &str) -> Json {
    json!({
        "id": "1", "name": "visit_reminder", "language": language, "status": status, "category": "UTILITY",
        "components": [{"type": "BODY", "text": "You come at {{1}}."}],
    })
}

/// Languages and states of templates are told by Meta's list.
#[test]
fn templates_have_languages_and_states() {
    let cloud = |templates: Json| Table::of(&[("GET /v23.0/107/message_templates", 200, json!({ "data": templates }))]);
    let cases = [
        (json!([visit("en_US", "APPROVED"), visit("ru", "APPROVED")]), Some(0), ""),
        (
            json!([visit("en_US", "APPROVED")]),
            Some(0),
            "warning[template-language]: the template `visit_reminder` is not there in `ru`",
        ),
        (
            json!([visit("en_US", "PAUSED"), visit("ru", "PAUSED")]),
            Some(1),
            "error[unsendable-template]: the template `visit_reminder` cannot be sent: PAUSED",
        ),
    ];
    for (templates, code, words) in cases {
        let server = cloud(templates);
        let home = home(&format!(
            "provider: whatsapp-cloud, base_url: '{}', token: t, phone_number_id: 106, business_account_id: 107, insecure: true",
            server.address
        ));
        let ran = home.run(&["check", "--online"]);
        assert!(ran.code == code && ran.stdout.contains(words), "{words}: {ran:?}");
        home.write("bots/desk/bot.yaml", &BOT.replace("params:", "language: de\n        params:"));
        let ran = home.run(&["check", "--online"]);
        let states = ["error[template-language]", "error[unsendable-template]"];
        assert!(ran.code == Some(1) && states.iter().any(|state| ran.stdout.contains(state)), "{ran:?}");
    }
}

/// Where no server runs, the list goes straight into its store, and is there for whoever asks later.
#[test]
fn templates_are_fetched_without_a_server() {
    let home_at = |address: &str| {
        let config = format!(
            "listen: 127.0.0.1:0\naccounts:\n  desk: {{bot: desk, provider: whatsapp-cloud, base_url: '{address}', token: t, phone_number_id: 106, \
             business_account_id: 107, insecure: true}}\n"
        );
        Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", BOT)])
    };
    let server = Table::of(&[("GET /v23.0/107/message_templates", 200, json!({"data": [visit("en", "APPROVED")]}))]);
    let home = home_at(&server.address);
    let ran = home.run(&["accounts", "templates", "--refresh"]);
    assert!(ran.code != Some(0) && ran.stderr.contains("there is no database"), "before the first start: {ran:?}");
    drop(home.serve());
    let ran = home.run(&["accounts", "templates", "--refresh"]);
    assert!(ran.code == Some(0) && ran.stdout.contains("visit_reminder"), "{ran:?}");
    drop(server);
    let ran = home.run(&["accounts", "templates", "--refresh"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("error: "), "nobody answers: {ran:?}");
    assert!(ran.stdout.contains("visit_reminder"), "what was known stays: {ran:?}");
    let ran = home.run(&["accounts", "templates"]);
    assert!(ran.code == Some(0) && ran.stdout.contains("visit_reminder"), "{ran:?}");
}

/// At its start the server tells of what gets lost at an account as it is set up.
#[test]
fn the_start_tells_of_files_and_notes_that_nobody_gets() {
    const ASKS: &str = "bot: desk\nflows:\n  form:\n    on: message\n    do:\n      - {ask: scan, kind: image, text: A scan?}\n      - {note: seen}\n";
    let account =
        "  desk: {bot: desk, provider: getchat, base_url: 'http://127.0.0.1:9', token: t, user_id: 1, insecure: true";
    let (files, notes) = ("with `public_url` it has an address here", "give it `notes`, or nobody reads them");
    for (head, more, told) in [
        ("", "", [true, true]),
        ("public_url: https://bot.example.com\n", "", [false, true]),
        ("", ", notes: tag", [true, false]),
    ] {
        let config = format!("listen: 127.0.0.1:0\n{head}accounts:\n{account}{more}}}\n");
        let home = Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", ASKS)]);
        let server = home.serve();
        let lines = server.running.log.all();
        let is_told = |words: &str| lines.iter().any(|line| line.contains(words));
        assert_eq!([files, notes].map(is_told), told, "{lines:#?}");
    }
}

#[test]
fn the_cloud_api_is_checked_and_set_up() {
    let number = json!({"display_phone_number": "+1 555", "verified_name": "Clinic", "id": "106"});
    let error = |code: i64| json!({"error": {"message": "(#0) no", "code": code, "type": "OAuthException"}});
    let subscribed = json!({"data": [{"whatsapp_business_api_data": {"id": "9"}}]});
    let templates = json!({"data": [visit("en", "APPROVED"), visit("ru", "APPROVED")]});
    let well = [
        ("GET /v23.0/106?fields=", 200, number.clone()),
        ("GET /v23.0/debug_token?input_token=t", 200, token(&PERMISSIONS, 0)),
        ("GET /v23.0/107/subscribed_apps", 200, subscribed.clone()),
        ("GET /v23.0/107/message_templates", 200, templates),
        ("POST /v23.0/107/subscribed_apps", 200, json!({"success": true})),
    ];
    let keys = |address: &str, more: &str| {
        format!("provider: whatsapp-cloud, base_url: '{address}', token: t, phone_number_id: 106, insecure: true{more}")
    };
    let server = Table::of(&well);
    let whole = home(&keys(&server.address, ", business_account_id: 107, verify_token: word"));
    let (_, lines_of) = check(&whole);
    let reach = "FAIL nobody answers at https://bot.example.com/webhooks/desk";
    starts(
        &lines_of,
        &[
            "ok the token works for the number +1 555 (Clinic)",
            "ok the token may send, and see templates and webhooks, and does not end",
            "ok an app is subscribed",
            reach,
            "ok the templates that bot `desk` names can be sent",
        ],
    );
    let ran = whole.run(&["accounts", "setup", "--format", "json"]);
    starts(&lines(&ran), &["ok webhooks go to https://bot.example.com/webhooks/desk"]);
    let wrong = [
        (
            ("GET /v23.0/106", 401, error(190)),
            ", business_account_id: 107",
            vec!["FAIL Meta refuses the credentials", reach],
        ),
        (
            ("GET /v23.0/106", 400, error(100)),
            ", business_account_id: 107",
            vec!["FAIL Meta knows nothing there", reach],
        ),
        (
            ("GET /v23.0/106", 200, number),
            "",
            vec![
                "ok the token works",
                "ok what the token may do Meta does not tell: ",
                "FAIL the account says no `business_account_id`",
                reach,
                "FAIL the list of templates cannot be had",
            ],
        ),
    ];
    for (entry, more, want) in wrong {
        let server = Table::of(&[entry]);
        let (code, lines) = check(&home(&keys(&server.address, more)));
        assert_eq!(code, Some(1));
        starts(&lines, &want);
    }
    let ran =
        home(&keys(&server.address, ", business_account_id: 107")).run(&["accounts", "setup", "--format", "json"]);
    starts(&lines(&ran), &["FAIL the account says no `verify_token`"]);
    assert!(!ran.stdout.contains("Outcome"), "{}", ran.stdout);
}

const PERMISSIONS: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];

/// As `debug_token` tells of a token.
fn token(scopes: &[&str], expires_at: i64) -> Json {
    json!({"data": {"is_valid": true, "scopes": scopes, "expires_at": expires_at}})
}

#[test]
fn what_the_cloud_apis_token_may_do_and_where_its_webhooks_go_is_checked() {
    let registered =
        |url: &str| json!({"data": [{"whatsapp_business_api_data": {"id": "9"}, "override_callback_uri": url}]});
    let ours = registered("https://bot.example.com/webhooks/desk");
    let cases = [
        (
            token(&PERMISSIONS, 0),
            ours.clone(),
            ["ok the token may send", "ok webhooks go to https://bot.example.com/webhooks/desk"],
        ),
        (
            token(&PERMISSIONS[..1], 0),
            registered("https://old.example.com/webhooks/desk"),
            [
                "FAIL the token lacks `whatsapp_business_management`",
                "FAIL webhooks go to https://old.example.com/webhooks/desk, not to https://bot.example.com/webhooks/desk",
            ],
        ),
        (
            token(&[], 0),
            json!({"data": []}),
            ["FAIL the token lacks `whatsapp_business_messaging` and `whatsapp", "FAIL no app is subscribed"],
        ),
        (token(&PERMISSIONS, 1_796_000_000), ours, ["FAIL the token ends at 2026-11-30T", "ok webhooks go to"]),
        (
            json!({"data": "odd"}),
            json!({"data": ["odd"]}),
            ["ok what the token may do Meta does not tell", "ok an app is subscribed"],
        ),
    ];
    for (token, apps, want) in cases {
        let server = Table::of(&[
            ("GET /v23.0/106?fields=", 200, json!({"display_phone_number": "+1 555", "verified_name": "Clinic"})),
            ("GET /v23.0/debug_token?input_token=t", 200, token),
            ("GET /v23.0/107/subscribed_apps", 200, apps),
        ]);
        let account = format!(
            "provider: whatsapp-cloud, base_url: '{}', token: t, phone_number_id: 106, business_account_id: 107, insecure: true",
            server.address
        );
        let (_, lines) = check(&home(&account));
        starts(
            &lines,
            &[
                "ok the token works",
                want[0],
                want[1],
                "FAIL nobody answers at",
                "FAIL the list of templates cannot be had",
            ],
        );
    }
}

#[test]
fn getchat_is_checked_and_set_up() {
    let user = ("GET /api/v1/users/current/", 200, json!({"id": 23, "username": "bot"}));
    let login = ("POST /api/v1/auth/token/", 200, json!({"token": "fresh"}));
    let hook = |url: &str, outgoing: bool| json!({"id": 5, "user": {"id": 23}, "url": url, "on_incoming_message": true, "on_outgoing_message": outgoing, "on_assigned": true});
    let ours = "https://bot.example.com/webhooks/desk?auth=s";
    let hooks = |hooks: Vec<Json>| ("GET /api/v1/webhooks/", 200, json!({ "results": hooks }));
    let templates = (
        "GET /api/v1/templates/",
        200,
        json!({"count": 2, "next": null, "results": [visit("en", "approved"), visit("ru", "approved")]}),
    );
    let reach = "FAIL nobody answers";
    let can = "ok the templates that bot `desk` names can be sent";
    let cases = [
        (
            vec![user.clone(), hooks(vec![hook(ours, true)]), templates.clone()],
            "token: t",
            vec![
                "ok the token is that of `bot`",
                "ok webhooks go to https://bot.example.com/webhooks/desk",
                reach,
                can,
            ],
        ),
        (
            vec![user.clone(), login.clone(), hooks(vec![hook(ours, false)]), templates.clone()],
            "username: bot, password: p",
            vec![
                "ok the token is",
                "FAIL the webhook to https://bot.example.com/webhooks/desk does not tell of all",
                reach,
                can,
            ],
        ),
        (
            vec![
                user.clone(),
                hooks(vec![hook("https://bot.example.com/webhooks/desk?auth=old", true)]),
                templates.clone(),
            ],
            "token: t",
            vec![
                "ok the token is",
                "FAIL webhooks go to https://bot.example.com/webhooks/desk with another secret",
                reach,
                can,
            ],
        ),
        (
            vec![("GET /api/v1/users/current/", 401, json!({"detail": "Invalid token."}))],
            "token: t",
            vec!["FAIL get.chat refuses the credentials: 401: Invalid token.", reach],
        ),
        (
            vec![("POST /api/v1/auth/token/", 400, json!({"detail": "no such password p"}))],
            "username: bot, password: p",
            vec!["FAIL the provider cannot be asked: get.chat refuses `username` and `password`", reach],
        ),
    ];
    for (entries, entry, want) in cases {
        let server = Table::of(&entries);
        let home = home(&format!(
            "provider: getchat, base_url: '{}', {entry}, user_id: 23, webhook_secret: s",
            server.address
        ));
        starts(&check(&home).1, &want);
        let token = if entry == "token: t" { "[Token t]" } else { "[Token fresh]" };
        let login = |call: &&String| call.contains("auth/token");
        assert!(
            server.asked().iter().filter(|call| !login(call)).all(|call| call.contains(token)),
            "{:?}",
            server.asked()
        );
        assert!(server.asked().iter().filter(login).all(|call| call.contains("[none]")), "{:?}", server.asked());
    }
    let changes = [
        (
            vec![],
            ("POST /api/v1/webhooks/", 201, json!({"id": 6})),
            "ok the webhook https://bot.example.com/webhooks/desk was registered",
        ),
        (
            vec![hook(ours, false)],
            ("PUT /api/v1/webhooks/5/", 200, json!({"id": 5})),
            "ok the webhook https://bot.example.com/webhooks/desk was set right",
        ),
        (vec![hook(ours, true)], user, "ok the webhook https://bot.example.com/webhooks/desk is registered already"),
    ];
    for (listed, change, want) in changes {
        let server = Table::of(&[hooks(listed), change]);
        let home = home(&format!(
            "provider: getchat, base_url: '{}', token: t, user_id: 23, webhook_secret: s",
            server.address
        ));
        starts(&lines(&home.run(&["accounts", "setup", "--format", "json"])), &[want]);
    }
}

#[test]
fn pabbly_is_checked_and_set_up_by_hand() {
    let templates = json!({"status": "success", "data": {"templates": [{"_id": "67a3", "name": "visit_reminder", "language": "en", "status": "REJECTED", "components": []}]}});
    let server = Table::of(&[
        ("GET /api/v1/settings/tags", 200, json!({"status": "success", "data": {}})),
        ("GET /api/v1/templates", 200, templates),
    ]);
    let home = home(&format!("provider: pabbly, base_url: '{}', token: t, webhook_secret: s", server.address));
    let want = [
        "ok Pabbly takes the API key",
        "ok Pabbly does not tell which webhooks are set up -> in Pabbly's Settings",
        "FAIL nobody answers",
        "FAIL bots/desk/bot.yaml:7:19: the template `visit_reminder` cannot be sent: REJECTED",
    ];
    starts(&check(&home).1, &want);
    let ran = home.run(&["accounts", "setup", "--format", "json"]);
    assert_eq!(ran.code, Some(1));
    starts(&lines(&ran), &["FAIL Pabbly has no call that sets up a webhook -> in Pabbly's Settings"]);
}

/// What answers at the address may be somebody else, or a server without the account.
#[test]
fn the_way_from_outside_is_tried() {
    let cases = [
        (401, json!("the secret is missing or wrong"), "ok this server answers at "),
        (404, json!("no such account"), "FAIL a Frontdesk answers at "),
        (200, json!("welcome"), "FAIL what answers at "),
        (401, json!("who are you?"), "FAIL what answers at "),
    ];
    for (status, said, want) in cases {
        let server = Table::of(&[
            ("POST /webhooks/desk", status, said),
            ("GET /api/v1/settings/tags", 200, json!({"status": "success"})),
        ]);
        let config = format!(
            "public_url: '{0}'\naccounts:\n  desk: {{bot: desk, provider: pabbly, base_url: '{0}', token: t, webhook_secret: s}}\n",
            server.address
        );
        let home = Home::new(&[
            ("frontdesk.yaml", &config),
            ("bots/desk/bot.yaml", "bot: desk\nflows: {a: {on: message, do: {say: Hi}}}\n"),
        ]);
        let (_, lines) = check(&home);
        assert!(lines[2].starts_with(want), "{want}: {lines:?}");
    }
}

#[test]
fn wrong_use_is_told() {
    let home = home("provider: pact, token: t, company_id: 1, insecure: true");
    let ran = home.run(&["accounts", "check", "dask"]);
    assert!(
        ran.code == Some(2) && ran.stderr.contains("there is no account `dask`; there is desk; did you mean `desk`?"),
        "{ran:?}"
    );
    home.write(
        "frontdesk.yaml",
        "accounts:\n  desk: {bot: desk, provider: pact, token: t, company_id: 1, insecure: true}\n",
    );
    let ran = home.run(&["accounts", "setup"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("`public_url: https://bot.example.com`"), "{ran:?}");
    let ran = home.run(&["accounts", "unknown"]);
    assert!(ran.code == Some(1) && ran.stderr.contains("there is no database"), "{ran:?}");
}

/// What fitted nothing is listed beside the running server; what looks like a secret is not shown.
#[test]
fn bodies_that_fitted_nothing_are_listed() {
    let desk = Desk::open();
    let none = desk.home.run(&["accounts", "unknown"]);
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), "no body that fitted nothing\n"));
    for n in 0..3 {
        assert_eq!(desk.hook(&json!({"type": "message", "event": "new", "n": n, "api_token": "hush", "data": {"text": "a\u{1b}[31m"}})), 200);
    }
    let ran = desk.home.run(&["accounts", "unknown", "desk", "--limit", "2"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.stdout.contains("\"n\":2") && ran.stdout.contains("\"n\":1") && !ran.stdout.contains("\"n\":0"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("hush") && !ran.stdout.contains('\u{1b}'), "{}", ran.stdout);
    let ran = desk.home.run(&["accounts", "unknown", "--format", "json"]);
    let all: Json = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (all.as_array().unwrap().len(), &all[0]["account"], &all[2]["body"]["n"]),
        (3, &json!("desk"), &json!(0))
    );
    assert_eq!(desk.home.run(&["accounts", "unknown", "another"]).stdout, "no body that fitted nothing\n");
}

/// A template that a bot names newly may be newer than the list that is known: an edit has it asked for again.
#[test]
fn an_edit_that_names_a_new_template_has_the_list_asked_for() {
    let server = Table::of(&[("GET /v23.0/107/message_templates", 200, json!({"data": [visit("en", "APPROVED")]}))]);
    let config = format!(
        "listen: 127.0.0.1:0\naccounts:\n  desk: {{bot: desk, provider: whatsapp-cloud, base_url: '{}', token: t, phone_number_id: 106, \
         business_account_id: 107, insecure: true}}\n",
        server.address
    );
    let home = Home::new(&[("frontdesk.yaml", &config), ("bots/desk/bot.yaml", BOT)]);
    let _running = home.serve();
    wait_for("the list at the start", || (server.asked().len() == 1).then_some(()));
    home.write("bots/desk/bot.yaml", &BOT.replace("visit_reminder", "visit_tomorrow"));
    wait_for("the list after the edit", || (server.asked().len() == 2).then_some(()));
}
