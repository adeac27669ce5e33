//! Certificates: only good ones are believed.

use super::*;
use crate::wire::{Reply, Server};
use newshound::fetch::{Authorities, install_crypto_provider};
use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::PrivateKeyDer;

/// A certificate of an own authority, or of nobody.
struct Made {
    authority: reqwest::Certificate,
    served: rustls::ServerConfig,
}

fn made(name: &str, signed: bool, until: i32) -> Made {
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
    Made { authority: reqwest::Certificate::from_der(authority.der()).unwrap(), served }
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
