//! The words of a language for times: months, days, lengths of time, and how they are put together. A table of our own: what a sentence
//! needs (`в понедельник в 9:00`, `le 10 mars à 9h00`) is the form after a preposition, which the tables of CLDR do not have; languages
//! that are not here get figures, which everybody reads.

use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRules, PluralRulesOptions};

/// A language's words. Patterns have `{day}`, `{month}`, `{year}`, `{date}`, and `{time}` or `{h}` and `{mm}` in them.
#[derive(Debug)]
pub(super) struct Tongue {
    /// Its code without parts.
    pub(super) code: &'static str,
    /// As they stand after the number of a day.
    pub(super) months: [&'static str; 12],
    /// Names, Monday first.
    pub(super) weekdays: [&'static str; 7],
    /// As they stand where they say when: `в понедельник`.
    pub(super) on_weekdays: [&'static str; 7],
    /// Yesterday, today, tomorrow.
    pub(super) near: [&'static str; 3],
    /// `{day} {month}`.
    pub(super) date: &'static str,
    /// A date that says when: `am {date}`.
    pub(super) on_date: &'static str,
    /// A date with its year.
    pub(super) with_year: &'static str,
    /// At a time.
    pub(super) at: &'static str,
    /// Hours that another pattern goes with: `a la 1:00`.
    pub(super) at_hours: &'static [(u32, &'static str)],
    /// Days, hours, minutes, seconds: one, few, other.
    pub(super) units: [[&'static str; 3]; 4],
}

impl Tongue {
    /// By a language's code, `en` or `en-GB`.
    pub(super) fn of(code: &str) -> &'static Self {
        let base = code.split(['-', '_']).next().unwrap_or(code);
        TONGUES.iter().find(|tongue| tongue.code == base).unwrap_or(&FIGURES)
    }

    /// It has no words of its own.
    pub(super) fn is_figures(&self) -> bool {
        self.code.is_empty()
    }

    /// The form of a unit that goes with a whole number.
    pub(super) fn unit(&self, unit: usize, n: i64) -> &'static str {
        let locale: Locale = self.code.parse().unwrap_or(Locale::UNKNOWN);
        let rules = PluralRules::try_new((&locale).into(), PluralRulesOptions::default());
        let form = match rules.map(|rules| rules.category_for(n)) {
            Ok(PluralCategory::One) => 0,
            Ok(PluralCategory::Few) => 1,
            _ => 2,
        };
        self.units.get(unit).map_or("", |forms| forms[form])
    }
}

static FIGURES: Tongue = Tongue {
    code: "",
    months: [""; 12],
    weekdays: [""; 7],
    on_weekdays: [""; 7],
    near: [""; 3],
    date: "",
    on_date: "{date}",
    with_year: "",
    at: " {time}",
    at_hours: &[],
    units: [["d"; 3], ["h"; 3], ["m"; 3], ["s"; 3]],
};

const fn alike(one: &'static str, other: &'static str) -> [&'static str; 3] {
    [one, other, other]
}

static TONGUES: [Tongue; 11] = [
    Tongue {
        code: "en",
        months: [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        on_weekdays: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
        near: ["yesterday", "today", "tomorrow"],
        date: "{day} {month}",
        on_date: "{date}",
        with_year: "{date} {year}",
        at: "at {time}",
        at_hours: &[],
        units: [alike("day", "days"), alike("hour", "hours"), alike("minute", "minutes"), alike("second", "seconds")],
    },
    Tongue {
        code: "ru",
        months: [
            "января",
            "февраля",
            "марта",
            "апреля",
            "мая",
            "июня",
            "июля",
            "августа",
            "сентября",
            "октября",
            "ноября",
            "декабря",
        ],
        weekdays: ["понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье"],
        on_weekdays: ["в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"],
        near: ["вчера", "сегодня", "завтра"],
        date: "{day} {month}",
        on_date: "{date}",
        with_year: "{date} {year}",
        at: "в {time}",
        at_hours: &[],
        units: [
            ["день", "дня", "дней"],
            ["час", "часа", "часов"],
            ["минута", "минуты", "минут"],
            ["секунда", "секунды", "секунд"],
        ],
    },
    Tongue {
        code: "uk",
        months: [
            "січня",
            "лютого",
            "березня",
            "квітня",
            "травня",
            "червня",
            "липня",
            "серпня",
            "вересня",
            "жовтня",
            "листопада",
            "грудня",
        ],
        weekdays: ["понеділок", "вівторок", "середа", "четвер", "пʼятниця", "субота", "неділя"],
        on_weekdays: ["у понеділок", "у вівторок", "у середу", "у четвер", "у пʼятницю", "у суботу", "у неділю"],
        near: ["вчора", "сьогодні", "завтра"],
        date: "{day} {month}",
        on_date: "{date}",
        with_year: "{date} {year}",
        at: "о {time}",
        at_hours: &[(11, "об {time}")],
        units: [
            ["день", "дні", "днів"],
            ["година", "години", "годин"],
            ["хвилина", "хвилини", "хвилин"],
            ["секунда", "секунди", "секунд"],
        ],
    },
    Tongue {
        code: "de",
        months: [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
        weekdays: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        on_weekdays: [
            "am Montag",
            "am Dienstag",
            "am Mittwoch",
            "am Donnerstag",
            "am Freitag",
            "am Samstag",
            "am Sonntag",
        ],
        near: ["gestern", "heute", "morgen"],
        date: "{day}. {month}",
        on_date: "am {date}",
        with_year: "{date} {year}",
        at: "um {time} Uhr",
        at_hours: &[],
        units: [
            alike("Tag", "Tage"),
            alike("Stunde", "Stunden"),
            alike("Minute", "Minuten"),
            alike("Sekunde", "Sekunden"),
        ],
    },
    Tongue {
        code: "fr",
        months: [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        weekdays: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        on_weekdays: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        near: ["hier", "aujourd'hui", "demain"],
        date: "{day} {month}",
        on_date: "le {date}",
        with_year: "{date} {year}",
        at: "à {h}h{mm}",
        at_hours: &[],
        units: [
            alike("jour", "jours"),
            alike("heure", "heures"),
            alike("minute", "minutes"),
            alike("seconde", "secondes"),
        ],
    },
    Tongue {
        code: "es",
        months: [
            "enero",
            "febrero",
            "marzo",
            "abril",
            "mayo",
            "junio",
            "julio",
            "agosto",
            "septiembre",
            "octubre",
            "noviembre",
            "diciembre",
        ],
        weekdays: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
        on_weekdays: ["el lunes", "el martes", "el miércoles", "el jueves", "el viernes", "el sábado", "el domingo"],
        near: ["ayer", "hoy", "mañana"],
        date: "{day} de {month}",
        on_date: "el {date}",
        with_year: "{date} de {year}",
        at: "a las {time}",
        at_hours: &[(1, "a la {time}")],
        units: [alike("día", "días"), alike("hora", "horas"), alike("minuto", "minutos"), alike("segundo", "segundos")],
    },
    Tongue {
        code: "pt",
        months: [
            "janeiro",
            "fevereiro",
            "março",
            "abril",
            "maio",
            "junho",
            "julho",
            "agosto",
            "setembro",
            "outubro",
            "novembro",
            "dezembro",
        ],
        weekdays: ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
        on_weekdays: [
            "na segunda-feira",
            "na terça-feira",
            "na quarta-feira",
            "na quinta-feira",
            "na sexta-feira",
            "no sábado",
            "no domingo",
        ],
        near: ["ontem", "hoje", "amanhã"],
        date: "{day} de {month}",
        on_date: "em {date}",
        with_year: "{date} de {year}",
        at: "às {time}",
        at_hours: &[(1, "à {time}")],
        units: [alike("dia", "dias"), alike("hora", "horas"), alike("minuto", "minutos"), alike("segundo", "segundos")],
    },
    Tongue {
        code: "it",
        months: [
            "gennaio",
            "febbraio",
            "marzo",
            "aprile",
            "maggio",
            "giugno",
            "luglio",
            "agosto",
            "settembre",
            "ottobre",
            "novembre",
            "dicembre",
        ],
        weekdays: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
        on_weekdays: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
        near: ["ieri", "oggi", "domani"],
        date: "{day} {month}",
        on_date: "il {date}",
        with_year: "{date} {year}",
        at: "alle {time}",
        at_hours: &[(1, "all'{time}")],
        units: [alike("giorno", "giorni"), alike("ora", "ore"), alike("minuto", "minuti"), alike("secondo", "secondi")],
    },
    Tongue {
        code: "pl",
        months: [
            "stycznia",
            "lutego",
            "marca",
            "kwietnia",
            "maja",
            "czerwca",
            "lipca",
            "sierpnia",
            "września",
            "października",
            "listopada",
            "grudnia",
        ],
        weekdays: ["poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"],
        on_weekdays: ["w poniedziałek", "we wtorek", "w środę", "w czwartek", "w piątek", "w sobotę", "w niedzielę"],
        near: ["wczoraj", "dzisiaj", "jutro"],
        date: "{day} {month}",
        on_date: "{date}",
        with_year: "{date} {year}",
        at: "o {time}",
        at_hours: &[],
        units: [
            ["dzień", "dni", "dni"],
            ["godzina", "godziny", "godzin"],
            ["minuta", "minuty", "minut"],
            ["sekunda", "sekundy", "sekund"],
        ],
    },
    Tongue {
        code: "nl",
        months: [
            "januari",
            "februari",
            "maart",
            "april",
            "mei",
            "juni",
            "juli",
            "augustus",
            "september",
            "oktober",
            "november",
            "december",
        ],
        weekdays: ["maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"],
        on_weekdays: [
            "op maandag",
            "op dinsdag",
            "op woensdag",
            "op donderdag",
            "op vrijdag",
            "op zaterdag",
            "op zondag",
        ],
        near: ["gisteren", "vandaag", "morgen"],
        date: "{day} {month}",
        on_date: "op {date}",
        with_year: "{date} {year}",
        at: "om {time}",
        at_hours: &[],
        units: [alike("dag", "dagen"), alike("uur", "uur"), alike("minuut", "minuten"), alike("seconde", "seconden")],
    },
    Tongue {
        code: "tr",
        months: [
            "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım",
            "Aralık",
        ],
        weekdays: ["Pazartesi", "Salı", "Çarşamba", "Perşembe", "Cuma", "Cumartesi", "Pazar"],
        on_weekdays: [
            "Pazartesi günü",
            "Salı günü",
            "Çarşamba günü",
            "Perşembe günü",
            "Cuma günü",
            "Cumartesi günü",
            "Pazar günü",
        ],
        near: ["dün", "bugün", "yarın"],
        date: "{day} {month}",
        on_date: "{date}",
        with_year: "{date} {year}",
        at: "saat {time}",
        at_hours: &[],
        units: [alike("gün", "gün"), alike("saat", "saat"), alike("dakika", "dakika"), alike("saniye", "saniye")],
    },
];
