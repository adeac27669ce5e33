//! What page and metrics tell of a reload.

use newshound::store::{LastReload, ReloadNote};
use newshound::web::Shown;

use super::figures::parse;
use super::*;

#[tokio::test]
async fn a_rejected_configuration_is_told_as_text_and_counted_until_one_is_taken() {
    let served = serve("", Limits::default()).await;
    let read = |answer: &Answer| {
        let figures = parse(&answer.body);
        let value = |name: &str| figures.value(name, &[]).unwrap();
        (value("config_last_reload_successful"), value("config_last_reload_timestamp_seconds"))
    };
    let started = 1_772_525_640.0;
    assert_eq!(read(&get(served.address, "/metrics").await), (1.0, started));
    for (result, successful, said) in [
        (LastReload::Rejected, 0.0, Some("The changed configuration was rejected")),
        (LastReload::Partial, 0.0, Some("Part of the changed configuration was not taken")),
        (LastReload::Ok, 1.0, None),
    ] {
        let shown = served.site.shown();
        let reload = ReloadNote {
            result,
            time: now() + Duration::from_mins(1),
            error: said.map(|_| "n.toml:3:1: unknown key `<b>`".to_owned()),
            waits: Vec::new(),
            replayed: Vec::new(),
        };
        let note = DaemonNote { reload: Some(reload), ..shown.note.clone() };
        let (config, timezone) = (Arc::clone(&shown.config), shown.timezone.clone());
        served.site.show(Shown { config, timezone, note });
        assert_eq!(read(&get(served.address, "/metrics").await), (successful, started + 60.0));
        let page = get(served.address, "/").await.body;
        match said {
            Some(said) => assert!(page.contains(said) && page.contains("unknown key `&lt;b&gt;`"), "{page}"),
            None => assert!(!page.contains("configuration"), "{page}"),
        }
    }
}
