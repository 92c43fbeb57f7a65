//! Words that nearly every question holds: articles, pronouns, auxiliaries, courtesies. They count for little. Languages without a list
//! rely on how rare each word is among the bot's questions.

/// The common words of a language, folded.
pub fn words(language: &str) -> &'static str {
    match language.split('-').next().unwrap_or(language) {
        "en" => ENGLISH,
        "ru" => RUSSIAN,
        "de" => GERMAN,
        "es" => SPANISH,
        "fr" => FRENCH,
        "pt" => PORTUGUESE,
        "it" => ITALIAN,
        _ => "",
    }
}

const ENGLISH: &str = "a about actually also am an and any anyone anything are as ask asking at be because been being but by can cannot could \
    did do does doing don doesn dont dear each else ever for from  give go going good got had has have having he hello help her hey \
    hi him his how i if im in info information into is isn it its just kind kindly know let like ll looking may maybe me might mine morning \
    my need needed no not now of oh ok okay on one only or our ours out over please pls possible question quick re really regarding say she \
    should so some someone something sorry still such sure take taking tell thank thanks that the their them then there these they thing this those to too \
    us use using ve very wanna want wanted was way we well were what whats which while will wish with within wonder wondering won would yes you your yours";

const RUSSIAN: &str = "а алло без бы был была были было быть в вам вами вас ваш ваша ваше вашей ваши вашу вашего вашем вашим во вот все всем вы да \
    для до добрый день доброе утро вечер его ее если есть еще же за здравствуйте и из или им их к ка как какая какие какое какой какого каком каким кто \
    ли либо мне мной меня мы мой моя мое мои могу можем может можете можно на надо нам нас наш не него нее нельзя нет но ну нужен нужна нужно нужны о об \
    они он она оно от очень по подскажите пожалуйста плиз под при привет про просто с сейчас скажите спасибо со так такое такой там те тебя то тоже \
    только того тут ты у уже узнать хочу хотел хотела хотелось хотим что чтобы чтоб это этот эта эти этого этом я интересует вопрос большое большой";

const GERMAN: &str = "aber als am an auch auf aus bei bitte da danke das dass dem den der des die dies ein eine einem einen einer er es euch euer fur \
    guten habe haben hallo hat hatte ich ihr ihre im in ist ja kann kannst konnen konnt man mein meine mich mir mit mochte muss nach nicht nur oder sein \
    sich sie sind so tag uber um und uns unser von vor was wenn werden wie wir wird wurde zu zum zur";

const SPANISH: &str = "a al buenas buenos como con cual cuales de del dias el ella ellos en es esta estan este esto favor gracias ha hacer hay hola la las \
    le les lo los me mi mis muy necesito no nos o para pero por porque puede puedo que quiero quisiera se ser si sin sobre son su sus tardes te tengo tiene \
    tienen un una uno y ya yo";

const FRENCH: &str = "a ai au aux avec avez bonjour bonsoir ce ces cette comment dans de des du elle en est et etes etre faire il ils je la le les leur \
    ma mais me merci mes moi mon ne nos notre nous on ou par pas peut peux plait pour pouvez puis quand que quel quelle quels qui sa sans se ses si sont \
    sur svp te tu un une veux vos votre vous voudrais";

const PORTUGUESE: &str = "a ao aos as bom boa com como da das de dia do dos e ela ele em essa esse esta este eu favor foi gostaria ha isso isto ja mais me \
    meu minha muito na nao nas no nos o obrigada obrigado oi ola os ou para pela pelo pode posso por qual quais que quero se sem ser seu sua tarde tem tenho \
    um uma voce voces";

const ITALIAN: &str = "a ai al alla anche buona buongiorno che chi ci ciao come con cosa da dal del della delle di e ed favore gli grazie ha ho i il in io \
    la le lo ma mi mio nel non o per piu posso puo qual quale quali questa questo salve se sei si sono su sul tra un una uno vi voglio vorrei";

#[cfg(test)]
mod tests {
    use super::super::super::fold::fold;
    use super::*;

    #[test]
    fn lists_are_as_messages_are_read() {
        for language in ["en", "ru", "de", "es", "fr", "pt-BR", "it"] {
            for word in words(language).split_whitespace() {
                assert_eq!(fold(word), word, "{language}");
            }
        }
    }
}
