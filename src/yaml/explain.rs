//! What each code means, for `check --explain CODE`. Every room that makes problems has a list like the one here.

/// A code and a paragraph about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The code of a `Problem`.
    pub code: &'static str,
    /// What it means, why it is a problem, what to do: one paragraph of plain text.
    pub text: &'static str,
}

/// The codes made by reading YAML.
pub const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        code: "yaml-syntax",
        text: "The file is not YAML at this place. Most often a text holds `: `, begins with a character that means something \
               to YAML (`* & ! @ % { [ | > - ? #`), has a quote too few, or a line is indented differently from its \
               neighbours. Put such a text in quotes. The rest of the file is read as well as can be done, so that more \
               mistakes can be shown at once.",
    },
    Explanation {
        code: "yaml-tag",
        text: "`!word` is a tag in YAML, and tags mean nothing here. A condition that begins with `!` has to be quoted: \
               `if: \"!hours.open\"`, or better said the other way round: `unless: hours.open`.",
    },
    Explanation {
        code: "yaml-anchor",
        text: "`&name` marks a part of YAML to be repeated elsewhere. Bots do not use anchors: what is needed twice is a flow \
               of its own that is called. A text that begins with `&` has to be quoted.",
    },
    Explanation {
        code: "yaml-alias",
        text: "`*name` repeats an anchored part of YAML. Bots do not use aliases. A text that begins with `*`, for bold \
               letters in a messenger, has to be quoted.",
    },
    Explanation {
        code: "yaml-merge-key",
        text: "`<<` merges another mapping in some YAML readers. Here it is not used: write the keys out.",
    },
    Explanation {
        code: "repeated-key",
        text: "A key stands twice in one mapping. YAML readers keep one of the two in silence; here it is a mistake. Both \
               places are shown: remove or rename one.",
    },
    Explanation {
        code: "key-not-text",
        text: "A key of a mapping must be a plain word. Lists and mappings cannot be keys.",
    },
    Explanation {
        code: "unquoted-braces",
        text: "To YAML, `{{ name }}` without quotes is a mapping within a mapping, not text. Put the whole text in quotes: \
               `say: \"{{ name }}\"`.",
    },
    Explanation {
        code: "entry-without-value",
        text: "Within `{…}` a comma ends the value, and what comes after it is the next key. `{say: Hi, there}` says `Hi` and \
               has a key `there` with nothing in it. Put the text in quotes: `{say: \"Hi, there\"}`.",
    },
    Explanation {
        code: "comment-in-text",
        text: "` #` begins a comment, also in the middle of a text: `say: Room # 5` says `Room`. Put the text in quotes if the \
               `#` belongs to it; if it is a comment, put two spaces before it.",
    },
    Explanation {
        code: "several-documents",
        text: "`---` begins another YAML document, and this file may hold only one. Put it in a file of its own.",
    },
    Explanation {
        code: "too-deep",
        text: "The file nests lists and mappings deeper than anything meant to be read needs to. What is inside was not read.",
    },
    Explanation {
        code: "too-many-nodes",
        text: "The file has more values than are read from one file. Spread it over several files.",
    },
    Explanation { code: "file-too-large", text: "The file is larger than 4 MiB. Spread it over several files." },
    Explanation { code: "not-utf8", text: "The file's bytes are not UTF-8 text. Save it as UTF-8 in your editor." },
];
