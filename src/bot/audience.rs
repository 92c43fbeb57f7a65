//! Who will read what the bot says: what is checked of labels depends on the channels on which it speaks.

use crate::domain::{ButtonLimits, Capabilities, ListLimits};

/// WhatsApp's: what is checked where nobody says on which channels the bot speaks.
const WHATSAPP: Shows = Shows {
    buttons: Some(ButtonLimits { most: 3, title: 20 }),
    list: Some(ListLimits { most: 10, title: 24, description: 72, button: 20 }),
};

/// The channels on which a bot speaks, as far as its files are checked for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Audience(Vec<Listeners>);

/// Whoever is reached by one account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Listeners {
    /// The account's name.
    account: String,
    /// What its channels can do.
    can: Vec<Capabilities>,
}

/// How one of them shows options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shows {
    buttons: Option<ButtonLimits>,
    list: Option<ListLimits>,
}

/// The room that a label has, in characters, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelRoom {
    /// Characters at most; longer ones are cut.
    pub most: usize,
    /// `a button` or `a list`.
    pub place: &'static str,
}

impl Audience {
    /// With an account, and what its channels can do.
    #[must_use]
    pub fn with(mut self, account: &str, can: impl IntoIterator<Item = Capabilities>) -> Self {
        let listeners = Listeners { account: account.to_owned(), can: can.into_iter().collect() };
        if !listeners.can.is_empty() {
            self.0.push(listeners);
        }
        self
    }

    fn shows(&self) -> Vec<Shows> {
        let all = self.0.iter().flat_map(|listeners| &listeners.can);
        let shows: Vec<_> = all.map(|can| Shows { buttons: can.buttons, list: can.list }).collect();
        if shows.is_empty() { vec![WHATSAPP] } else { shows }
    }

    /// The least room that the label of one of so many options has on any of them; `None` where nothing is cut: options go as numbered text.
    pub fn label_room(&self, options: usize) -> Option<LabelRoom> {
        let room = |shows: Shows| {
            let button = shows.buttons.filter(|limits| options <= limits.most);
            let row = shows.list.filter(|limits| options <= limits.most);
            let button = button.map(|limits| LabelRoom { most: limits.title, place: "a button" });
            button.or_else(|| row.map(|limits| LabelRoom { most: limits.title, place: "a list" }))
        };
        self.shows().into_iter().filter_map(room).min_by_key(|room| room.most)
    }

    /// The accounts of which no channel can do this; none where nobody says on which accounts the bot speaks.
    pub fn lacking(&self, can: impl Fn(&Capabilities) -> bool) -> Vec<&str> {
        let lacks = |listeners: &&Listeners| !listeners.can.iter().any(&can);
        self.0.iter().filter(lacks).map(|listeners| listeners.account.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_channel_decides() {
        let whatsapp = Capabilities { buttons: WHATSAPP.buttons, list: WHATSAPP.list, ..Capabilities::PLAIN };
        let lists = Capabilities { list: WHATSAPP.list, ..Capabilities::PLAIN };
        let cases: [(&[Capabilities], usize, &str); 7] = [
            (&[], 3, "20 on a button"),
            (&[whatsapp], 3, "20 on a button"),
            (&[whatsapp], 4, "24 on a list"),
            (&[whatsapp], 11, "any"),
            (&[lists, Capabilities::PLAIN], 3, "24 on a list"),
            (&[lists, whatsapp], 3, "20 on a button"),
            (&[Capabilities::PLAIN], 3, "any"),
        ];
        for (channels, options, want) in cases {
            let room = Audience::default().with("shop", channels.iter().copied()).label_room(options);
            let told = room.map_or_else(|| "any".into(), |room| format!("{} on {}", room.most, room.place));
            assert_eq!(told, want, "{options} of {channels:?}");
        }
    }

    #[test]
    fn an_account_lacks_what_none_of_its_channels_can() {
        let tagged = Capabilities { tags: true, ..Capabilities::PLAIN };
        let audience = Audience::default()
            .with("one", [tagged, Capabilities::PLAIN])
            .with("two", [Capabilities::PLAIN])
            .with("nothing known", []);
        assert_eq!(audience.lacking(|can| can.tags), ["two"]);
        assert_eq!(Audience::default().lacking(|can| can.tags), [""; 0]);
    }
}
