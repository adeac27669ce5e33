//! The arguments of the commands that list: what a list is narrowed to, before the command's second
//! word or behind it.

use clap::Subcommand;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use newshound::model::{DeliveryState, SourceMode};

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Sources {
    /// Every source, by id.
    List(SourceFilter),
    /// Has sources asked now, as soon as the pace of their hosts allows.
    Refresh(Named),
    /// Has sources polled again that were switched off, also by a 410 of their server.
    Enable(Named),
    /// Has sources polled no more.
    Disable(Named),
}

/// Some sources.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Named {
    /// The sources' ids.
    #[arg(value_name = "ID", required = true)]
    pub(in crate::cli) ids: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Alerts {
    /// Every alert, newest first; with --channel or --state those with such a delivery.
    List(Filter),
    /// One alert with its evidence and its deliveries.
    Show {
        /// The alert's id.
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Stories {
    /// Every story, those with the latest articles first.
    List(StoryFilter),
    /// One story with its timeline: who carried it when, and what was told of it.
    Show {
        /// The story's id.
        id: String,
    },
}

/// What the list of stories is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(in crate::cli) struct StoryFilter {
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<u32>,
    /// Only stories that this topic hit.
    #[arg(long)]
    pub(in crate::cli) topic: Option<String>,
    /// Only stories that this source carries.
    #[arg(long)]
    pub(in crate::cli) source: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum Deliveries {
    /// Every delivery, newest first.
    List(Filter),
    /// Makes deliveries due now: those named, else all that failed or wait for another attempt.
    Retry {
        /// Only this channel's.
        #[arg(long)]
        channel: Option<String>,
        /// The deliveries' ids.
        ids: Vec<String>,
    },
}

/// What a list is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(in crate::cli) struct Filter {
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<u32>,
    /// Only this topic.
    #[arg(long)]
    pub(in crate::cli) topic: Option<String>,
    /// Only this source.
    #[arg(long)]
    pub(in crate::cli) source: Option<String>,
    /// Only this channel.
    #[arg(long)]
    pub(in crate::cli) channel: Option<String>,
    /// Only deliveries in this state.
    #[arg(long, value_parser = delivery_states())]
    pub(in crate::cli) state: Option<DeliveryState>,
}

impl Filter {
    /// Says whether the list is narrowed to something.
    pub(in crate::cli) fn is_set(&self) -> bool {
        self.topic.is_some() || self.source.is_some() || self.channel.is_some() || self.state.is_some()
    }

    /// Takes what is not set here from what stands before the command's second word.
    fn or(self, before: Filter) -> Filter {
        Filter {
            limit: self.limit.or(before.limit),
            topic: self.topic.or(before.topic),
            source: self.source.or(before.source),
            channel: self.channel.or(before.channel),
            state: self.state.or(before.state),
        }
    }
}

/// What the list of sources is narrowed to.
#[derive(Clone, Debug, Default, PartialEq, clap::Args)]
pub(in crate::cli) struct SourceFilter {
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub(in crate::cli) limit: Option<u32>,
    /// Only this source.
    #[arg(long)]
    pub(in crate::cli) source: Option<String>,
    /// Only sources in this state.
    #[arg(long, value_parser = source_states())]
    pub(in crate::cli) state: Option<SourceMode>,
}

impl SourceFilter {
    fn or(self, before: SourceFilter) -> SourceFilter {
        SourceFilter {
            limit: self.limit.or(before.limit),
            source: self.source.or(before.source),
            state: self.state.or(before.state),
        }
    }
}

impl Sources {
    /// Returns what is meant: without a second word, the list.
    pub(in crate::cli) fn of(command: Option<Sources>, before: SourceFilter) -> Result<Sources, String> {
        match command {
            None => Ok(Sources::List(before)),
            Some(Sources::List(filter)) => Ok(Sources::List(filter.or(before))),
            Some(other) if before == SourceFilter::default() => Ok(other),
            Some(Sources::Refresh(_)) => Err(misplaced("sources refresh")),
            Some(Sources::Enable(_)) => Err(misplaced("sources enable")),
            Some(Sources::Disable(_)) => Err(misplaced("sources disable")),
        }
    }
}

impl Alerts {
    /// Returns what is meant: without a second word, the list.
    pub(in crate::cli) fn of(command: Option<Alerts>, before: Filter) -> Result<Alerts, String> {
        match command {
            None => Ok(Alerts::List(before)),
            Some(Alerts::List(filter)) => Ok(Alerts::List(filter.or(before))),
            Some(other) if before == Filter::default() => Ok(other),
            Some(Alerts::Show { .. }) => Err(misplaced("alerts show")),
        }
    }
}

impl StoryFilter {
    /// Says whether the list is narrowed to something.
    pub(in crate::cli) fn is_set(&self) -> bool {
        self.topic.is_some() || self.source.is_some()
    }

    fn or(self, before: StoryFilter) -> StoryFilter {
        StoryFilter {
            limit: self.limit.or(before.limit),
            topic: self.topic.or(before.topic),
            source: self.source.or(before.source),
        }
    }
}

impl Stories {
    /// Returns what is meant: without a second word, the list.
    pub(in crate::cli) fn of(command: Option<Stories>, before: StoryFilter) -> Result<Stories, String> {
        match command {
            None => Ok(Stories::List(before)),
            Some(Stories::List(filter)) => Ok(Stories::List(filter.or(before))),
            Some(other) if before == StoryFilter::default() => Ok(other),
            Some(Stories::Show { .. }) => Err(misplaced("stories show")),
        }
    }
}

impl Deliveries {
    /// Returns what is meant: without a second word, the list.
    pub(in crate::cli) fn of(command: Option<Deliveries>, before: Filter) -> Result<Deliveries, String> {
        match command {
            None => Ok(Deliveries::List(before)),
            Some(Deliveries::List(filter)) => Ok(Deliveries::List(filter.or(before))),
            Some(other) if before == Filter::default() => Ok(other),
            Some(Deliveries::Retry { .. }) => Err(misplaced("deliveries retry")),
        }
    }
}

fn misplaced(command: &str) -> String {
    format!("what narrows a list goes with `list`, not before `{command}`: `newshound help {command}`")
}

/// Reads a state, and lets the help and every error name all of them.
fn delivery_states() -> impl TypedValueParser<Value = DeliveryState> {
    let names = DeliveryState::ALL.iter().map(|state| state.as_str());
    PossibleValuesParser::new(names).map(|name| name.parse().expect("it is one of the names"))
}

fn source_states() -> impl TypedValueParser<Value = SourceMode> {
    let names = SourceMode::ALL.iter().map(|state| state.as_str());
    PossibleValuesParser::new(names).map(|name| name.parse().expect("it is one of the names"))
}
