//! Which of the bot's languages a contact writes in. Only what is sure counts: a language of the bot's by its script, its letters, its
//! everyday words, and for longer texts by whatlang. What is not sure is no language: "ok" is said everywhere.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_segmentation::UnicodeSegmentation;
use whatlang::{Detector, Lang};

/// Words looked at; the first tell as much as all.
const MOST_WORDS: usize = 60;
/// Letters from which on a text of another alphabet than Latin is in the only language of it.
const LETTERS_OF_SCRIPT: usize = 2;
/// The same for Latin: names and brands are written in it everywhere.
const LETTERS_OF_LATIN: usize = 16;
/// Letters that whatlang needs; on less it guesses.
const LETTERS_OF_TRIGRAMS: usize = 24;
/// How sure it must be, of 1.
const SURE: f64 = 0.8;
/// Of ten letters, so many must be of one script.
const MOSTLY: usize = 6;

/// A writing system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Devanagari,
    Bengali,
    Thai,
    Georgian,
    Armenian,
    Hangul,
    Japanese,
    Han,
    Other,
}

fn script(c: char) -> Script {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' => Script::Latin,
        '\u{400}'..='\u{52f}' => Script::Cyrillic,
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Script::Greek,
        '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' => Script::Arabic,
        '\u{590}'..='\u{5ff}' => Script::Hebrew,
        '\u{900}'..='\u{97f}' => Script::Devanagari,
        '\u{980}'..='\u{9ff}' => Script::Bengali,
        '\u{e00}'..='\u{e7f}' => Script::Thai,
        '\u{10a0}'..='\u{10ff}' => Script::Georgian,
        '\u{530}'..='\u{58f}' => Script::Armenian,
        '\u{1100}'..='\u{11ff}' | '\u{ac00}'..='\u{d7af}' => Script::Hangul,
        '\u{3040}'..='\u{30ff}' => Script::Japanese,
        '\u{4e00}'..='\u{9fff}' => Script::Han,
        _ => Script::Other,
    }
}

/// The script that a language is written in.
fn script_of(base: &str) -> Script {
    match base {
        "ru" | "uk" | "be" | "bg" | "mk" | "sr" | "kk" | "ky" | "mn" | "tg" => Script::Cyrillic,
        "el" => Script::Greek,
        "ar" | "fa" | "ur" => Script::Arabic,
        "he" | "yi" => Script::Hebrew,
        "hi" | "mr" | "ne" => Script::Devanagari,
        "bn" => Script::Bengali,
        "th" => Script::Thai,
        "ka" => Script::Georgian,
        "hy" => Script::Armenian,
        "ko" => Script::Hangul,
        "ja" => Script::Japanese,
        "zh" => Script::Han,
        _ => Script::Latin,
    }
}

/// A language's own letters beside those of its script that all know, and its everyday words.
struct Signs {
    code: &'static str,
    letters: &'static str,
    words: &'static str,
}

const SIGNS: &[Signs] = &[
    Signs {
        code: "en",
        letters: "",
        words: "hello hi hey good morning evening the is are am was have has do does can could would will what when where how why who which \
                you your my we they it this that please thanks thank want need like price cost much many open book appointment help with for \
                and of not yes tomorrow today",
    },
    Signs {
        code: "de",
        letters: "äöüß",
        words: "hallo guten tag morgen abend moin der die das ist sind bin habe haben kann können ich du wir ihr mein was wann wo wie warum wer \
                bitte danke möchte brauche preis kostet viel geöffnet termin hilfe mit für und nicht ja nein heute",
    },
    Signs {
        code: "fr",
        letters: "àâçèêëîïôùûœ",
        words: "bonjour bonsoir salut le les est sont je tu nous vous mon ma votre quel quelle quand où comment pourquoi qui combien merci voudrais \
                besoin prix coûte ouvert rendez-vous aide avec pour et pas oui aujourd'hui demain s'il plaît c'est",
    },
    Signs {
        code: "es",
        letters: "ñ¿¡",
        words: "hola buenos buenas días tardes noches el los las es son estoy tengo tiene puedo quiero yo usted mi su qué cuándo dónde cómo \
                cuánto cuesta quién gracias favor necesito precio abierto cita ayuda con para y sí hoy mañana",
    },
    Signs {
        code: "pt",
        letters: "ãõ",
        words: "olá oi bom boa dia tarde noite o os é são estou tenho tem posso quero eu você meu minha seu quando onde como quanto custa \
                quem obrigado obrigada preciso preço aberto consulta ajuda com para e não sim hoje amanhã",
    },
    Signs {
        code: "it",
        letters: "ìò",
        words: "ciao buongiorno buonasera salve il gli è sono ho ha posso vorrei io lei mio quando dove come quanto costa chi grazie prego per \
                favore bisogno prezzo aperto appuntamento aiuto con e non sì oggi domani",
    },
    Signs {
        code: "nl",
        letters: "",
        words: "hallo goedemorgen goedemiddag goedenavond het een is zijn ben heb heeft kan ik jij u wij mijn wat wanneer waar hoe waarom wie \
                alstublieft dank bedankt wil graag prijs kost open afspraak hulp met voor en niet ja nee vandaag",
    },
    Signs {
        code: "pl",
        letters: "ąćęłńśźż",
        words: "cześć dzień dobry wieczór witam jest są mam ma mogę chcę chciałbym ja pan pani mój co kiedy gdzie jak dlaczego kto ile proszę \
                dziękuję potrzebuję cena kosztuje otwarte wizyta pomoc z dla i nie tak dzisiaj jutro",
    },
    Signs {
        code: "tr",
        letters: "ğış",
        words: "merhaba selam günaydın bir bu ben siz benim ne nasıl nerede kim kaç lütfen teşekkürler istiyorum fiyat randevu yardım ile için ve \
                değil evet hayır bugün yarın var mı",
    },
    Signs {
        code: "ru",
        letters: "ыэъё",
        words: "привет здравствуйте добрый день утро вечер что как где когда почему кто сколько стоит цена хочу нужно можно мне меня вас вы есть это \
                да нет спасибо пожалуйста записаться помощь сегодня завтра и не на",
    },
    Signs {
        code: "uk",
        letters: "іїєґ",
        words: "привіт вітаю добрий день ранок вечір що як де коли чому хто скільки коштує ціна хочу потрібно можна мені мене вас ви є це так ні \
                дякую будь ласка записатися допомога сьогодні завтра та не на",
    },
    Signs {
        code: "be",
        letters: "ўі",
        words: "прывітанне добры дзень што як дзе калі чаму хто колькі дзякуй калі ласка так не",
    },
    Signs {
        code: "kk",
        letters: "әғқңөұүһі",
        words: "сәлем сәлеметсіз бе қалай қайда қашан кім қанша баға керек иә жоқ рахмет",
    },
    Signs {
        code: "bg",
        letters: "ъ",
        words: "здравейте добър ден какво как къде кога защо кой колко цена искам благодаря моля да не",
    },
];

