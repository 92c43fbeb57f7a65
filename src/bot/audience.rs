//! Who will read what the bot says: what is checked of labels depends on the channels on which it speaks.

use crate::domain::{ButtonLimits, Capabilities, ListLimits};

/// WhatsApp's: what is checked where nobody says on which channels the bot speaks.
const WHATSAPP: Shows = Shows {
    buttons: Some(ButtonLimits { most: 3, title: 20 }),
    list: Some(ListLimits { most: 10, title: 24, description: 72, button: 20 }),
};

/// The channels on which a bot speaks, as far as its files are checked for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience(Vec<Shows>);

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

impl Default for Audience {
    fn default() -> Self {
        Self(vec![WHATSAPP])
    }
}

impl Audience {
    /// Channels that can do this; none is WhatsApp.
    pub fn of(channels: impl IntoIterator<Item = Capabilities>) -> Self {
        let mut shows: Vec<Shows> = Vec::new();
        for can in channels {
            let one = Shows { buttons: can.buttons, list: can.list };
            if !shows.contains(&one) {
                shows.push(one);
            }
        }
        if shows.is_empty() { Self::default() } else { Self(shows) }
    }

    /// The least room that the label of one of so many options has on any of them; `None` where nothing is cut: options go as numbered text.
    pub fn label_room(&self, options: usize) -> Option<LabelRoom> {
        let room = |shows: &Shows| {
            let button = shows.buttons.filter(|limits| options <= limits.most);
            let row = shows.list.filter(|limits| options <= limits.most);
            let button = button.map(|limits| LabelRoom { most: limits.title, place: "a button" });
            button.or_else(|| row.map(|limits| LabelRoom { most: limits.title, place: "a list" }))
        };
        self.0.iter().filter_map(room).min_by_key(|room| room.most)
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
            let room = Audience::of(channels.iter().copied()).label_room(options);
            let told = room.map_or_else(|| "any".into(), |room| format!("{} on {}", room.most, room.place));
            assert_eq!(told, want, "{options} of {channels:?}");
        }
    }
}
