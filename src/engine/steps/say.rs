//! `say`: a message to the contact: a text, a file, a place, with something to press.

use super::manner::{OUTSIDE_KEYS, manner};
use super::wares::{self, CardFrom, Shown, Wares};
use super::{Run, Step, nameless};
use crate::bot::{Argument, Content, KeyDoc, MediaFrom, Node, Problem, Shape, StepReader, StepType, Texts};
use crate::domain::{Location, MediaKind, Pin, Pressable};
use crate::engine::Core;
use crate::engine::turn::{Control, SayingManner, Turning};

pub(super) const TYPE: StepType<Core> = StepType {
    verb: "say",
    doc: "Send a text to the contact, a file, or a place. A long text goes in parts.",
    argument: Argument::Optional,
    keys: &[
        KeyDoc { name: "one_of", doc: "Several texts instead of one: any of them is said." },
        KeyDoc {
            name: "image",
            doc: "A picture: a file of the bot's folder, or its address. The text stands beside it.",
        },
        KeyDoc { name: "file", doc: "Any file, in the same way." },
        KeyDoc { name: "audio", doc: "A sound, in the same way; the text follows." },
        KeyDoc { name: "video", doc: "A film, in the same way." },
        KeyDoc { name: "sticker", doc: "A sticker, in the same way: a `.webp` file; a picture where there are none." },
        KeyDoc {
            name: "contacts",
            doc: "Cards of contacts: `name`, and `phone`, `email` and `company` if you like; one, or a list.",
        },
        KeyDoc {
            name: "products",
            doc: "Products below the text: `catalogue` and `items`, ids of one or several with a `title`, or `sections`.",
        },
        KeyDoc {
            name: "catalogue",
            doc: "`true`: a button below the text that opens the whole catalogue; or the id of the product whose picture is shown.",
        },
        KeyDoc {
            name: "otherwise",
            doc: "What is said instead of all of it where the messenger cannot show what stands beside the text.",
        },
        KeyDoc { name: "location", doc: "A place: `latitude`, `longitude`, and `name` and `address` if you like." },
        KeyDoc {
            name: "buttons",
            doc: "Labels to press, which come back as if they were written; or one `{text: …, url: …}` that opens an address.",
        },
        KeyDoc { name: "reply", doc: "`true`: it quotes the contact's message, where the messenger can." },
        OUTSIDE_KEYS[0],
        OUTSIDE_KEYS[1],
        OUTSIDE_KEYS[2],
        OUTSIDE_KEYS[3],
    ],
    example: "- say: Hello!\n- say:\n  one_of: [See you., Bye.]\n- say: See the map.\n  image: https://example.com/map.jpg\n- say: Shall we?\n  \
              buttons: [Book a visit, Not now]\n- say: Our shop.\n  buttons: {text: Open, url: https://example.com}\n- say: We are here.\n  \
              location: {latitude: 55.75, longitude: 37.61, name: Clinic}\n- say: Your order is ready.\n  when: queue\n  reply: true\n",
    waits: false,
    leaves: false,
    names_itself: nameless,
    compile,
};

/// Files, as the keys name them.
pub const MEDIA: &[(&str, MediaKind)] = &[
    ("image", MediaKind::Image),
    ("file", MediaKind::Document),
    ("audio", MediaKind::Audio),
    ("video", MediaKind::Video),
    ("sticker", MediaKind::Sticker),
];
/// What else may stand beside the text, one of all.
const OTHERS: [&str; 5] = ["location", "buttons", "contacts", "products", "catalogue"];
/// More labels than a person reads.
const MOST_BUTTONS: usize = 10;

#[derive(Debug)]
struct Say {
    /// One of these; none where something else says it all.
    texts: Vec<Texts>,
    beside: Beside,
    otherwise: Option<Texts>,
    manner: SayingManner,
}

/// What stands beside the text.
#[derive(Debug)]
enum Beside {
    Nothing,
    Media(MediaKind, MediaFrom),
    Place(Place),
    Buttons(Vec<Texts>),
    Link(Texts, Texts),
    Contacts(Vec<CardFrom>),
    Products(Wares),
    Catalogue(Shown),
}

#[derive(Debug)]
struct Place {
    at: Location,
    name: Option<Texts>,
    address: Option<Texts>,
}

