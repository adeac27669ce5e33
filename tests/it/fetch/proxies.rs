//! Requests through proxies: what these see, what comes back, and whose fault it is if nothing does.

use std::net::SocketAddr;

use super::tls::made;
use super::*;
use crate::program::{Program, text};
use crate::proxy::{Answer, Proxy, Speech};
use crate::wire::{Reply, Server};
use newshound::fetch::Authorities;

/// Returns a configuration with this proxy.
fn through(proxy: &str) -> FetchConfig {
    FetchConfig { proxy: Some(Secret::new(proxy)), ..config() }
}

fn feeds() -> Url {
    Url::parse("http://feeds.invalid/feed?x=1").unwrap()
}

async fn feed_server() -> Server {
    Server::start("127.0.99.2", |_| Reply::ok(b"<rss/>")).await
}

fn address(server: &Server) -> SocketAddr {
    let url = server.url("/");
    format!("{}:{}", url.host_str().unwrap(), server.port()).parse().unwrap()
}

/// An address that is taken and not listened on.
fn nobody() -> (tokio::net::TcpSocket, String) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.99.1:0".parse().unwrap()).unwrap();
    let address = socket.local_addr().unwrap().to_string();
    (socket, address)
}

#[tokio::test]
async fn an_http_proxy_gets_the_whole_address_and_its_credentials() {
    let proxy = Server::start("127.0.99.1", |_| Reply::ok(b"<rss/>")).await;
    let mut url = feeds();
    url.set_username("me").unwrap();
    let config = through(&format!("http://us%40er:p%3Aw@127.0.99.1:{}", proxy.port()));
    let request = Request { url: &url, validators: None, headers: &[secret("X-Key", "k")] };
    assert_eq!(fetcher(&config).get(&request).await.unwrap().body, b"<rss/>");
    let seen = &proxy.seen()[0];
    assert_eq!(seen.line, "GET http://feeds.invalid/feed?x=1 HTTP/1.1");
    assert_eq!(seen.header("proxy-authorization"), Some(&b"Basic dXNAZXI6cDp3"[..]));
    assert_eq!(seen.header("authorization"), Some(&b"Basic bWU6"[..]));
    assert_eq!((seen.header("host"), seen.header("x-key")), (Some(&b"feeds.invalid"[..]), Some(&b"k"[..])));
    assert_eq!(seen.header("user-agent"), Some(&b"newshound/0.1.0 (+ops@example.org)"[..]));
}

/// Serves https for `feeds.invalid` behind a proxy that connects; returns the body that came, what
/// the proxy was told, and the request that the server saw.
async fn tunnelled(
    speech: Speech,
    login: &str,
    more: Vec<reqwest::Certificate>,
) -> (Vec<u8>, String, String) {
    let tls = matches!(speech, Speech::ConnectOverTls(_));
    let socks = matches!(speech, Speech::Socks(_));
    let certificate = made("feeds.invalid", true, 2099);
    let server = Server::start_tls("127.0.99.2", certificate.served, |_| Reply::ok(b"<rss/>")).await;
    let proxy = Proxy::start(speech, Answer::Connects, address(&server)).await;
    let scheme = if tls {
        "https"
    } else if socks {
        "socks5h"
    } else {
        "http"
    };
    let authorities = [more, vec![certificate.authority]].concat();
    let config = through(&format!("{scheme}://{login}{}", proxy.address));
    let fetcher = Fetcher::trusting(&config, "0.1.0", &Authorities::Only(authorities)).unwrap();
    let url = Url::parse("https://feeds.invalid/feed").unwrap();
    let headers = [secret("Cookie", "a=b")];
    let request = Request { url: &url, validators: None, headers: &headers };
    let body = fetcher.get(&request).await.unwrap().body;
    assert_eq!(server.seen()[0].header("cookie"), Some(&b"a=b"[..]));
    let names: Vec<_> = server.seen()[0].headers.iter().map(|(name, _)| name.clone()).collect();
    (body, proxy.told().concat(), names.join(" "))
}

#[tokio::test]
async fn https_goes_through_a_tunnel_which_alone_gets_the_proxys_credentials() {
    let ours = "user-agent accept accept-encoding cookie host";
    let (body, told, names) = tunnelled(Speech::Connect, "me:secret@", Vec::new()).await;
    let head = "CONNECT feeds.invalid:443 HTTP/1.1\r\nHost: feeds.invalid:443";
    assert_eq!(told, format!("{head}\r\nProxy-Authorization: Basic bWU6c2VjcmV0"));
    assert_eq!((body.as_slice(), names.as_str()), (&b"<rss/>"[..], ours));

    let certificate = made("127.0.99.1", true, 2099);
    let over_tls = Speech::ConnectOverTls(std::sync::Arc::new(certificate.served));
    let (body, told, names) = tunnelled(over_tls, "", vec![certificate.authority]).await;
    assert_eq!((body.as_slice(), told.as_str(), names.as_str()), (&b"<rss/>"[..], head, ours));

    let (body, told, names) = tunnelled(Speech::Socks(None), "", Vec::new()).await;
    assert_eq!((body.as_slice(), told.as_str(), names.as_str()), (&b"<rss/>"[..], "feeds.invalid:443", ours));
}

