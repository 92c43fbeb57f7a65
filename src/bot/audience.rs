//! Who will read what the bot says: what is checked of labels depends on the channels on which it speaks.

use crate::domain::{ButtonLimits, Capabilities, ListLimits, MediaKind, MediaSource, Unfit};

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
    /// Its channels, and what can be done there.
    channels: Vec<(&'static str, Capabilities)>,
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
    /// With an account, its channels and what can be done there.
    #[must_use]
    pub fn with(mut self, account: &str, channels: impl IntoIterator<Item = (&'static str, Capabilities)>) -> Self {
        let listeners = Listeners { account: account.to_owned(), channels: channels.into_iter().collect() };
        if !listeners.channels.is_empty() {
            self.0.push(listeners);
        }
        self
    }

    fn shows(&self) -> Vec<Shows> {
        let all = self.0.iter().flat_map(|listeners| &listeners.channels);
        let shows: Vec<_> = all.map(|(_, can)| Shows { buttons: can.buttons, list: can.list }).collect();
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
        let lacks = |listeners: &&Listeners| !listeners.channels.iter().any(|(_, here)| can(here));
        self.0.iter().filter(lacks).map(|listeners| listeners.account.as_str()).collect()
    }

    /// The accounts, with the channel where they have several, on which a file cannot be sent as that: why, and what can be done there. Of an
    /// account with several channels those that send nothing as that at all are left out, as long as another does.
    pub fn unfit(&self, kind: MediaKind, source: &MediaSource) -> Vec<(String, Unfit, Capabilities)> {
        let mut found: Vec<(String, Unfit, Capabilities)> = Vec::new();
        for Listeners { account, channels } in &self.0 {
            let sends = channels.iter().any(|(_, can)| can.media_limit(kind).is_some());
            let here = channels.iter().filter_map(|(channel, can)| Some((*channel, can.unfit(kind, source)?, *can)));
            for (channel, unfit, can) in here.filter(|(_, unfit, _)| !sends || !matches!(unfit, Unfit::Kind(_))) {
                let name = if channels.len() > 1 && sends {
                    format!("`{account}` ({channel})")
                } else {
                    format!("`{account}`")
                };
                if !found.iter().any(|(known, ..)| *known == name) {
                    found.push((name, unfit, can));
                }
            }
        }
        found
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
            let room =
                Audience::default().with("shop", channels.iter().map(|can| ("whatsapp", *can))).label_room(options);
            let told = room.map_or_else(|| "any".into(), |room| format!("{} on {}", room.most, room.place));
            assert_eq!(told, want, "{options} of {channels:?}");
        }
    }

    #[test]
    fn an_account_lacks_what_none_of_its_channels_can() {
        let tagged = Capabilities { tags: true, ..Capabilities::PLAIN };
        let audience = Audience::default()
            .with("one", [("telegram", tagged), ("viber", Capabilities::PLAIN)])
            .with("two", [("viber", Capabilities::PLAIN)])
            .with("nothing known", []);
        assert_eq!(audience.lacking(|can| can.tags), ["two"]);
        assert_eq!(Audience::default().lacking(|can| can.tags), [""; 0]);
    }
}
