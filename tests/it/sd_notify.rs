//! What the program tells systemd, heard on a socket as systemd's own.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixDatagram};

use crate::program::{PATIENCE, Program, stopped};
use crate::wire::{Reply, Server};

/// Waits for a message that holds this line; returns all that was said before it.
pub(crate) async fn hear(socket: &UnixDatagram, line: &str) -> Vec<String> {
    let mut said = Vec::new();
    let hearing = async {
        let mut bytes = [0; 4096];
        loop {
            let n = socket.recv(&mut bytes).await.unwrap();
            let message = String::from_utf8(bytes[..n].to_vec()).unwrap();
            if message.lines().any(|said| said == line) {
                return;
            }
            said.push(message);
        }
    };
    tokio::time::timeout(PATIENCE, hearing).await.unwrap_or_else(|_| panic!("`{line}` is not said"));
    said
}

#[tokio::test]
async fn systemd_hears_ready_the_beat_and_the_end() {
    let mut program = Program::new("[server]\nlisten = \"\"\n[fetch]\ncontact = \"ops@example.org\"\n");
    let path = program.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    program.set("NOTIFY_SOCKET", &path);
    program.set("WATCHDOG_USEC", Duration::from_millis(300).as_micros().to_string());
    let daemon = program.start(&["run"]);
    let before = hear(&socket, "READY=1").await;
    assert!(!before.iter().any(|message| message.contains("STOPPING")), "{before:?}");
    for _ in 0..3 {
        hear(&socket, "WATCHDOG=1").await;
    }
    let output = stopped(daemon).await;
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let before = hear(&socket, "STOPPING=1").await;
    assert!(before.iter().all(|message| message.trim() == "WATCHDOG=1"), "{before:?}");
}

#[tokio::test]
async fn systemd_hears_of_the_end_before_what_is_in_flight_has_ended() {
    let receiver = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let feed = Server::start("127.0.0.1", |seen| {
        let title = if seen.number == 1 { "old" } else { "war" };
        let item = format!("<item><guid>{title}</guid><title>{title}</title></item>");
        Reply::ok(format!("<rss version='2.0'><channel><title>f</title>{item}</channel></rss>").as_bytes())
    })
    .await;
    let mut program = Program::new(&format!(
        "server.listen = ''\n[fetch]\ninterval = '1s'\nallow_networks = ['127.0.0.0/24']\n\
         [[source]]\nid = 's'\nurl = '{}'\n[[topic]]\nname = 'War'\nany = ['war^2']\n\
         [[channel]]\nname = 'hook'\nkind = 'webhook'\nurl = 'http://{}/'\n",
        feed.url("/feed"),
        receiver.local_addr().unwrap()
    ));
    let path = program.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    program.set("NOTIFY_SOCKET", &path);
    let daemon = program.start(&["run"]);
    let (mut attempt, _) = tokio::time::timeout(PATIENCE, receiver.accept()).await.unwrap().unwrap();
    // An answer that overtakes its request is no answer.
    tokio::time::timeout(PATIENCE, attempt.read_u8()).await.unwrap().unwrap();
    let heard = async {
        hear(&socket, "STOPPING=1").await;
        attempt.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
    };
    let (output, ()) = tokio::join!(stopped(daemon), heard);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let delivery = program.json(&["deliveries", "list"]).await.remove(0);
    assert_eq!(delivery["state"], "delivered", "the answer came in time: {delivery}");
}

#[tokio::test]
async fn systemd_hears_of_each_reload_and_what_came_of_it() {
    let good = "watch = false\n[server]\nlisten = \"\"\n[fetch]\ncontact = \"ops@example.org\"\n";
    let mut program = Program::new(good);
    let path = program.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    program.set("NOTIFY_SOCKET", &path);
    let daemon = program.start(&["run"]);
    hear(&socket, "READY=1").await;
    let pid = daemon.id().unwrap().to_string();
    let bad = format!("{good}wrong = 1\n");
    for (config, status) in [
        (good, "STATUS=configuration reloaded"),
        (&bad, "STATUS=configuration rejected, the one before is in force"),
    ] {
        std::fs::write(program.path("newshound.toml"), config).unwrap();
        let asked = tokio::process::Command::new("kill").args(["-HUP", &pid]).status().await.unwrap();
        assert!(asked.success());
        let begun = next(&socket).await;
        let mut lines = begun.lines();
        assert_eq!(lines.next(), Some("RELOADING=1"));
        let time = lines.next().and_then(|line| line.strip_prefix("MONOTONIC_USEC="));
        assert!(time.is_some_and(|time| time.parse::<u64>().is_ok_and(|time| time > 0)), "{begun}");
        assert_eq!(next(&socket).await.lines().collect::<Vec<_>>(), ["READY=1", status]);
    }
    assert_eq!(stopped(daemon).await.status.code(), Some(0));
}

async fn next(socket: &UnixDatagram) -> String {
    let mut bytes = [0; 4096];
    let n =
        tokio::time::timeout(PATIENCE, socket.recv(&mut bytes)).await.expect("it says something").unwrap();
    String::from_utf8(bytes[..n].to_vec()).unwrap()
}

#[tokio::test]
async fn a_store_that_cannot_be_opened_is_never_ready() {
    let mut program = Program::new("[store]\nurl = \"sqlite:blocked/news.db\"\n[server]\nlisten = \"\"\n");
    std::fs::write(program.path("state"), "no folder").unwrap();
    let path = program.path("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    program.set("NOTIFY_SOCKET", &path);
    let output = program.run(&["run"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let mut bytes = [0; 64];
    assert_eq!(socket.try_recv(&mut bytes).unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
}
