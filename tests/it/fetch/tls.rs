//! Certificates: only good ones are believed.

use super::*;
use crate::wire::{Reply, Server};
use newshound::fetch::{Authorities, install_crypto_provider};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;

/// A certificate of an own authority, or of nobody.
pub(crate) struct Made {
    pub(crate) authority: reqwest::Certificate,
    /// The authority, for a file.
    pub(crate) pem: String,
    pub(crate) served: rustls::ServerConfig,
}

/// Makes a certificate for this name, signed by its authority or by itself, that holds to the
/// beginning of this year.
pub(crate) fn made(name: &str, signed: bool, until: i32) -> Made {
    install_crypto_provider();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate =
        if signed { params.signed_by(&key, &authority) } else { params.self_signed(&key) }.unwrap();
    let served = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap();
    let pem = authority.pem();
    Made { authority: reqwest::Certificate::from_der(authority.der()).unwrap(), pem, served }
}

async fn fetched(made: Made) -> (Result<Fetched, FetchError>, Server) {
    let server = Server::start_tls("127.0.0.1", made.served, |_| Reply::ok(b"<rss/>")).await;
    let fetcher = Fetcher::trusting(&config(), "0.1.0", &Authorities::Only(vec![made.authority])).unwrap();
    let url = server.url("/");
    (fetcher.get(&Request { url: &url, validators: None, headers: &[] }).await, server)
}

#[tokio::test]
async fn a_good_certificate_is_believed() {
    let (got, _server) = fetched(made("127.0.0.1", true, 2099)).await;
    assert_eq!(got.unwrap().body, b"<rss/>");
}

#[tokio::test]
async fn h12_bad_certificates_are_not_and_nothing_is_tried_again() {
    for (what, made) in [
        ("self-signed", made("127.0.0.1", false, 2099)),
        ("expired", made("127.0.0.1", true, 2021)),
        ("wrong name", made("127.0.0.9", true, 2099)),
    ] {
        let (got, server) = fetched(made).await;
        assert_eq!(class(got), PollClass::Tls, "{what}");
        assert_eq!((server.connections(), server.seen().len()), (1, 0), "{what}");
    }
}

#[tokio::test]
async fn the_systems_authorities_do_not_know_ours() {
    let server =
        Server::start_tls("127.0.0.1", made("127.0.0.1", true, 2099).served, |_| Reply::ok(b"")).await;
    assert_eq!(class(get_with(&server.url("/"), None).await), PollClass::Tls);
}

#[tokio::test]
async fn a_server_without_tls_is_a_failure_of_tls() {
    let server = Server::start("127.0.0.1", |_| Reply::ok(b"")).await;
    let url = Url::parse(&format!("https://127.0.0.1:{}/", server.port())).unwrap();
    assert_eq!(class(get_with(&url, None).await), PollClass::Tls);
}

/// Runs tests of this binary in a process of their own, whose system knows no authority.
#[track_caller]
fn run_without_authorities(test: &str) {
    let nobody = tempfile::NamedTempFile::new().unwrap();
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env("SSL_CERT_FILE", nobody.path())
        .env_remove("SSL_CERT_DIR")
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && printed.contains("1 passed"), "{printed}");
}

#[test]
fn on_a_machine_without_authorities_http_works_and_https_does_not() {
    run_without_authorities("fetch::requests::e09_the_headers_are_these_every_time");
    run_without_authorities("fetch::tls::the_systems_authorities_do_not_know_ours");
}

/// What a server of HTTP/2 does with a request.
#[derive(Clone, Copy)]
enum Second {
    Answer,
    Short,
    Flood,
}

/// Answers one request by HTTP/2, which the handshake of TLS has agreed on.
async fn fetched_by_http2(second: Second) -> Result<Fetched, FetchError> {
    let mut made = made("127.0.0.1", true, 2099);
    made.served.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(made.served));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("https://{}/feed?x=1", listener.local_addr().unwrap())).unwrap();
    let serving = async {
        let stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
        let mut connection = h2::server::handshake(stream).await.unwrap();
        while let Some(Ok((request, mut respond))) = connection.accept().await {
            assert_eq!(request.uri().path_and_query().unwrap(), "/feed?x=1");
            let mut answer = http::Response::builder().header("etag", "\"2\"");
            if let Second::Flood = second {
                answer = answer.header("x-flood", "v".repeat(70_000));
            }
            if let Second::Short = second {
                answer = answer.header("content-length", "10000");
            }
            let Ok(mut body) = respond.send_response(answer.body(()).unwrap(), false) else { continue };
            let _ = body.send_data("<rss/>".into(), true);
        }
        std::future::pending::<()>().await;
    };
    let fetcher = Fetcher::trusting(&config(), "0.1.0", &Authorities::Only(vec![made.authority])).unwrap();
    let request = Request { url: &url, validators: None, headers: &[] };
    tokio::select! {
        got = fetcher.get(&request) => got,
        () = serving => unreachable!("it serves for ever"),
    }
}

#[tokio::test]
async fn http2_is_spoken_where_offered() {
    let fetched = fetched_by_http2(Second::Answer).await.unwrap();
    assert_eq!(
        (fetched.body.as_slice(), fetched.validators.unwrap().etag.unwrap().as_slice()),
        (&b"<rss/>"[..], &b"\"2\""[..])
    );
    assert_eq!(class(fetched_by_http2(Second::Short).await), PollClass::Truncated);
    let flood = fetched_by_http2(Second::Flood).await;
    assert_eq!(class(flood), PollClass::HeaderLimit);
}
