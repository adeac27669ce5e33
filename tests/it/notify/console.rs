//! The console's output.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use newshound::config::{ChannelConfig, ChannelKind};
use newshound::model::{ChannelName, Retry};
use newshound::notify::console::{Console, Look, Output};
use newshound::notify::{Channel, Parts};

use super::{NOW, message, parts};

fn console(output: Output, look: Look) -> Channel {
    let config = ChannelConfig {
        name: ChannelName::new("console"),
        kind: ChannelKind::Console,
        retry: None,
        rate_per_minute: 30,
        in_flight: 1,
        place: None,
    };
    Channel::build(&config, Parts { console: Console::new(output, look), ..parts() }).unwrap()
}

#[tokio::test]
async fn every_alert_is_one_block_one_line_or_one_object() {
    let written = Arc::new(Mutex::new(Vec::new()));
    for look in [Look::Block { columns: 80, colour: false }, Look::Line, Look::Json] {
        console(Arc::clone(&written) as Output, look).send(&message(), NOW).await.unwrap();
    }
    let written = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    let (text, json) = written.trim_end().rsplit_once('\n').unwrap();
    insta::assert_snapshot!(text);
    let body: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(body["type"], "alert.created");
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn an_output_that_is_closed_is_tried_again_later() {
    let error = console(Arc::new(Mutex::new(Closed)), Look::Line).send(&message(), NOW).await.unwrap_err();
    assert_eq!((error.class().as_str(), error.retry()), ("transient", Retry::Later));
    assert_eq!(error.told(), "the output takes nothing: broken pipe");
}
