//! The names of months and zones, as publishers write them.

/// The beginnings of month names by which a month is known, in lower case; of two that fit, the
/// earlier line counts.
#[rustfmt::skip]
const MONTHS: [(&str, i8); 78] = [
    ("januar", 1),
    ("jan", 1),
    ("jän", 1),
    ("janv", 1),
    ("ene", 1),
    ("gen", 1),
    ("stycz", 1),
    ("янв", 1),
    ("ιαν", 1),
    ("oca", 1),
    ("led", 1),
    ("feb", 2),
    ("fév", 2),
    ("fev", 2),
    ("luty", 2),
    ("lut", 2),
    ("фев", 2),
    ("φεβ", 2),
    ("şub", 2),
    ("únor", 2),
    ("mär", 3),
    ("mae", 3),
    ("mar", 3),
    ("maa", 3),
    ("mrt", 3),
    ("mrz", 3),
    ("мар", 3),
    ("μαρ", 3),
    ("μάρ", 3),
    ("břez", 3),
    ("már", 3),
    ("apr", 4),
    ("avr", 4),
    ("abr", 4),
    ("kwi", 4),
    ("апр", 4),
    ("απρ", 4),
    ("nis", 4),
    ("ápr", 4),
    ("may", 5),
    ("mai", 5),
    ("mag", 5),
    ("mei", 5),
    ("maj", 5),
    ("máj", 5),
    ("мая", 5),
    ("май", 5),
    ("μαϊ", 5),
    ("μάι", 5),
    ("jun", 6),
    ("juin", 6),
    ("giu", 6),
    ("czerw", 6),
    ("июн", 6),
    ("ιουν", 6),
    ("ιούν", 6),
    ("haz", 6),
    ("jul", 7),
    ("juil", 7),
    ("lug", 7),
    ("lip", 7),
    ("июл", 7),
    ("ιουλ", 7),
    ("ιούλ", 7),
    ("tem", 7),
    ("aug", 8),
    ("aoû", 8),
    ("aou", 8),
    ("ago", 8),
    ("sier", 8),
    ("авг", 8),
    ("αυγ", 8),
    ("αύγ", 8),
    ("ağu", 8),
    ("sep", 9),
    ("set", 9),
    ("wrz", 9),
    ("сен", 9),
];
#[rustfmt::skip]
const LATE_MONTHS: [(&str, i8); 24] = [
    ("σεπ", 9),
    ("eyl", 9),
    ("szept", 9),
    ("oct", 10),
    ("okt", 10),
    ("ott", 10),
    ("out", 10),
    ("paź", 10),
    ("окт", 10),
    ("οκτ", 10),
    ("eki", 10),
    ("nov", 11),
    ("lis", 11),
    ("ноя", 11),
    ("νοε", 11),
    ("νοέ", 11),
    ("kas", 11),
    ("dec", 12),
    ("dez", 12),
    ("déc", 12),
    ("dic", 12),
    ("gru", 12),
    ("дек", 12),
    ("δεκ", 12),
];
#[rustfmt::skip]
const LAST_MONTHS: [(&str, i8); 2] = [
    ("ara", 12), ("pros", 12),
];

/// Names of zones, with their distance from UTC in minutes. Of names with two meanings the one in
/// news feeds.
#[rustfmt::skip]
pub(super) const ZONES: [(&str, i32); 53] = [
    ("z", 0),
    ("ut", 0),
    ("utc", 0),
    ("gmt", 0),
    ("wet", 0),
    ("west", 60),
    ("bst", 60),
    ("cet", 60),
    ("mez", 60),
    ("met", 60),
    ("cest", 120),
    ("mesz", 120),
    ("mest", 120),
    ("eet", 120),
    ("sast", 120),
    ("cat", 120),
    ("eest", 180),
    ("msk", 180),
    ("eat", 180),
    ("trt", 180),
    ("msd", 240),
    ("gst", 240),
    ("irst", 210),
    ("pkt", 300),
    ("ist", 330),
    ("npt", 345),
    ("wib", 420),
    ("ict", 420),
    ("hkt", 480),
    ("sgt", 480),
    ("pht", 480),
    ("awst", 480),
    ("jst", 540),
    ("kst", 540),
    ("acst", 570),
    ("aest", 600),
    ("acdt", 630),
    ("aedt", 660),
    ("nzst", 720),
    ("nzdt", 780),
    ("nst", -210),
    ("ast", -240),
    ("adt", -180),
    ("brt", -180),
    ("art", -180),
    ("est", -300),
    ("edt", -240),
    ("cst", -360),
    ("cdt", -300),
    ("mst", -420),
    ("mdt", -360),
    ("pst", -480),
    ("pdt", -420),
];

/// Returns the month that a word names.
pub(super) fn month(word: &str) -> Option<i8> {
    // Weekdays that begin like a month of some language.
    if ["marte", "mard", "mart", "marti"].contains(&word) && word != "mart" || word == "maandag" {
        return None;
    }
    // Where a shorter beginning belongs to another month.
    for (whole, month) in
        [("červenec", 7), ("července", 7), ("červen", 6), ("června", 6), ("srpen", 8), ("srpna", 8)]
    {
        if word == whole {
            return Some(month);
        }
    }
    MONTHS
        .iter()
        .chain(&LATE_MONTHS)
        .chain(&LAST_MONTHS)
        .find(|(beginning, _)| word.starts_with(beginning))
        .map(|&(_, month)| month)
}
