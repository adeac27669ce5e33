//! Verdicts and suggestions in words.

use newshound::app::feedback::Taken;

/// Returns a line for a verdict that was taken.
pub(in crate::cli) fn taken(taken: &Taken) -> String {
    let Taken { alert, topic, item, verdict, was } = taken;
    let subject = alert.as_ref().map_or_else(|| item.to_string(), ToString::to_string);
    let was = match was {
        Some(was) if was == verdict => ", as before".to_owned(),
        Some(was) => format!(", no longer {was}"),
        None => String::new(),
    };
    format!("{subject} is {verdict} for topic {topic}{was}")
}