#[tokio::test]
async fn a_socks_proxy_gets_the_name_or_what_it_resolves_to() {
    let server = feed_server().await;
    let proxy = Proxy::start(Speech::Socks(Some(("me", "p w"))), Answer::Connects, address(&server)).await;
    let config = through(&format!("socks5h://me:p%20w@{}", proxy.address));
    assert_eq!(get(&config, &feeds()).await.unwrap().body, b"<rss/>");
    let config = through(&format!("socks5://me:p%20w@{}", proxy.address));
    let local = Url::parse("http://localhost:8000/").unwrap();
    assert_eq!(get(&config, &local).await.unwrap().body, b"<rss/>");
    let public = Url::parse("http://[2606:4700::1111]/").unwrap();
    assert_eq!(get(&config, &public).await.unwrap().body, b"<rss/>");
    let told = proxy.told();
    assert_eq!(told[0], "feeds.invalid:80");
    assert!(told[1].starts_with('[') && told[1].ends_with("1]:8000"), "{told:?}");
    assert!(told[2].starts_with("[38, 6, 71, 0,"), "{told:?}");
    assert_eq!(server.seen()[0].line, "GET /feed?x=1 HTTP/1.1");
}

/// Fetches through a proxy that fails, and says what that is called and how it is told.
async fn failure(proxy: &str, url: &Url) -> (PollClass, String) {
    let error = get(&through(proxy), url).await.unwrap_err();
    let message = error.message();
    assert!(!message.contains("secret") && !message.contains("bWU6"), "{message}");
    (error.class(), message)
}

