//! How a language counts and writes numbers: the rules and signs of CLDR, by ICU4X, which has them for all languages.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_decimal::options::{DecimalFormatterOptions, GroupingStrategy};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralOperands, PluralRules, PluralRulesOptions};

use super::tongue::Tongue;

/// Every form that a language has for whole numbers shows among these.
const WHOLE_NUMBERS: std::ops::Range<u32> = 0..200;

/// Three forms in a language that has fewer are those of the East Slavic languages.
const EAST_SLAVIC_FORMS: usize = 3;

/// What CLDR lists, in its order.
const CATEGORIES: [PluralCategory; 6] = [
    PluralCategory::Zero,
    PluralCategory::One,
    PluralCategory::Two,
    PluralCategory::Few,
    PluralCategory::Many,
    PluralCategory::Other,
];

/// A bot's languages, each with its rules; the first is the default.
#[derive(Clone, Debug)]
pub struct Languages(Vec<Arc<Speech>>);

impl Languages {
    /// By their codes.
    pub fn new<'a>(codes: impl IntoIterator<Item = &'a str>) -> Self {
        Self(codes.into_iter().map(|code| Arc::new(Speech::new(code))).collect())
    }

    /// The one of that code, else the default.
    pub(super) fn speech(&self, code: &str) -> Option<&Arc<Speech>> {
        self.0.iter().find(|speech| speech.code == code).or(self.0.first())
    }
}

/// One language's rules.
pub(super) struct Speech {
    code: String,
    pub(super) tongue: &'static Tongue,
    /// The sign before a fraction.
    pub(super) point: String,
    rules: Option<PluralRules>,
    /// The categories that whole numbers fall into.
    whole: Vec<PluralCategory>,
    numbers: Option<DecimalFormatter>,
}

impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Speech").field(&self.code).finish()
    }
}

impl Speech {
    fn new(code: &str) -> Self {
        let locale: Locale = code.parse().unwrap_or(Locale::UNKNOWN);
        let rules = PluralRules::try_new((&locale).into(), PluralRulesOptions::default()).ok();
        let mut grouping = DecimalFormatterOptions::default();
        grouping.grouping_strategy = Some(GroupingStrategy::Auto);
        let numbers = DecimalFormatter::try_new((&locale).into(), grouping).ok();
        let used = |category: &PluralCategory| {
            WHOLE_NUMBERS.into_iter().any(|n| rules.as_ref().is_some_and(|rules| rules.category_for(n) == *category))
        };
        let mut speech = Self {
            code: code.to_owned(),
            tongue: Tongue::of(code),
            point: ".".to_owned(),
            whole: CATEGORIES.into_iter().filter(used).collect(),
            rules,
            numbers,
        };
        speech.point = speech.number("1.5").chars().find(|c| !c.is_numeric()).unwrap_or('.').to_string();
        speech
    }

    /// A number (`-1234.5`) with the language's groups and point.
    pub(super) fn number(&self, plain: &str) -> String {
        match (&self.numbers, plain.parse::<Decimal>()) {
            (Some(numbers), Ok(decimal)) => numbers.format(&decimal).to_string(),
            _ => plain.to_owned(),
        }
    }

    /// Which of so many forms goes with a number. The forms are those of whole numbers in the order of CLDR: zero, one, two, few, many,
    /// other, as far as the language tells them apart. One form more is for fractions.
    pub(super) fn form(&self, plain: &str, forms: usize) -> usize {
        let last = forms.saturating_sub(1);
        if forms == EAST_SLAVIC_FORMS && self.whole.len() < forms {
            // A bot that does not name its languages, or a text without a translation.
            return Self::new("ru").form(plain, forms);
        }
        let category = self.category(plain);
        if forms < self.whole.len() || self.whole.len() == 1 {
            // Not written for this language: one, or more than one.
            return if plain == "1" { 0 } else { last };
        }
        let place = |category| self.whole.iter().position(|whole| *whole == category);
        match place(category) {
            Some(place) => place,
            None if forms > self.whole.len() => self.whole.len().min(last),
            // `1,5 визита`: a fraction counts as a few, where there are a few.
            None => place(PluralCategory::Few).unwrap_or(last),
        }
    }

    fn category(&self, plain: &str) -> PluralCategory {
        match (&self.rules, plain.parse::<Decimal>()) {
            (Some(rules), Ok(decimal)) => rules.category_for(PluralOperands::from(&decimal)),
            _ => PluralCategory::Other,
        }
    }
}

thread_local! {
    /// The language of the evaluation under way on this thread: functions of scripts are registered once for all, and rhai hands them
    /// nothing of the view.
    static SPOKEN: RefCell<Option<Arc<Speech>>> = const { RefCell::new(None) };
}

/// Evaluate in a language.
pub(super) fn speaking<T>(speech: Option<&Arc<Speech>>, evaluate: impl FnOnce() -> T) -> T {
    let before = SPOKEN.replace(speech.cloned());
    let value = evaluate();
    SPOKEN.set(before);
    value
}

/// The language of the evaluation under way; English while modules are loaded.
pub(super) fn spoken() -> Arc<Speech> {
    SPOKEN.with_borrow(Clone::clone).unwrap_or_else(|| Arc::new(Speech::new("en")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_by_language() {
        type Case = (&'static str, usize, &'static [(&'static str, usize)]);
        let cases: &[Case] = &[
            ("en", 2, &[("1", 0), ("0", 1), ("2", 1), ("1.5", 1), ("-1", 0)]),
            ("ru", 3, &[("1", 0), ("21", 0), ("2", 1), ("24", 1), ("5", 2), ("11", 2), ("0", 2), ("1.5", 1)]),
            ("ru", 4, &[("1", 0), ("2", 1), ("5", 2), ("1.5", 3)]),
            ("ru", 2, &[("1", 0), ("21", 1)]),
            ("pl", 3, &[("1", 0), ("2", 1), ("21", 2), ("22", 1), ("5", 2)]),
            ("cs", 3, &[("1", 0), ("3", 1), ("5", 2)]),
            ("fr", 2, &[("0", 0), ("1", 0), ("1.5", 0), ("2", 1), ("1000000", 1)]),
            ("ar", 6, &[("0", 0), ("1", 1), ("2", 2), ("3", 3), ("11", 4), ("100", 5)]),
            ("ja", 1, &[("1", 0), ("2", 0)]),
            ("en", 3, &[("1", 0), ("2", 1), ("5", 2), ("21", 0)]),
            ("xx", 2, &[("1", 0), ("5", 1)]),
        ];
        for (code, forms, wants) in cases {
            let speech = Speech::new(code);
            for (n, want) in *wants {
                assert_eq!(speech.form(n, *forms), *want, "{n} in {code}");
            }
        }
    }

    #[test]
    fn numbers_by_language() {
        let cases = [
            ("en", "1234567.5", "1,234,567.5"),
            ("ru", "1234567.5", "1\u{a0}234\u{a0}567,5"),
            ("de", "-1234.25", "-1.234,25"),
            ("es", "1234", "1234"),
            ("es", "12345", "12.345"),
            ("hi", "1234567", "12,34,567"),
            ("fr", "12345", "12\u{202f}345"),
            ("xx", "1234", "1,234"),
            ("en", "nonsense", "nonsense"),
        ];
        for (code, plain, want) in cases {
            assert_eq!(Speech::new(code).number(plain), want, "{plain} in {code}");
        }
    }
}
