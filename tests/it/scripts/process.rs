//! What only the process itself can show: H-01 and H-12, by the program as its users run it.

use std::io::Write;

use tokio::process::Child;

use super::feeds::{answer, ok};
use super::scripts;
use crate::fetch::tls::made;
use crate::program::{PATIENCE, Program, stopped, text};
use crate::wire::Server;

scripts! {
    h01, "H-01", "48 KB of gzip that expand to 50 MB: `too_large`, at most 32 MiB of memory above idle, nothing stored";
    h12, "H-12", "self-signed, expired and wrong names: `tls` each, never tried without verification or over http";
}

/// Returns a configuration of these sources.
fn config(sources: &[(&str, &str)]) -> String {
    format!(
        "watch = false\nserver.listen = ''\nstore.url = 'sqlite:n.db'\n\
         [fetch]\ncontact = 'ops@example.org'\nallow_networks = ['127.0.0.0/24']\n{}",
        super::stage::hourly(sources)
    )
}

/// Starts a daemon and waits until each of its sources was polled.
async fn polled(program: &Program, n_sources: usize) -> Child {
    let daemon = program.start(&["run"]);
    let polling = async {
        loop {
            // At first there is no store to look into.
            let listed = program.run(&["sources", "list", "--json"]).await;
            if text(&listed.stdout).matches(r#""last_poll":"2"#).count() == n_sources {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, polling).await.expect("all sources are polled");
    daemon
}

/// Returns the most memory a process has had, in MiB.
fn peak_mib(daemon: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.id().unwrap())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}

async fn neighbour() -> Server {
    Server::start("127.0.0.2", |_| ok(&[("ETag", "\"n\"")], &["old"])).await
}

async fn h01() -> String {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(&vec![0; 50 << 20]).unwrap();
    let bomb = encoder.finish().unwrap();
    assert!((40_000..60_000).contains(&bomb.len()), "{}", bomb.len());
    let server =
        Server::start("127.0.0.1", move |_| answer(200, &[("Content-Encoding", "gzip")], &bomb)).await;
    let neighbour = neighbour().await;
    let healthy = neighbour.url("/feed").to_string();
    let idle = Program::new(&config(&[("neighbour", &healthy)]));
    let daemon = polled(&idle, 1).await;
    let idle_mib = peak_mib(&daemon);
    stopped(daemon).await;
    let program = Program::new(&config(&[("bad", server.url("/feed").as_str()), ("neighbour", &healthy)]));
    let daemon = polled(&program, 2).await;
    let above = peak_mib(&daemon).saturating_sub(idle_mib);
    let listed = program.json(&["sources", "list"]).await;
    stopped(daemon).await;
    assert!(above <= 32, "{above} MiB above {idle_mib} MiB");
    assert_eq!(
        (listed[0]["class"].as_str(), listed[0]["state"].as_str()),
        (Some("too_large"), Some("backing_off"))
    );
    assert_eq!((listed[0]["items"].as_u64(), listed[1]["class"].as_str()), (Some(0), Some("ok")));
    assert_eq!(listed[1]["items"], 1);
    "`too_large`, `backing_off`, 0 items; within 32 MiB above idle; the neighbour is read".to_owned()
}

async fn h12() -> String {
    let cases = [
        ("good", made("127.0.0.1", true, 2099)),
        ("self-signed", made("127.0.0.1", false, 2099)),
        ("expired", made("127.0.0.1", true, 2021)),
        ("wrong-name", made("127.0.0.9", true, 2099)),
    ];
    let (mut servers, mut authorities) = (Vec::new(), String::new());
    for (name, made) in cases {
        authorities += &made.pem;
        let feed = ok(&[("ETag", "\"a\"")], &[name]);
        servers.push((name, Server::start_tls("127.0.0.1", made.served, move |_| feed.clone()).await));
    }
    let urls: Vec<_> =
        servers.iter().map(|(name, server)| (*name, server.url("/feed").to_string())).collect();
    let sources: Vec<(&str, &str)> = urls.iter().map(|(name, url)| (*name, url.as_str())).collect();
    let mut program = Program::new(&config(&sources));
    std::fs::write(program.path("authorities.pem"), authorities).unwrap();
    program.set("SSL_CERT_FILE", program.path("authorities.pem"));
    let ran = program.run(&["run", "--once"]).await;
    assert!(ran.status.success(), "{ran:?}");
    for source in program.json(&["sources", "list"]).await {
        let expect = if source["id"] == "good" { "ok" } else { "tls" };
        assert_eq!(source["class"], expect, "{source}");
    }
    for (name, server) in &servers[1..] {
        assert_eq!((server.connections(), server.seen().len()), (1, 0), "{name}");
    }
    "`tls` three times, one connection and no request each; the good one is read".to_owned()
}
