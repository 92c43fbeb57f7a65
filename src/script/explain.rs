//! What the codes of this room mean.

use crate::yaml::Explanation;

/// The codes made by compiling scripts.
pub const EXPLANATIONS: &[Explanation] = &[
    Explanation {
        code: "script-syntax",
        text: "An expression is not rhai. Conditions and what stands in `{{ }}` are expressions: names, texts in double quotes, \
               numbers, calls, `==`, `&&`, `||`, `!`, `??`. Nothing is set in them; `=` is for `set` steps.",
    },
    Explanation {
        code: "script-module",
        text: "A file of `scripts/` cannot be used as a module. Its name is the module's name, so it is made of small letters, \
               digits and `_`, and what stands outside of its functions must run without an error.",
    },
    Explanation {
        code: "unknown-function",
        text: "A function is called that is neither rhai's nor ours nor the module's. The nearest name is offered.",
    },
    Explanation {
        code: "unknown-module",
        text: "`name::function()` calls a function of `scripts/name.rhai`, and there is no such file.",
    },
    Explanation {
        code: "unknown-field",
        text: "`contact`, `conversation`, `message` and `hours` have a fixed set of fields, and this is none of them. What you \
               keep of a contact is read as `contact.vars.NAME`.",
    },
    Explanation {
        code: "text-against-number",
        text: "A text and a number are compared. rhai takes every such comparison for false and says nothing, so the condition \
               never holds. Put the number in quotes, or turn the text into a number with `parse_int`.",
    },
];
