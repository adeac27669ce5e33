//! The configuration in force, with all that is built of it: one value that is swapped whole.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::Outlet;
use crate::config::{Config, Sources, Topic};
use crate::fetch::Fetcher;
use crate::matcher::Matcher;
use crate::model::{TopicId, TopicVersion};
use crate::notify::relay::Relay;

/// What a configuration is built to. A poll and a delivery end with the one they began with.
pub struct Live {
    /// The settings.
    pub config: Arc<Config>,
    /// The sources of the settings, by id.
    pub sources: Sources,
    /// The versions of the topics, by id.
    pub versions: Arc<HashMap<TopicId, TopicVersion>>,
    /// Where each topic stands among the settings.
    topics: HashMap<TopicId, usize>,
    /// Their matcher.
    pub matcher: Matcher,
    /// The client.
    pub fetcher: Fetcher,
    /// The channels.
    pub outlets: Vec<Arc<Outlet>>,
    /// The relay that the e-mail channels share.
    pub relay: Option<Arc<Relay>>,
    /// The zone of rendered dates.
    pub timezone: TimeZone,
}

/// The parts that are built outside of here.
pub struct Built {
    /// The matcher of the topics.
    pub matcher: Matcher,
    /// The versions of the topics.
    pub versions: HashMap<TopicId, TopicVersion>,
    /// The client.
    pub fetcher: Fetcher,
    /// The channels.
    pub outlets: Vec<Arc<Outlet>>,
    /// The relay of the e-mail channels.
    pub relay: Option<Arc<Relay>>,
    /// The zone of rendered dates.
    pub timezone: TimeZone,
}

impl Live {
    /// Puts the parts together.
    pub fn new(config: Arc<Config>, built: Built) -> Self {
        let Built { matcher, versions, fetcher, outlets, relay, timezone } = built;
        Live {
            sources: config.sources.clone(),
            topics: config.topics.iter().enumerate().map(|(at, topic)| (topic.id.clone(), at)).collect(),
            config,
            versions: Arc::new(versions),
            matcher,
            fetcher,
            outlets,
            relay,
            timezone,
        }
    }

    /// Returns the topic of this id.
    pub fn topic(&self, id: &TopicId) -> Option<&Topic> {
        self.topics.get(id).and_then(|at| self.config.topics.get(*at))
    }
}
