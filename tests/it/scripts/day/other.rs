//! All other news of the day, made from a small vocabulary: the same on every run, and some of it
//! from the same places and of the same trade as the event.

use std::time::Duration;

use super::{Entry, OPENS, OUTLETS_BESIDE};

/// What one outlet has in store when it is read first, and how much it adds until the evening.
const STOCK: u64 = 8;
pub(super) const EACH: u64 = 27;
const GAP: Duration = Duration::from_mins(33);

const PLACES: [&str; 28] = [
    "Varnes",
    "Ellan",
    "Skarholm",
    "Lindmouth",
    "Dalmora",
    "Greywater",
    "Northhaven",
    "Millbridge",
    "Saltmarsh",
    "Coldwell",
    "Harrow Bay",
    "Upper Tarn",
    "Westerby",
    "Pinefield",
    "Oldcastle",
    "Brackenford",
    "Marlow Cross",
    "Stonebeck",
    "Eastling",
    "Fernhill",
    "Quarry Bank",
    "Redmoor",
    "Ashby Vale",
    "Long Sutton",
    "Thornwick",
    "Kelder",
    "Birchdale",
    "Hollin",
];
const WHO: [&str; 32] = [
    "the town council",
    "a group of pupils",
    "the coastguard",
    "the ferry operator",
    "the dairy cooperative",
    "the women’s chess team",
    "a retired teacher",
    "the port authority",
    "the water board",
    "the brass band",
    "the housing association",
    "a young violinist",
    "the fishing guild",
    "the tram company",
    "the school board",
    "the botanical society",
    "the county museum",
    "a brewery",
    "the rowing club",
    "the farmers’ union",
    "the finance committee",
    "the parish",
    "a software firm",
    "the veterinary service",
    "the lighthouse trust",
    "the theatre company",
    "a bakery",
    "the cycling league",
    "the bridge engineers",
    "the library",
    "a potter",
    "the market traders",
];
const DOES: [&str; 28] = [
    "opens",
    "postpones",
    "celebrates",
    "defends",
    "sells",
    "repairs",
    "plans",
    "wins",
    "loses",
    "inherits",
    "paints",
    "measures",
    "publishes",
    "cancels",
    "doubles",
    "moves",
    "renames",
    "restores",
    "finances",
    "tests",
    "explains",
    "closes",
    "insures",
    "extends",
    "borrows",
    "honours",
    "inspects",
    "photographs",
];
const WHAT: [&str; 36] = [
    "a new timetable",
    "the autumn fair",
    "its old warehouse",
    "the cup",
    "a mural",
    "the swimming pool",
    "a budget of crowns",
    "the organ",
    "a herd of goats",
    "the ferry landing",
    "its annual report",
    "the footpath",
    "a greenhouse",
    "the clock tower",
    "the squid season",
    "a chess board of marble",
    "the night bus",
    "the choir festival",
    "a meteor",
    "the harvest",
    "the marathon",
    "the town archive",
    "a recipe book",
    "the solar roof",
    "the dredger",
    "a playground",
    "the vineyard",
    "its website",
    "the bell",
    "the rail bridge",
    "an orchard",
    "the lifeboat shed",
    "a lecture on tides",
    "the bond issue",
    "the puppet stage",
    "a telescope",
];
const WHEN: [&str; 12] = [
    "on Monday",
    "after eleven years",
    "despite the rain",
    "before the holidays",
    "for the second time",
    "by a narrow vote",
    "without much ado",
    "to general surprise",
    "in the summer",
    "at noon",
    "on request",
    "until further notice",
];
const FRAMES: [&str; 14] = [
    "{who} {does} {what} {when}.",
    "In {place}, {who} {does} {what}.",
    "{number} people came to see {name} {name} in {place}.",
    "It costs {number} crowns, says {name} {name}.",
    "Dear to us is {what}, {who} said {when}.",
    "{when}, {what} belongs to {place} again.",
    "Nobody but {name} {name} had asked for {what}.",
    "{who} hopes for {what}, but {place} has none to give.",
    "The last time was under {name}, {number} days ago.",
    "Between {place} and {place}, {what} has been a matter of talk.",
    "{who} and {name} {name} differ about {what}.",
    "From {place}, {name} {name} brings {number} chairs.",
    "For {what}, {who} needs {number} more hands.",
    "{place} looks on while {who} {does} {what} {when}.",
];

/// What names are made of, so that nearly every item has words that no other has.
const SYLLABLES: [&str; 24] = [
    "bar", "den", "fol", "gri", "hem", "jor", "kal", "lin", "mor", "nes", "ost", "pel", "qui", "rud", "sol",
    "tam", "ulf", "ven", "wes", "yar", "zel", "bru", "cal", "dor",
];

/// A sequence of numbers that looks like chance and is always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn name(&mut self) -> String {
        let name: String = (0..3).map(|_| self.pick(&SYLLABLES)).collect();
        name[..1].to_uppercase() + &name[1..]
    }

    /// Fills each gap of a frame by a word of its kind.
    fn fill(&mut self, frame: &str) -> String {
        let (mut filled, mut rest) = (String::new(), frame);
        while let Some((before, after)) = rest.split_once('{') {
            let (kind, behind) = after.split_once('}').unwrap();
            filled.push_str(before);
            match kind {
                "who" => filled.push_str(self.pick(&WHO)),
                "does" => filled.push_str(self.pick(&DOES)),
                "what" => filled.push_str(self.pick(&WHAT)),
                "when" => filled.push_str(self.pick(&WHEN)),
                "name" => filled.push_str(&self.name()),
                "place" => filled.push_str(self.pick(&PLACES)),
                _ => filled.push_str(&(2 + self.roll(9_000)).to_string()),
            }
            rest = behind;
        }
        let filled = filled + rest;
        filled[..1].to_uppercase() + &filled[1..]
    }
}

/// Returns what an outlet has besides the event, oldest first.
pub(super) fn of(outlet: &str, number: u64) -> Vec<Entry> {
    let mut dice = Dice(number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1_e995);
    let begins = OPENS.saturating_sub(GAP * u32::try_from(STOCK).unwrap());
    let entry = |nth: u64| {
        let minutes = GAP * u32::try_from(nth).unwrap() + Duration::from_mins(number % 29);
        let sentences: Vec<String> = (0..5)
            .map(|_| {
                let frame = dice.pick(&FRAMES).to_owned();
                dice.fill(&frame)
            })
            .collect();
        let at = begins + minutes;
        Entry {
            at,
            published: at,
            title: dice.fill("{name} and {who}: {place} {does} {what}"),
            text: sentences.join(" "),
            url: format!("https://www.{outlet}.example/n/{nth}"),
            place: format!("n/{nth}"),
            guid: format!("{outlet}:n:{nth}"),
        }
    };
    (0..STOCK + EACH).map(entry).collect()
}

/// Returns the outlets that have no part in the events.
pub(super) fn outlets_beside() -> impl Iterator<Item = String> {
    (0..OUTLETS_BESIDE).map(|n| format!("beside-{n:02}"))
}