fn compile(r: &mut StepReader<'_, Core>) -> Option<Step> {
    let beside = beside(r)?;
    let needs_text = match beside {
        Beside::Media(..) | Beside::Place(_) | Beside::Contacts(_) => false,
        Beside::Nothing | Beside::Buttons(_) | Beside::Link(..) | Beside::Products(_) | Beside::Catalogue(_) => true,
    };
    let texts = texts(r, needs_text)?;
    let manner = manner(r)?;
    let otherwise = match r.own_key("otherwise") {
        Some(node) => Some(otherwise(r, &node, &beside)?),
        None => None,
    };
    Some(Box::new(Say { texts, beside, otherwise, manner }))
}

fn otherwise(r: &mut StepReader<'_, Core>, node: &Node, beside: &Beside) -> Option<Texts> {
    if matches!(beside, Beside::Nothing) {
        let message = "`otherwise` belongs to what stands beside the text, and nothing does";
        r.report(
            Problem::error("needless-key", &node.at, message)
                .help("write what it stands in for, such as `products` or `contacts`, or delete it"),
        );
        return None;
    }
    r.texts(node)
}

fn texts(r: &mut StepReader<'_, Core>, needed: bool) -> Option<Vec<Texts>> {
    match (r.argument(), r.key("one_of")) {
        (Some(text), None) => Some(vec![r.texts(&text)?]),
        (None, Some(list)) => r.texts_list(&list),
        (Some(_), Some(list)) => {
            r.report(
                Problem::error("say-twice", &list.at, "`say` has a text or `one_of`, not both")
                    .help("put the text into the list, too"),
            );
            None
        }
        (None, None) if !needed => Some(Vec::new()),
        (None, None) => {
            let problem = Problem::error("say-nothing", &r.at(), "`say` needs a text, or texts in `one_of`");
            r.report(problem.help("`- say: Hello!`"));
            None
        }
    }
}

fn beside(r: &mut StepReader<'_, Core>) -> Option<Beside> {
    let names = MEDIA.iter().map(|(name, _)| *name).chain(OTHERS);
    let found: Vec<(&str, Node)> = names.filter_map(|name| Some((name, r.own_key(name)?))).collect();
    if let [_, (name, second), ..] = found.as_slice() {
        let message = format!("`{name}` stands beside another file, place or buttons: one message has one of them");
        r.report(Problem::error("say-twice", &second.at, message).help("write a second `say` for it"));
        return None;
    }
    let Some((name, node)) = found.into_iter().next() else { return Some(Beside::Nothing) };
    match MEDIA.iter().find(|(word, _)| *word == name) {
        Some((_, kind)) => r.media(&node, *kind).map(|from| Beside::Media(*kind, from)),
        None => other(r, name, &node),
    }
}

fn other(r: &mut StepReader<'_, Core>, name: &str, node: &Node) -> Option<Beside> {
    let is_shop = matches!(name, "products" | "catalogue");
    if is_shop && r.own_key("otherwise").is_none() {
        r.needs_channel(&node.at, &format!("`{name}`"), "the text alone is said", |can| can.shop);
    }
    match name {
        "location" => place(r, node).map(Beside::Place),
        "contacts" => wares::cards(r, node).map(Beside::Contacts),
        "products" => wares::wares(r, node).map(Beside::Products),
        "catalogue" => wares::catalogue(r, node).map(Beside::Catalogue),
        _ => buttons(r, node),
    }
}

pub(super) const PLACE: Shape = Shape {
    name: "location",
    at: &["**.location"],
    doc: "A place that is sent.",
    keys: &[
        KeyDoc { name: "latitude", doc: "Degrees north." },
        KeyDoc { name: "longitude", doc: "Degrees east." },
        KeyDoc { name: "name", doc: "Its name." },
        KeyDoc { name: "address", doc: "Its address." },
    ],
    example: "",
};

