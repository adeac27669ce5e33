//! Turns the configuration files into valid settings, or into every problem at once.
//!
//! Three steps: `raw` is what was written, `check` makes valid types of it, and nothing after
//! that validates again. Topics keep their terms as text with their places; the matcher
//! compiles those and reports what is wrong in the same form.

pub mod channel;
mod check;
pub mod definition;
pub mod edit;
pub mod environment;
pub mod extent;
mod later;
mod listed;
pub mod load;
mod nearest;
pub mod network;
pub mod place;
mod quoted;
mod raw;
mod reader;
mod render;
pub mod secret;
pub mod settings;
pub mod source;
pub mod sources;
pub mod starter;
mod text_file;
pub mod topic;
pub mod trail;
mod value;

pub use channel::{ChannelConfig, ChannelKind, EmailConfig, RouteConfig, WebhookConfig};
pub use check::{DEFAULT_ROUTE, guard_problems, language};
pub use definition::{Definition, changed_keys, changed_topic_keys, topic_versions};
pub use environment::Environment;
pub use extent::{TopicTable, TopicTables};
pub use load::{Loaded, Wanted, in_order, load, parse_str};
pub use network::{Networks, Refused, literal_address, refused_port};
pub use place::{Place, Problem, Severity, SourceFile};
pub use secret::{Secret, SigningKey};
pub use settings::{
    Config, FetchConfig, MailTls, PerHost, ServerConfig, SmtpConfig, StoreConfig, StoriesConfig,
};
pub use source::{Interval, Source, SourceKind, shown_url};
pub use sources::Sources;
pub use starter::starter_files;
pub(crate) use text_file::reason as why_unreadable;
pub use topic::{Example, Expect, Learn, Near, Query, Term, Topic, WEIGHTS, WITHIN};
pub use trail::{Marks, Trail};
pub use value::duration;

#[cfg(test)]
mod tests;
