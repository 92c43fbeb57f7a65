//! What the bot says where its author said nothing, in the contact's language.

/// What a wrong answer was no value of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// Yes or no.
    YesNo,
    /// One of some options.
    Option,
    /// What only the author knows (a pattern, a check).
    Other,
}

/// What is said of a wrong answer. Languages without a wording of their own get English.
pub fn retry(wanted: Wanted, language: &str) -> &'static str {
    match (wanted, language) {
        (Wanted::Text, "ru") => "Пожалуйста, ответьте текстом.",
        (Wanted::Text, _) => "Please answer with a text.",
        (Wanted::Integer, "ru") => "Пожалуйста, пришлите одно целое число.",
        (Wanted::Integer, _) => "Please send one whole number.",
        (Wanted::Number, "ru") => "Пожалуйста, пришлите одно число.",
        (Wanted::Number, _) => "Please send one number.",
        (Wanted::Email, "ru") => "Это не похоже на адрес электронной почты. Пришлите, пожалуйста, ещё раз.",
        (Wanted::Email, _) => "That does not look like an e-mail address. Please send it again.",
        (Wanted::Phone, "ru") => "Это не похоже на номер телефона. Пришлите его, пожалуйста, с кодом страны.",
        (Wanted::Phone, _) => "That does not look like a phone number. Please send it with the country code.",
        (Wanted::YesNo, "ru") => "Пожалуйста, ответьте «да» или «нет».",
        (Wanted::YesNo, _) => "Please answer yes or no.",
        (Wanted::Option, "ru") => "Пожалуйста, выберите один из вариантов:",
        (Wanted::Option, _) => "Please choose one of these:",
        (Wanted::Other, "ru") => "Такой ответ не подходит. Попробуйте, пожалуйста, ещё раз.",
        (Wanted::Other, _) => "That answer does not fit. Please try again.",
    }
}

/// A form was cancelled.
pub fn cancelled(language: &str) -> &'static str {
    match language {
        "ru" => "Хорошо, отменили.",
        _ => "All right, cancelled.",
    }
}

/// The review of a form was not agreed to. The answers follow, numbered.
pub fn what_to_change(language: &str) -> &'static str {
    match language {
        "ru" => "Что изменить? Пришлите номер.",
        _ => "What shall be changed? Send its number.",
    }
}

/// An answer to the review of a form was neither. The answers follow, numbered.
pub fn yes_or_change(language: &str) -> &'static str {
    match language {
        "ru" => "Ответьте «да», или пришлите номер того, что нужно изменить.",
        _ => "Please answer yes, or send the number of what shall be changed.",
    }
}