fn place(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Place> {
    let closed = r.closed(node, PLACE.keys);
    let latitude = degrees(r, node, "latitude", 90.0);
    let longitude = degrees(r, node, "longitude", 180.0);
    let name = node.get("name").and_then(|name| r.texts(name));
    let address = node.get("address").and_then(|address| r.texts(address));
    if !closed {
        return None;
    }
    Some(Place { at: Location { latitude: latitude?, longitude: longitude? }, name, address })
}

fn degrees(r: &mut StepReader<'_, Core>, node: &Node, key: &str, most: f64) -> Option<f64> {
    let value = node.get(key);
    let read = value.and_then(Node::scalar).and_then(|text| text.trim().parse::<f64>().ok());
    let fits = read.filter(|degrees| degrees.abs() <= most);
    if fits.is_none() {
        let at = value.map_or(&node.at, |value| &value.at);
        r.report(
            Problem::error("wrong-type", at, format!("`{key}` is a number of degrees from -{most} to {most}"))
                .help("`location: {latitude: 55.7558, longitude: 37.6173}`"),
        );
    }
    fits
}

pub(super) const LINK: Shape = Shape {
    name: "button that opens an address",
    at: &["**.buttons"],
    doc: "In place of labels to press.",
    keys: &[KeyDoc { name: "text", doc: "The label." }, KeyDoc { name: "url", doc: "The address that it opens." }],
    example: "",
};

fn buttons(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Beside> {
    let is_link = matches!(node.content, Content::Map(_)) && node.get("url").is_some();
    if is_link {
        let closed = r.closed(node, LINK.keys);
        let text = node.get("text").and_then(|text| r.texts(text));
        let url = node.get("url").and_then(|url| r.texts(url));
        if closed && node.get("text").is_none() {
            let problem =
                Problem::error("missing-key", &node.at, "a button that opens an address needs the key `text`");
            r.report(problem.help("`buttons: {text: Open, url: https://example.com}`"));
        }
        return closed.then_some(Beside::Link(text?, url?));
    }
    let labels = r.texts_list(node)?;
    if labels.len() > MOST_BUTTONS {
        let problem = Problem::error("options", &node.at, format!("`buttons` are 1 to {MOST_BUTTONS} labels"));
        r.report(problem.help("`buttons: [Book a visit, Not now]`"));
        return None;
    }
    Some(Beside::Buttons(labels))
}

impl Say {
    fn picked(&self, t: &mut Turning<'_>) -> Option<String> {
        let picked = if self.texts.len() > 1 { t.pick(self.texts.len()) } else { 0 };
        match self.texts.get(picked) {
            Some(texts) => t.text(texts),
            None => Some(String::new()),
        }
    }

    /// The messenger can show what stands beside the text.
    fn is_shown(&self, t: &mut Turning<'_>) -> bool {
        let can = *t.channel_can();
        match &self.beside {
            Beside::Nothing => true,
            Beside::Media(kind, from) => {
                from.source(|url| t.text(url)).is_none_or(|source| can.sends_as(*kind, &source).is_some())
            }
            Beside::Place(_) => can.places,
            Beside::Buttons(_) => can.buttons.is_some() || can.list.is_some(),
            Beside::Link(..) => can.interactive,
            Beside::Contacts(_) => can.contacts,
            Beside::Products(_) | Beside::Catalogue(_) => can.shop,
        }
    }

    fn speak(&self, t: &mut Turning<'_>) {
        if let Some(otherwise) = self.otherwise.as_ref().filter(|_| !self.is_shown(t)) {
            return t.say_texts(otherwise);
        }
        let Some(text) = self.picked(t) else { return };
        match &self.beside {
            Beside::Nothing => t.say(&text),
            Beside::Media(kind, from) => {
                if let Some(source) = from.source(|url| t.text(url)) {
                    t.send_media(*kind, source, text.trim());
                }
            }
            Beside::Place(place) => {
                t.say(&text);
                let mut shown =
                    |texts: &Option<Texts>| texts.as_ref().and_then(|texts| t.text(texts)).unwrap_or_default();
                let (name, address) = (shown(&place.name), shown(&place.address));
                t.send_place(Pin { at: place.at, name, address });
            }
            Beside::Contacts(cards) => {
                let cards = cards.iter().filter_map(|card| card.now(t)).collect();
                t.say(&text);
                t.send_contacts(cards);
            }
            Beside::Products(wares) => match wares.now(t) {
                Some(wares) => t.say_with_wares(&text, wares),
                None => t.say(&text),
            },
            Beside::Catalogue(product) => {
                let thumbnail = match product {
                    Shown::Usual => None,
                    Shown::Product(id) => t.text(id),
                };
                t.say_with_wares(&text, Pressable::Catalogue { thumbnail });
            }
            Beside::Buttons(labels) => {
                let labels: Vec<String> = labels.iter().filter_map(|label| t.text(label)).collect();
                t.say_with_buttons(&text, &labels);
            }
            Beside::Link(label, url) => {
                if let (Some(label), Some(url)) = (t.text(label), t.text(url)) {
                    t.say_with_link(&text, &label, &url);
                }
            }
        }
    }
}

impl Run for Say {
    fn run(&self, t: &mut Turning<'_>) -> Control {
        t.in_manner(&self.manner, |t| self.speak(t));
        Control::Next
    }
}
