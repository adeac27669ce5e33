//! The words every stage shares: plain data without behaviour of its own.
//!
//! Types that cross floors live here, so that two modules of one floor never
//! need to know each other.

pub mod alert;
pub mod cause;
pub mod class;
pub mod definition;
pub mod delivery;
pub mod fresh;
pub mod hashed;
pub mod id;
pub mod imprint;
pub mod item;
pub mod naming;
pub mod retry_after;
pub mod sketch;
pub mod source;
pub mod text;
pub mod verdict;
pub mod words;

pub use alert::{Alert, AlertKind, Change, FollowUp, FollowUps, StoryRef};
pub use class::{DeliveryClass, PollClass, StoreClass};
pub use definition::{DefinitionKind, TopicVersion};
pub use delivery::{Delivery, DeliveryState, Held, Retry};
pub use fresh::Fresh;
pub use id::{
    AlertId, ChannelName, DeliveryId, ItemId, SourceId, StoryId, Timestamp, TopicId, fingerprint,
    fingerprint_of,
};
pub use imprint::{Imprint, Imprints, KeyHashes, Prints};
pub use item::{Decision, Evidence, Field, Item, ItemKeys, RawItem, Score, ScoreOutcome};
pub use naming::{Calls, Named, Naming, Trust, Use, Uses};
pub use retry_after::RetryAfter;
pub use sketch::{Shingle, Sketch, Term};
pub use source::{
    Decide, Destination, Found, Hints, Landing, Marker, Memory, Moved, Next, Note, PollRecord, Routed,
    SeenItem, SourceMode, SourceState, Unchanged, Validators,
};
pub use verdict::{JudgedItem, TakenVerdict, Verdict};