/// The languages of whatlang by our codes.
const TRIGRAMS: &[(&str, Lang)] = &[
    ("en", Lang::Eng),
    ("ru", Lang::Rus),
    ("uk", Lang::Ukr),
    ("be", Lang::Bel),
    ("bg", Lang::Bul),
    ("sr", Lang::Srp),
    ("mk", Lang::Mkd),
    ("de", Lang::Deu),
    ("fr", Lang::Fra),
    ("es", Lang::Spa),
    ("pt", Lang::Por),
    ("it", Lang::Ita),
    ("nl", Lang::Nld),
    ("pl", Lang::Pol),
    ("cs", Lang::Ces),
    ("sk", Lang::Slk),
    ("sl", Lang::Slv),
    ("hr", Lang::Hrv),
    ("ro", Lang::Ron),
    ("hu", Lang::Hun),
    ("tr", Lang::Tur),
    ("az", Lang::Aze),
    ("sv", Lang::Swe),
    ("da", Lang::Dan),
    ("nb", Lang::Nob),
    ("no", Lang::Nob),
    ("fi", Lang::Fin),
    ("et", Lang::Est),
    ("lv", Lang::Lav),
    ("lt", Lang::Lit),
    ("ca", Lang::Cat),
    ("id", Lang::Ind),
    ("vi", Lang::Vie),
    ("tl", Lang::Tgl),
    ("ar", Lang::Ara),
    ("fa", Lang::Pes),
    ("ur", Lang::Urd),
    ("hi", Lang::Hin),
    ("mr", Lang::Mar),
    ("ne", Lang::Nep),
];

/// The language of a text among these, where it is sure.
pub fn detect<'a>(text: &str, languages: &[&'a str]) -> Option<&'a str> {
    let words = plain_words(text);
    let letters: usize = words.iter().map(|word| word.chars().count()).sum();
    let script = script_of_most(&words, letters)?;
    let candidates: Vec<&str> = languages.iter().copied().filter(|code| script_of(base(code)) == script).collect();
    let found = match candidates.as_slice() {
        [] => None,
        [only] if script != Script::Latin && letters >= LETTERS_OF_SCRIPT => Some(*only),
        [only] if letters >= LETTERS_OF_LATIN => Some(*only),
        several => by_signs(&words, several).or_else(|| by_trigrams(&words, letters, several)),
    };
    found.filter(|_| languages.len() > 1)
}

fn base(code: &str) -> &str {
    code.split('-').next().unwrap_or(code)
}

/// Small words without addresses and numbers.
fn plain_words(text: &str) -> Vec<String> {
    let parts = text.split_whitespace().filter(|part| !part.contains(['@', '/', '_']));
    let words = parts
        .flat_map(UnicodeSegmentation::unicode_words)
        .filter(|word| word.chars().any(char::is_alphabetic) && !word.chars().any(char::is_numeric));
    words.take(MOST_WORDS).map(str::to_lowercase).collect()
}

fn script_of_most(words: &[String], letters: usize) -> Option<Script> {
    let chars = || words.iter().flat_map(|word| word.chars());
    let first = script(chars().next()?);
    // Japanese is written in kana and Chinese signs together.
    if chars().any(|c| script(c) == Script::Japanese) {
        return Some(Script::Japanese);
    }
    let most = [first, Script::Latin, Script::Cyrillic];
    most.into_iter().find(|one| chars().filter(|c| script(*c) == *one).count() * 10 >= letters * MOSTLY)
}

