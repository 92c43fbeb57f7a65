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
    /// A day.
    Date,
    /// A time of the day.
    Time,
    /// A day and a time.
    DateTime,
    /// A picture.
    Image,
    /// A file.
    File,
    /// A place on the map.
    Location,
    /// What only the author knows (a pattern, a check).
    Other,
}

/// What is said to whoever asks not to be written to, by language; English where a language is not here.
const OPTED_OUT: &[(&str, &str)] = &[
    ("en", "You will get no more messages from us. To get them again, write: {}"),
    ("ru", "Мы больше не будем вам писать. Чтобы снова получать сообщения, напишите: {}"),
    ("uk", "Ми більше не будемо вам писати. Щоб знову отримувати повідомлення, напишіть: {}"),
    ("de", "Sie erhalten keine Nachrichten mehr von uns. Um sie wieder zu erhalten, schreiben Sie: {}"),
    ("es", "No recibirá más mensajes nuestros. Para volver a recibirlos, escriba: {}"),
    ("pt", "Você não receberá mais mensagens nossas. Para voltar a recebê-las, escreva: {}"),
    ("fr", "Vous ne recevrez plus de messages de notre part. Pour en recevoir à nouveau, écrivez : {}"),
    ("it", "Non riceverà più messaggi da noi. Per riceverli di nuovo, scriva: {}"),
];

/// The same for whoever wants to be written to again.
const OPTED_IN: &[(&str, &str)] = &[
    ("en", "You will get our messages again."),
    ("ru", "Вы снова будете получать наши сообщения."),
    ("uk", "Ви знову отримуватимете наші повідомлення."),
    ("de", "Sie erhalten unsere Nachrichten wieder."),
    ("es", "Volverá a recibir nuestros mensajes."),
    ("pt", "Você voltará a receber nossas mensagens."),
    ("fr", "Vous recevrez à nouveau nos messages."),
    ("it", "Riceverà di nuovo i nostri messaggi."),
];

