//! What may stand beside `say` for the messengers that have it: cards of contacts, products, the catalogue.

use crate::bot::{KeyDoc, Node, Problem, Shape, StepReader, Texts};
use crate::domain::{Card, Pressable};
use crate::engine::Core;
use crate::engine::turn::Turning;

/// Cards of one message; more than a person looks at.
const MOST_CARDS: usize = 10;
/// Products and sections of one message, and characters of a section's title, at WhatsApp.
const MOST_PRODUCTS: usize = 30;
const MOST_SECTIONS: usize = 10;
const TITLE: usize = 24;

pub(super) const CARD: Shape = Shape {
    name: "card of a contact",
    at: &["**.contacts"],
    doc: "Who is told of.",
    keys: &[
        KeyDoc { name: "name", doc: "The whole name." },
        KeyDoc { name: "phone", doc: "A phone, or several." },
        KeyDoc { name: "email", doc: "An e-mail address, or several." },
        KeyDoc { name: "company", doc: "Where they work." },
    ],
    example: "",
};
pub(super) const WARES: Shape = Shape {
    name: "products",
    at: &["**.products"],
    doc: "What stands below the text.",
    keys: &[
        KeyDoc { name: "catalogue", doc: "The catalogue's id." },
        KeyDoc { name: "items", doc: "Ids of products: one, or several." },
        KeyDoc { name: "title", doc: "What stands above several." },
        KeyDoc { name: "sections", doc: "Instead of `items`: a list of these, each with `title` and `items`." },
    ],
    example: "",
};
pub(super) const SECTION: Shape = Shape {
    name: "section of products",
    at: &["**.products.sections"],
    doc: "Some of them, below a title.",
    keys: &[KeyDoc { name: "title", doc: "What stands above." }, KeyDoc { name: "items", doc: "Ids of products." }],
    example: "",
};

/// A card, before its texts are put to words.
#[derive(Debug)]
pub(super) struct CardFrom {
    name: Texts,
    phones: Vec<Texts>,
    emails: Vec<Texts>,
    company: Option<Texts>,
}

