//! `words`: what contacts say to steer the bot itself. Each has its usual words in the bot's languages unless the bot names its own.

use std::sync::Arc;

use crate::yaml::Node;

use super::Words;
use super::context::Context;
use super::shapes::WORDS;

/// By language: back, cancel, stop, start. A language that is not here has the English ones.
const USUAL: &[(&str, [&[&str]; 4])] = &[
    ("en", [&["back"], &["cancel"], &["stop", "unsubscribe"], &["start", "subscribe"]]),
    ("ru", [&["назад"], &["отмена", "отменить"], &["стоп", "отписаться"], &["старт", "подписаться"]]),
    ("uk", [&["назад"], &["скасувати", "відміна"], &["стоп", "відписатися"], &["старт", "підписатися"]]),
    ("de", [&["zurück"], &["abbrechen"], &["stopp", "stop", "abmelden"], &["start", "anmelden"]]),
    ("es", [&["atrás", "volver"], &["cancelar"], &["parar", "stop", "baja"], &["empezar", "alta"]]),
    ("pt", [&["voltar"], &["cancelar"], &["parar", "sair"], &["começar", "iniciar"]]),
    ("fr", [&["retour"], &["annuler"], &["arrêt", "stop"], &["démarrer", "start"]]),
    ("it", [&["indietro"], &["annulla"], &["stop", "ferma"], &["start", "inizia"]]),
];

/// Read them, folded by the engine's own rule, as what contacts write will be.
pub(super) fn read(cx: &mut Context, node: Option<&Node>, fold: fn(&str) -> String) -> Words {
    if let Some(node) = node {
        cx.shaped(node, &WORDS);
    }
    let mut words = usual(&cx.languages);
    let all = [&mut words.back, &mut words.cancel, &mut words.stop, &mut words.start];
    for (key, words) in WORDS.names().iter().zip(all) {
        if let Some(own) = node.and_then(|node| node.get(key)).and_then(|own| read_list(cx, own)) {
            *words = own;
        }
        for word in words {
            *word = fold(word);
        }
    }
    words
}

fn read_list(cx: &mut Context, node: &Node) -> Option<Vec<String>> {
    if node.one_or_many().is_empty() {
        cx.wrong_type(node, "a word or a list of words");
        return None;
    }
    node.one_or_many().iter().map(|word| cx.scalar(word, "a word")).collect()
}

fn usual(languages: &[Arc<str>]) -> Words {
    let mut words = Words::default();
    for language in languages {
        let known = |wanted: &str| USUAL.iter().find(|(language, _)| *language == wanted);
        let base = language.split('-').next().unwrap_or_default();
        let Some((_, [back, cancel, stop, start])) = known(base).or(USUAL.first()) else { continue };
        let to = [&mut words.back, &mut words.cancel, &mut words.stop, &mut words.start];
        for (to, from) in to.into_iter().zip([back, cancel, stop, start]) {
            let new = from.iter().filter(|word| !to.iter().any(|known| known == *word)).map(ToString::to_string);
            let new: Vec<String> = new.collect();
            to.extend(new);
        }
    }
    words
}