fn in_language(texts: &[(&str, &'static str)], language: &str) -> &'static str {
    let base = language.split('-').next().unwrap_or_default();
    texts.iter().find(|(code, _)| *code == base).or(texts.first()).map_or("", |(_, text)| text)
}

/// What is said to whoever asks not to be written to; `start` is the word that takes it back.
pub fn opted_out(language: &str, start: &str) -> String {
    in_language(OPTED_OUT, language).replace("{}", start)
}

/// What is said to whoever wants to be written to again.
pub fn opted_in(language: &str) -> &'static str {
    in_language(OPTED_IN, language)
}

/// What is said of a wrong answer. Languages without a wording of their own get English.
pub fn retry(wanted: Wanted, language: &str) -> &'static str {
    let base = language.split('-').next().unwrap_or(language);
    let wordings = RETRY.iter().find(|(code, _)| *code == base).or(RETRY.first());
    wordings.and_then(|(_, texts)| texts.get(wanted as usize)).copied().unwrap_or_default()
}

/// By language, in the order of `Wanted`; the first stands in for others.
const RETRY: &[(&str, [&str; 14])] = &[
    (
        "en",
        [
            "Please answer with a text.",
            "Please send one whole number.",
            "Please send one number.",
            "That does not look like an e-mail address. Please send it again.",
            "That does not look like a phone number. Please send it with the country code.",
            "Please answer yes or no.",
            "Please choose one of these:",
            "Please send one day, like “tomorrow”, “Friday” or “10 March”.",
            "Please send one time, like “15:00”.",
            "Please send one day and time, like “tomorrow at 15:00” or “10 March at 9:30”.",
            "Please send a picture.",
            "Please send a file.",
            "Please send a location.",
            "That answer does not fit. Please try again.",
        ],
    ),
    (
        "ru",
        [
            "Пожалуйста, ответьте текстом.",
            "Пожалуйста, пришлите одно целое число.",
            "Пожалуйста, пришлите одно число.",
            "Это не похоже на адрес электронной почты. Пришлите, пожалуйста, ещё раз.",
            "Это не похоже на номер телефона. Пришлите его, пожалуйста, с кодом страны.",
            "Пожалуйста, ответьте «да» или «нет».",
            "Пожалуйста, выберите один из вариантов:",
            "Пожалуйста, пришлите один день, например «завтра», «в пятницу» или «10 марта».",
            "Пожалуйста, пришлите одно время, например «15:00».",
            "Пожалуйста, пришлите день и время, например «завтра в 15:00» или «10 марта в 9:30».",
            "Пожалуйста, пришлите изображение.",
            "Пожалуйста, пришлите файл.",
            "Пожалуйста, отправьте геопозицию.",
            "Такой ответ не подходит. Попробуйте, пожалуйста, ещё раз.",
        ],
    ),
    (
        "uk",
        [
            "Будь ласка, дайте відповідь текстом.",
            "Будь ласка, надішліть одне ціле число.",
            "Будь ласка, надішліть одне число.",
            "Це не схоже на адресу електронної пошти. Надішліть, будь ласка, ще раз.",
            "Це не схоже на номер телефону. Надішліть його, будь ласка, з кодом країни.",
            "Будь ласка, дайте відповідь «так» або «ні».",
            "Будь ласка, виберіть один із варіантів:",
            "Будь ласка, надішліть один день, наприклад «завтра», «у пʼятницю» або «10 березня».",
            "Будь ласка, надішліть один час, наприклад «15:00».",
            "Будь ласка, надішліть день і час, наприклад «завтра о 15:00» або «10 березня о 9:30».",
            "Будь ласка, надішліть зображення.",
            "Будь ласка, надішліть файл.",
            "Будь ласка, надішліть геопозицію.",
            "Така відповідь не підходить. Спробуйте, будь ласка, ще раз.",
        ],
    ),
    (
        "de",
        [
            "Bitte antworten Sie mit einem Text.",
            "Bitte senden Sie eine ganze Zahl.",
            "Bitte senden Sie eine Zahl.",
            "Das sieht nicht nach einer E-Mail-Adresse aus. Bitte senden Sie sie noch einmal.",
            "Das sieht nicht nach einer Telefonnummer aus. Bitte senden Sie sie mit der Landesvorwahl.",
            "Bitte antworten Sie mit Ja oder Nein.",
            "Bitte wählen Sie eines davon:",
            "Bitte senden Sie einen Tag, zum Beispiel „morgen“, „Freitag“ oder „10. März“.",
            "Bitte senden Sie eine Uhrzeit, zum Beispiel „15:00“.",
            "Bitte senden Sie Tag und Uhrzeit, zum Beispiel „morgen um 15:00“ oder „10. März um 9:30“.",
            "Bitte senden Sie ein Bild.",
            "Bitte senden Sie eine Datei.",
            "Bitte senden Sie einen Standort.",
            "Diese Antwort passt nicht. Bitte versuchen Sie es noch einmal.",
        ],
    ),
    (
        "fr",
        [
            "Merci de répondre par un texte.",
            "Merci d'envoyer un nombre entier.",
            "Merci d'envoyer un nombre.",
            "Cela ne ressemble pas à une adresse e-mail. Merci de la renvoyer.",
            "Cela ne ressemble pas à un numéro de téléphone. Merci de l'envoyer avec l'indicatif du pays.",
            "Merci de répondre par oui ou non.",
            "Merci de choisir parmi :",
            "Merci d'envoyer un jour, par exemple « demain », « vendredi » ou « 10 mars ».",
            "Merci d'envoyer une heure, par exemple « 15h00 ».",
            "Merci d'envoyer le jour et l'heure, par exemple « demain à 15h00 » ou « le 10 mars à 9h30 ».",
            "Merci d'envoyer une image.",
            "Merci d'envoyer un fichier.",
            "Merci d'envoyer une position.",
            "Cette réponse ne convient pas. Merci de réessayer.",
        ],
    ),
    (
        "es",
        [
            "Por favor, responda con un texto.",
            "Por favor, envíe un número entero.",
            "Por favor, envíe un número.",
            "Eso no parece una dirección de correo. Por favor, envíela de nuevo.",
            "Eso no parece un número de teléfono. Por favor, envíelo con el código del país.",
            "Por favor, responda sí o no.",
            "Por favor, elija una de estas opciones:",
            "Por favor, envíe un día, por ejemplo «mañana», «el viernes» o «10 de marzo».",
            "Por favor, envíe una hora, por ejemplo «15:00».",
            "Por favor, envíe el día y la hora, por ejemplo «mañana a las 15:00» o «el 10 de marzo a las 9:30».",
            "Por favor, envíe una imagen.",
            "Por favor, envíe un archivo.",
            "Por favor, envíe una ubicación.",
            "Esa respuesta no sirve. Por favor, inténtelo de nuevo.",
        ],
    ),
    (
        "pt",
        [
            "Por favor, responda com um texto.",
            "Por favor, envie um número inteiro.",
            "Por favor, envie um número.",
            "Isso não parece um endereço de e-mail. Por favor, envie de novo.",
            "Isso não parece um número de telefone. Por favor, envie com o código do país.",
            "Por favor, responda sim ou não.",
            "Por favor, escolha uma destas opções:",
            "Por favor, envie um dia, por exemplo “amanhã”, “sexta-feira” ou “10 de março”.",
            "Por favor, envie um horário, por exemplo “15:00”.",
            "Por favor, envie o dia e o horário, por exemplo “amanhã às 15:00” ou “10 de março às 9:30”.",
            "Por favor, envie uma imagem.",
            "Por favor, envie um arquivo.",
            "Por favor, envie uma localização.",
            "Essa resposta não serve. Por favor, tente de novo.",
        ],
    ),
];

/// The button that opens a list of options.
pub fn open_list(language: &str) -> &'static str {
    match language {
        "ru" => "Выбрать",
        "uk" => "Обрати",
        "de" => "Auswählen",
        "es" => "Elegir",
        "fr" => "Choisir",
        "pt" => "Escolher",
        "it" => "Scegli",
        _ => "Choose",
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

/// Several entries of the FAQ may be meant; they follow, numbered.
pub fn did_you_mean(language: &str) -> &'static str {
    match language {
        "ru" => "Вы имели в виду:",
        _ => "Did you mean:",
    }
}

/// The last of them.
pub fn none_of_these(language: &str) -> &'static str {
    match language {
        "ru" => "Ничего из этого",
        _ => "None of these",
    }
}