/// Of each everyday word, the languages of `SIGNS` that have it, a bit each.
static EVERYDAY: LazyLock<HashMap<&'static str, u32>> = LazyLock::new(|| {
    let mut words = HashMap::new();
    for (n, signs) in SIGNS.iter().enumerate() {
        for word in signs.words.split_ascii_whitespace() {
            *words.entry(word).or_insert(0) |= 1 << n;
        }
    }
    words
});

/// By words and letters that only one of them has.
fn by_signs<'a>(words: &[String], candidates: &[&'a str]) -> Option<&'a str> {
    let place = |code: &&str| SIGNS.iter().position(|signs| signs.code == base(code));
    // A language of which nothing is known could have all of it.
    let places: Vec<usize> = candidates.iter().map(place).collect::<Option<_>>()?;
    let told: Vec<usize> = words.iter().filter_map(|word| sole_speaker(word, &places)).collect();
    let first = *told.first()?;
    let enough = told.len() * 4 >= words.len();
    let agreed = enough && told.iter().all(|place| *place == first);
    candidates.iter().copied().zip(places).find(|(_, place)| agreed && *place == first).map(|(code, _)| code)
}

/// The only one of these languages that has the word, or a letter of it.
fn sole_speaker(word: &str, places: &[usize]) -> Option<usize> {
    let everyday = EVERYDAY.get(word).copied().unwrap_or(0);
    let has = |place: &&usize| {
        let letters = SIGNS.get(**place).map_or("", |signs| signs.letters);
        everyday & (1 << **place) != 0 || word.chars().any(|c| !c.is_ascii() && letters.contains(c))
    };
    let mut speakers = places.iter().filter(has);
    speakers.next().copied().filter(|_| speakers.next().is_none())
}

fn by_trigrams<'a>(words: &[String], letters: usize, candidates: &[&'a str]) -> Option<&'a str> {
    let known = |code: &str| TRIGRAMS.iter().find(|(known, _)| *known == base(code)).map(|(_, lang)| *lang);
    let allowed: Option<Vec<Lang>> = candidates.iter().map(|code| known(code)).collect();
    if letters < LETTERS_OF_TRIGRAMS || candidates.len() < 2 {
        return None;
    }
    let info = Detector::with_allowlist(allowed?).detect(&words.join(" "))?;
    let sure = info.confidence() >= SURE;
    candidates.iter().copied().find(|code| known(code) == Some(info.lang())).filter(|_| sure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sure() {
        let cases: &[(&[&str], &str, Option<&str>)] = &[
            (&["en", "ru"], "привет", Some("ru")),
            (&["en", "ru"], "да", Some("ru")),
            (&["ru", "en"], "Hello", Some("en")),
            (&["ru", "en"], "how much is it?", Some("en")),
            (&["ru", "en"], "ok", None),
            (&["ru", "en"], "Anna", None),
            (&["ru", "en"], "iPhone", None),
            (&["ru", "en"], "Looking around for something nice", Some("en")),
            (&["en", "ru"], "я", None),
            (&["en", "ru"], "у меня iPhone, сколько стоит ремонт", Some("ru")),
            (&["en", "ru"], "123 456", None),
            (&["en", "ru"], "👍", None),
            (&["en", "ru"], "anna@example.com https://example.com/hello", None),
            (&["en"], "hello", None),
            (&["en", "ru"], "merhaba, nasılsınız bugün", Some("en")),
            (&["ru", "uk"], "привіт", Some("uk")),
            (&["uk", "ru"], "здравствуйте", Some("ru")),
            (&["uk", "ru"], "вы работаете?", Some("ru")),
            (&["uk", "ru"], "завтра", None),
            (&["en", "de"], "Guten Tag", Some("de")),
            (&["en", "de"], "Ich möchte einen Termin", Some("de")),
            (&["en", "de"], "hallo", Some("de")),
            (&["en", "es", "pt"], "hola", Some("es")),
            (&["en", "es", "pt"], "Olá, quanto custa?", Some("pt")),
            (&["en", "es", "pt"], "com", Some("pt")),
            (&["en", "fr"], "Bonjour", Some("fr")),
            (&["en", "fr"], "menu", None),
            (&["en", "fr"], "Pourriez-vous indiquer les horaires du samedi", Some("fr")),
            (&["en", "cs"], "Dobrý den, rád bych se objednal na zítra odpoledne", Some("cs")),
            (&["en", "hi"], "नमस्ते", Some("hi")),
            (&["en", "ja", "zh"], "こんにちは世界", Some("ja")),
            (&["en", "pt-BR"], "bom dia", Some("pt-BR")),
            (&["en", "ar"], "مرحبا", Some("ar")),
            (&["ru", "en"], "", None),
        ];
        for (languages, text, want) in cases {
            assert_eq!(detect(text, languages), *want, "{text} among {languages:?}");
        }
    }
}