/// Read `contacts`.
pub(super) fn cards(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Vec<CardFrom>> {
    let items = node.one_or_many();
    if items.is_empty() || items.len() > MOST_CARDS {
        r.report(
            Problem::error("options", &node.at, format!("`contacts` are 1 to {MOST_CARDS} cards"))
                .help("`contacts: [{name: Anna, phone: \"+79260000001\"}]`"),
        );
        return None;
    }
    let cards: Vec<_> = items.iter().map(|item| card(r, item)).collect();
    cards.into_iter().collect()
}

fn card(r: &mut StepReader<'_, Core>, node: &Node) -> Option<CardFrom> {
    let closed = r.closed(node, CARD.keys);
    let name = r.needed_in(node, "contacts", "name").and_then(|name| r.texts(&name));
    let mut all = |key: &str| node.get(key).map_or(Some(Vec::new()), |node| r.texts_to_match(node));
    let (phones, emails) = (all("phone"), all("email"));
    let company = node.get("company").map_or(Some(None), |node| r.texts(node).map(Some));
    let card = CardFrom { name: name?, phones: phones?, emails: emails?, company: company? };
    closed.then_some(card)
}

impl CardFrom {
    /// As things are now.
    pub(super) fn now(&self, t: &mut Turning<'_>) -> Option<Card> {
        let mut all = |texts: &[Texts]| -> Vec<String> {
            texts.iter().filter_map(|text| t.text(text)).filter(|text| !text.trim().is_empty()).collect()
        };
        let (phones, emails) = (all(&self.phones), all(&self.emails));
        let company = self.company.as_ref().and_then(|company| t.text(company)).unwrap_or_default();
        Some(Card { name: t.text(&self.name)?, phones, emails, company })
    }
}

/// Products, before their ids are put to words.
#[derive(Debug)]
pub(super) struct Wares {
    catalogue: Texts,
    /// A title and ids of products.
    sections: Vec<(Option<Texts>, Vec<Texts>)>,
}

/// Read `products`.
pub(super) fn wares(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Wares> {
    let closed = r.closed(node, WARES.keys);
    let catalogue = r.needed_in(node, "products", "catalogue").and_then(|id| r.texts_for_people(&id));
    let sections = match (node.get("items"), node.get("sections")) {
        (Some(_), None) => section(r, node, false).map(|section| vec![section]),
        (None, Some(sections)) => {
            let all: Vec<_> = sections.one_or_many().iter().map(|node| section_of(r, node)).collect();
            all.into_iter().collect::<Option<Vec<_>>>()
        }
        _ => {
            r.report(
                Problem::error("missing-key", &node.at, "`products` needs the key `items`, or `sections`")
                    .help("`products: {items: [SKU1, SKU2], title: Teas}`"),
            );
            None
        }
    };
    let wares = Wares { catalogue: catalogue?, sections: sections? };
    (closed && fits(r, node, &wares)).then_some(wares)
}

fn section_of(r: &mut StepReader<'_, Core>, node: &Node) -> Option<(Option<Texts>, Vec<Texts>)> {
    if r.closed(node, SECTION.keys) { section(r, node, true) } else { None }
}

/// Several products have a title above them.
fn section(r: &mut StepReader<'_, Core>, node: &Node, titled: bool) -> Option<(Option<Texts>, Vec<Texts>)> {
    let items = r.needed_in(node, "products", "items").and_then(|items| r.texts_to_match(&items))?;
    if node.get("title").is_none() && (titled || items.len() > 1) {
        r.report(
            Problem::error("missing-key", &node.at, "several products need the key `title`, which stands above them")
                .help("`title: Teas` beside `items`"),
        );
        return None;
    }
    let title = node.get("title").map_or(Some(None), |title| r.texts(title).map(Some))?;
    Some((title, items))
}

fn fits(r: &mut StepReader<'_, Core>, node: &Node, wares: &Wares) -> bool {
    let products: usize = wares.sections.iter().map(|(_, items)| items.len()).sum();
    let fits = (1..=MOST_PRODUCTS).contains(&products) && wares.sections.len() <= MOST_SECTIONS;
    if !fits {
        let message = format!("`products` are 1 to {MOST_PRODUCTS} in at most {MOST_SECTIONS} sections");
        r.report(Problem::error("options", &node.at, message).help("show fewer, or say the rest in another step"));
    }
    fits
}

impl Wares {
    /// As things are now; `None` where no product is left.
    pub(super) fn now(&self, t: &mut Turning<'_>) -> Option<Pressable> {
        let catalogue = t.text(&self.catalogue)?;
        let mut sections = Vec::new();
        for (title, items) in &self.sections {
            let title: String =
                title.as_ref().and_then(|title| t.text(title)).unwrap_or_default().chars().take(TITLE).collect();
            let items: Vec<String> =
                items.iter().filter_map(|item| t.text(item)).filter(|item| !item.trim().is_empty()).collect();
            if !items.is_empty() {
                sections.push((title, items));
            }
        }
        (!sections.is_empty()).then_some(Pressable::Products { catalogue, sections })
    }
}

/// Whose picture stands for the catalogue.
#[derive(Debug)]
pub(super) enum Shown {
    /// The messenger chooses.
    Usual,
    /// That of this product.
    Product(Texts),
}

/// Read `catalogue`: `true`, or the product whose picture is shown.
pub(super) fn catalogue(r: &mut StepReader<'_, Core>, node: &Node) -> Option<Shown> {
    match node.scalar() {
        Some("true") => Some(Shown::Usual),
        Some(text) if !text.trim().is_empty() && text != "false" => r.texts_for_people(node).map(Shown::Product),
        _ => {
            r.wrong_type(node, "`true`, or the id of the product whose picture is shown,");
            None
        }
    }
}
