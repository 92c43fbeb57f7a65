//! What each code means, for `check --explain CODE`. A code without a place here, or without a case in the tests, fails the build.

use crate::yaml::Explanation;

const fn explain(code: &'static str, text: &'static str) -> Explanation {
    Explanation { code, text }
}

/// The codes made by the loader of bots and by reading their folders.
pub const EXPLANATIONS: &[Explanation] = &[
    explain(
        "unreadable",
        "A file or folder cannot be read: it is not there, its permissions forbid it, or it is no file.",
    ),
    explain(
        "link-outside",
        "A symbolic link of the folder leads to a file outside of it. Such a file is not read: a bot is what its folder holds. \
         Links within the folder are followed.",
    ),
    explain(
        "missing-file",
        "A step sends a file that is not in the bot's folder. Files stand beside `bot.yaml`, not in folders below; their names are written as \
         they are, capital letters included. What begins with `https://` is an address, from which the messenger fetches the file itself.",
    ),
    explain(
        "channel-lacks",
        "An account of `frontdesk.yaml` that this bot answers on cannot do what the step says. The bot runs there all the same, and does what the \
         warning says instead. Notes have a place where the account says so: `notes: tag`, or `notes: {message_to: PHONE or team}`. \
         `frontdesk accounts capabilities` prints what can be done on each channel of each provider.",
    ),
    explain(
        "file-does-not-fit",
        "An account of `frontdesk.yaml` that this bot answers on does not take the file as what the step sends it: it is too large there or of another \
         type, or the provider takes no files but only addresses. Where it can, the file goes as a document; else only the text beside it is said. \
         `frontdesk accounts capabilities` lists the sizes and types.",
    ),
    explain(
        "wrong-file",
        "The file's name ends as no file of that kind does: `image` sends `.jpg` and `.png`, `audio` and `video` sounds and films; `file` sends \
         any of the files that messengers take.",
    ),
    explain(
        "file-too-large",
        "Messengers take files of up to 16 MB, pictures of up to 5 MB, and the bot holds those that it sends in memory, 64 MB in all. Make the \
         file smaller, or send its address. What a bot is written in is 4 MiB a file and 32 MiB a folder at most.",
    ),
    explain(
        "yml-name",
        "Only files that end in `.yaml` are read. A `.yml` file is left out in silence unless this says so.",
    ),
    explain(
        "no-bot",
        "A bot is a folder with a file `bot.yaml`, which has at least the key `bot`. There is none where one was looked for.",
    ),
    explain(
        "bot-name",
        "`bot:` names the bot and must equal the name of its folder: accounts, logs and the store know the bot by it. Rename one \
         of the two.",
    ),
    explain("missing-key", "A key that must be there is missing; the message names it."),
    explain(
        "unknown-key",
        "Keys are closed: one that means nothing is a mistake and not ignored, as most often it is a slip of the pen, and what it \
         should have done would be missing in silence. The nearest right key is offered.",
    ),
    explain(
        "wrong-type",
        "Something else is expected here: a text instead of a list, a mapping instead of a text, `true` or `false` instead of \
         another word. Where YAML has read a text as a list or a mapping because it begins with `[` or `{`, put it in quotes.",
    ),
    explain(
        "bad-duration",
        "A duration is a number with a unit, or several from large to small: `90s`, `5m`, `1h30m`, `2d`.",
    ),
    explain(
        "no-question",
        "The fields of a form are questions, one each: they are what the contact can go back to and change. Other steps stand before or \
         after the form.",
    ),
    explain(
        "was-in-use",
        "`was` tells the name that a flow, a step or a variable had before, so that people in the middle of it go on under the new one. \
         The name must be free now: otherwise nobody could tell which of the two a session means.",
    ),
    explain("unknown-word", "Only certain words can stand here. The help names them, or the nearest."),
    explain(
        "unknown-language",
        "A text by language has a language that the bot does not name under `languages`. Add it there, or mend the code.",
    ),
    explain(
        "bad-language",
        "A language is its code in small letters, with a region where it matters: `en`, `ru`, `pt-BR`.",
    ),
    explain(
        "unknown-faq",
        "A step `answer` or a trigger `faq` names an entry that neither `faq` nor a table of `faq_files` has.",
    ),
    explain(
        "faq-no-answer",
        "An entry of the FAQ says its `answer`, or a flow with the trigger `faq` takes its place. The step `answer` can only say what the \
         entry has.",
    ),
    explain(
        "faq-question",
        "A question is what people write, in a sentence or a few words: messages are compared with it word by word.",
    ),
    explain(
        "faq-same-question",
        "Two entries of the FAQ have the same question. Who asks it is always asked which of them is meant.",
    ),
    explain(
        "faq-file",
        "A table that `faq_files` names is a `.csv` or `.xlsx` file in the bot's folder. It is not there, or it could not be read, which \
         then stands beside this.",
    ),
    explain(
        "faq-columns",
        "The first row of a table names its columns: `id`, `question`, `answer` and, for several languages, `language`, in any order. \
         Cells are divided by commas, semicolons or tabs, whichever the first row has most of.",
    ),
    explain(
        "faq-row",
        "The rows of a table that bear the same `id` are one entry: each adds a question, an answer, or both. An entry has at least one \
         question, and one answer a language.",
    ),
    explain(
        "bad-workbook",
        "The file ends in `.xlsx`, but is no workbook that can be read: it is broken, is locked with a password, or unpacks to more than \
         16 MiB.",
    ),
    explain("text-too-long", "No channel takes a text of this length. Send it as several messages."),
    explain(
        "no-expression",
        "`{{ }}` stands where nothing can be computed: the value is read once, when the bot is loaded, and there is no \
         conversation then.",
    ),
    explain("number-too-large", "The number does not fit into 64 bits. In quotes it is kept as text, digit by digit."),
    explain(
        "bad-name",
        "Names of flows, variables, teams, people and steps are made of the letters a to z, digits and `_`, begin with a letter \
         and have 64 characters at most, so that they can be used in expressions.",
    ),
    explain(
        "reserved-name",
        "The name is taken: by a word of the script language, such as `default`, or by what scripts see under it, such as \
         `contact`. Take another one.",
    ),
    explain(
        "steps-too-deep",
        "Steps are nested so deep that nobody can follow them. Make a flow of the inner ones and `go` there.",
    ),
    explain(
        "too-many",
        "There are more of these than are read. The limit keeps loading and answering quick; the message names it.",
    ),
    explain("bad-step", "The step cannot be used as it stands."),
    explain(
        "step-key-clash",
        "A session remembers the step at which it waits by a name that is unique in the flow: the step's `id`, else the variable \
         that it asks or saves. Two steps of the flow have the same; give one of them an `id` of its own.",
    ),
    explain(
        "unknown-step",
        "No step begins with this word. A step is a verb with its main argument (`say: Hello`), and everything else stands beside it.",
    ),
    explain(
        "two-verbs",
        "Two verbs stand in one step, and neither takes the other beside it, so that it could be either. Make two steps of it, each \
         an item of the list.",
    ),
    explain(
        "key-inside",
        "A key stands inside the verb's argument instead of beside the verb. In YAML the indentation decides: `- say:` and below it, \
         as far in as `say`, `one_of: […]`.",
    ),
    explain("missing-argument", "This verb needs its main argument after the colon."),
    explain("needless-argument", "This verb stands alone, as a bare word in the list: `- stop`."),
    explain(
        "no-steps",
        "A flow without `do`, or with an empty one, would take messages away from other flows and do nothing.",
    ),
    explain(
        "question-in-continue",
        "With `continue: true` a flow runs and the message goes on to the next flow. A question would have to keep the message \
         waiting for an answer; both at once cannot be.",
    ),
    explain(
        "trigger-shape",
        "A trigger is a bare word (`fallback`) or a mapping with one key (`keywords: [price]`). Several are a list.",
    ),
    explain("unknown-trigger", "No trigger has this name. The nearest one is offered."),
    explain("unknown-flow", "A step goes to a flow that is in no file of the bot."),
    explain(
        "unknown-flow-step",
        "`flow.step` names a step by its `id`, or by what it asks or saves. The flow is there, the step is not.",
    ),
    explain(
        "unknown-team",
        "`assign` and `hand_off` name a team of the bot, or a member of one. There is none of this name.",
    ),
    explain(
        "unset-name",
        "An expression reads a name that nothing sets: no `ask`, no `save`, no `set`, no group of a regex, in no flow. Most often \
         it is a slip of the pen, and what it shows would be empty for ever.",
    ),
    explain(
        "misplaced-secret",
        "Secrets of the configuration (`secrets:` of `frontdesk.yaml`) stand in the address and the headers of `http` alone, each alone between \
         its braces: `{{ secret.crm }}`. They are filled in right before the call, so that none ever comes into a message, a variable, a \
         trace or the store.",
    ),
    explain(
        "unknown-secret",
        "The step names a secret that `secrets:` of `frontdesk.yaml` does not have. Without it the call could not be made.",
    ),
    explain(
        "unknown-recipe",
        "A recipe is a file that begins with `recipe:`, in `recipes/` or in the bot's own folder, or one of those that come with the program. \
         No such file bears this name; or it has no flow `main`, which is what a step runs.",
    ),
    explain(
        "recipe-twice",
        "The flows and variables of a recipe bear names that begin with the use's `id`, or else the recipe's name. Two uses with different inputs \
         need names of their own; two that are alike share them.",
    ),
    explain("unknown-input", "The recipe has no input of that name; the message names those that it has."),
    explain("missing-input", "The recipe needs this input: there is nothing that would hold without it."),
    explain("unused-flow", "The flow has no trigger and no step goes to it, so it never runs."),
    explain("unreachable-step", "The step before it leaves the flow in every case, so this one never runs."),
    explain("unused-endings", "`every_question` gives endings to the bot's questions, and the bot asks none."),
    explain(
        "endless-circle",
        "Flows go to each other in a circle in which nothing asks, nothing waits and no condition stands: whoever gets in would \
         never get out. A turn is stopped after a limit of steps, but what was meant cannot happen.",
    ),
    explain(
        "possible-circle",
        "Flows go to each other in a circle in which nothing asks or waits. A condition in it may end it; if it does not, the turn \
         is stopped after a limit of steps.",
    ),
    explain(
        "repeated-name",
        "All files of a bot are one namespace. A flow, a team, a constant or a calendar of this name is there already, or a key that \
         stands once stands in two files. Both places are shown.",
    ),
    explain(
        "unknown-timezone",
        "A time zone is named as in the IANA data base, by continent and city: `Europe/Moscow`.",
    ),
    explain(
        "nobody-fits",
        "A step wants somebody with a skill or a language that no member of the team has, so it would never find anybody. What members \
         can do stands in the team, as `skills` and `languages`; who names no languages speaks them all.",
    ),
    explain("no-ids", "A member without `ids` is known to no provider, so nothing can be assigned to this person."),
    explain(
        "bad-hours",
        "Opening hours are written as in OpenStreetMap: days of two letters, times of four digits, rules parted by `;`. \
         `Mo-Fr 09:00-18:00; Sa 10:00-14:00; PH off`. Times may pass midnight: `Fr 18:00-02:00`.",
    ),
    explain(
        "missing-translation",
        "The bot has several languages, and this text is not in all of them. A text is written as a map by language: `{en: Hello, ru: Привет}`. \
         Where a language is missing, the first of the map is said. Notes and parameters of templates are not asked for.",
    ),
    explain("no-holidays", "`PH` stands for public holidays, and the bot does not say which there are."),
    explain(
        "bad-holiday",
        "Holidays are a country's code of two letters (`RU`), dates (`2026-01-07`, or `01-07` for every year), dates with names \
         (`{date: 2026-12-31, name: New Year's Eve}`, `{from: …, to: …}`), a calendar file of the bot's folder (`holidays.ics`), or a list of them.",
    ),
    explain(
        "passed-over",
        "Of a calendar file the whole days count, and those that come back every year. Events with hours, and other rules of coming back, are passed over.",
    ),
];