/// It was none of them, and nothing else is there for that.
pub fn ask_otherwise(language: &str) -> &'static str {
    match language {
        "ru" => "Хорошо. Спросите, пожалуйста, другими словами.",
        _ => "All right. Please ask in other words.",
    }
}

/// A rating is asked for, and the author gave no words.
pub fn rate(scale: u32, language: &str) -> String {
    match language {
        "ru" => format!("Как бы вы нас оценили, от 1 до {scale}?"),
        _ => format!("How would you rate us, from 1 to {scale}?"),
    }
}

/// An answer was no rating.
pub fn no_rating(scale: u32, language: &str) -> String {
    match language {
        "ru" => format!("Пришлите, пожалуйста, число от 1 до {scale}."),
        _ => format!("Please send a number from 1 to {scale}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_by_language() {
        let cases = [
            (Wanted::Text, "en", "Please answer with a text."),
            (Wanted::YesNo, "pt-BR", "Por favor, responda sim ou não."),
            (Wanted::Option, "ru", "Пожалуйста, выберите один из вариантов:"),
            (Wanted::Other, "kk", "That answer does not fit. Please try again."),
        ];
        for (wanted, language, want) in cases {
            assert_eq!(retry(wanted, language), want);
        }
        assert!(RETRY.iter().flat_map(|(_, texts)| texts).all(|text| !text.is_empty()));
    }
}