#[tokio::test]
async fn what_the_proxy_does_wrong_is_told_as_its_fault() {
    let (http, https) = (feeds(), Url::parse("https://feeds.invalid/").unwrap());
    let server = feed_server().await;
    let refuses = async |speech, code| Proxy::start(speech, Answer::Refuses(code), address(&server)).await;

    for scheme in ["http", "socks5h"] {
        let (_taken, gone) = nobody();
        for url in [&http, &https] {
            let (class, message) = failure(&format!("{scheme}://me:secret@{gone}"), url).await;
            assert_eq!(class, PollClass::Connect, "{message}");
            assert!(message.starts_with(&format!("feeds.invalid: the proxy {gone}: ")), "{message}");
        }
    }
    for url in [&http, &https] {
        let (class, message) = failure("http://me:secret@proxy.invalid:3128", url).await;
        assert_eq!(class, PollClass::Dns, "{message}");
        assert!(message.contains("the proxy proxy.invalid:3128: the name does not resolve"), "{message}");
    }
    let proxy = Server::start("127.0.99.1", |_| Reply::whole(407, &[], b"")).await;
    let strict = refuses(Speech::Connect, 407).await;
    let socks = Proxy::start(Speech::Socks(Some(("me", "other"))), Answer::Connects, address(&server)).await;
    for (proxy, url) in [
        (format!("http://me:secret@127.0.99.1:{}", proxy.port()), &http),
        (format!("http://me:secret@{}", strict.address), &https),
        (format!("socks5h://me:secret@{}", socks.address), &http),
        (format!("socks5h://{}", socks.address), &http),
    ] {
        let (class, message) = failure(&proxy, url).await;
        assert_eq!(class, PollClass::AuthRequired, "{message}");
        assert!(message.ends_with("wants other credentials than those in `fetch.proxy`"), "{message}");
    }
    let tunnel = refuses(Speech::Connect, 502).await;
    let (class, message) = failure(&format!("http://{}", tunnel.address), &https).await;
    assert_eq!(class, PollClass::Connect);
    assert!(
        message.ends_with(&format!("the proxy {}: did not connect: unsuccessful", tunnel.address)),
        "{message}"
    );
    let socks = refuses(Speech::Socks(None), 4).await;
    let (class, message) = failure(&format!("socks5h://{}", socks.address), &http).await;
    assert_eq!(class, PollClass::Connect);
    assert!(message.contains(&format!("the proxy {}: did not connect: ", socks.address)), "{message}");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_proxy_that_says_nothing_is_named() {
    let silent = Server::start("127.0.99.1", |_| Reply::raw("").wait()).await;
    let short = Duration::from_millis(100);
    let config = through(silent.url("/").as_str());
    let answer = FetchConfig { first_byte_timeout: short, ..config.clone() };
    let connection = FetchConfig { connect_timeout: short, ..config };
    for (config, url, what) in
        [(answer, "http://feeds.invalid/", "answer"), (connection, "https://feeds.invalid/", "connection")]
    {
        let error = get(&config, &Url::parse(url).unwrap()).await.unwrap_err();
        let port = silent.port();
        let text = format!("feeds.invalid: no {what} within 100ms through the proxy 127.0.99.1:{port}");
        assert_eq!((error.class(), error.message()), (PollClass::Timeout, text));
    }
}

#[tokio::test]
async fn what_the_source_does_wrong_is_not_the_proxys_fault() {
    // The server behind the tunnel has a certificate that nobody knows.
    let server =
        Server::start_tls("127.0.99.2", made("feeds.invalid", true, 2099).served, |_| Reply::ok(b"")).await;
    let proxy = Proxy::start(Speech::Connect, Answer::Connects, address(&server)).await;
    let https = Url::parse("https://feeds.invalid/").unwrap();
    let (class, message) = failure(&format!("http://{}", proxy.address), &https).await;
    assert_eq!(class, PollClass::Tls);
    assert!(!message.contains("proxy"), "{message}");
    // Names that this side asks for, before the proxy is.
    let socks = Proxy::start(Speech::Socks(None), Answer::Connects, address(&server)).await;
    let (class, message) = failure(&format!("socks5://{}", socks.address), &feeds()).await;
    assert_eq!(class, PollClass::Dns, "{message}");
    assert!(message.starts_with("feeds.invalid: the name does not resolve"), "{message}");
    assert!(socks.told().is_empty());
}

#[tokio::test]
async fn through_a_proxy_an_address_is_judged_by_what_it_says() {
    let proxy = Server::start("127.0.99.1", |seen| {
        let named = seen.line.contains("feeds.invalid");
        if named { Reply::redirect(302, "http://127.0.99.7/admin") } else { Reply::ok(b"<rss/>") }
    })
    .await;
    let config = through(proxy.url("/").as_str());
    for url in
        ["http://127.0.99.7/", "http://0x7f.99.7/", "http://[::ffff:10.0.0.1]/", "https://192.168.1.1/"]
    {
        assert_eq!(class(get(&config, &Url::parse(url).unwrap()).await), PollClass::AddressRefused, "{url}");
    }
    assert_eq!(proxy.connections(), 0);
    assert_eq!(class(get(&config, &feeds()).await), PollClass::AddressRefused, "a redirect to one");
    assert_eq!(proxy.seen().len(), 1);
    // A name that this machine would resolve inside is the proxy's to resolve.
    assert!(get(&config, &Url::parse("http://localhost/").unwrap()).await.is_ok());
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_asked_and_the_configured_one_is() {
    let environment = Server::start("127.0.0.3", |_| Reply::ok(b"<rss/>")).await;
    let configured = Server::start("127.0.99.1", |_| Reply::whole(407, &[], b"")).await;
    let feed = Server::start("127.0.0.1", |_| {
        Reply::ok(
            b"<rss version='2.0'><channel><title>f</title><item><title>one</title></item></channel></rss>",
        )
    })
    .await;
    let base = "watch = false\nserver.listen = ''\n[fetch]\ncontact = 'o@example.org'\nallow_networks = ['127.0.0.0/24']\n";
    let source = format!("[[source]]\nid = 'feed'\nurl = '{}'\n", feed.url("/feed"));
    let mut program = Program::new(&format!("{base}{source}"));
    for name in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        program.set(name, environment.url("/").as_str());
    }
    assert!(program.run(&["run", "--once"]).await.status.success());
    assert_eq!((feed.seen().len(), environment.connections()), (1, 0));

    let mut program = Program::new(&format!("{base}proxy = {{ env = 'OUR_PROXY' }}\n{source}"));
    program.set("no_proxy", "*");
    program.set("OUR_PROXY", format!("http://me:secret@127.0.99.1:{}", configured.port()));
    let ran = program.run(&["run", "--once"]).await;
    assert_eq!((feed.seen().len(), configured.seen().len()), (1, 1));
    let listed = program.run(&["sources", "list", "--json"]).await;
    assert!(text(&listed.stdout).contains("the proxy 127.0.99.1:"), "{listed:?}");
    assert!(text(&listed.stdout).contains(r#""class":"auth_required""#), "{listed:?}");
    for output in [ran, listed] {
        assert!(
            !text(&output.stdout).contains("secret") && !text(&output.stderr).contains("secret"),
            "{output:?}"
        );
    }
}
