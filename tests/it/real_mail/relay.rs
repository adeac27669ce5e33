//! A mail server that is a program of its own, the certificates it shows, and an ear on the wire.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdout, Command};

use crate::program::PATIENCE;

const TOOLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools");

/// Returns a Python with the library the server is made of: the one the variable names, which must
/// have it, else the system's where it has it.
pub(super) fn python() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
    let named = std::env::var_os("NEWSHOUND_TEST_PYTHON").map(PathBuf::from);
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let tried = std::process::Command::new(&python).args(["-c", "import aiosmtpd"]).output();
    let has_it = tried.as_ref().is_ok_and(|output| output.status.success());
    assert!(has_it || named.is_none(), "{} has no aiosmtpd: {tried:?}", python.display());
    if !has_it {
        println!("skipped: needs Python with aiosmtpd; NEWSHOUND_TEST_PYTHON names one");
    }
    has_it.then_some(python)
}

/// An authority and the certificate of the server, as files.
pub(super) struct Certificates {
    folder: TempDir,
}

impl Certificates {
    pub(super) fn make() -> Self {
        let folder = TempDir::new().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let write = |name, text: String| std::fs::write(folder.path().join(name), text).unwrap();
        write("authority.pem", authority.pem());
        write("certificate.pem", certificate.pem());
        write("key.pem", key.serialize_pem());
        Certificates { folder }
    }

    /// Returns what a client must trust.
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// Returns the arguments that make a server offer STARTTLS.
    pub(super) fn arguments(&self) -> Vec<String> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        vec!["--certificate".to_owned(), path("certificate.pem"), "--key".to_owned(), path("key.pem")]
    }
}

/// A message as the server kept it.
pub(super) struct Kept {
    /// What the server answered.
    pub(super) status: u16,
    /// The bytes as they came, the dots of the protocol taken off.
    pub(super) wire: Vec<u8>,
    /// Its envelope.
    pub(super) envelope: Value,
    /// The message as Python's mail parser reads it.
    pub(super) read: Value,
}

impl Kept {
    /// Returns a header that stands once.
    #[track_caller]
    pub(super) fn header(&self, name: &str) -> &str {
        let headers = self.read["headers"].as_array().unwrap();
        let named = |pair: &&Value| pair[0].as_str().unwrap().eq_ignore_ascii_case(name);
        let found: Vec<_> = headers.iter().filter(named).collect();
        assert_eq!(found.len(), 1, "{name}: {headers:?}");
        found[0][1].as_str().unwrap()
    }

    /// Returns the names of the headers.
    pub(super) fn names(&self) -> Vec<&str> {
        self.read["headers"].as_array().unwrap().iter().map(|pair| pair[0].as_str().unwrap()).collect()
    }
}

/// The running server; it ends with the test.
pub(super) struct Relay {
    pub(super) address: SocketAddr,
    python: PathBuf,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
    _folder: TempDir,
}

impl Relay {
    pub(super) async fn start(python: &Path, arguments: &[String]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(python);
        command.arg(format!("{TOOLS}/smtp_server.py")).arg(folder.path()).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = ([127, 0, 0, 1], 0).into();
        let mut relay = Relay { address, python: python.to_owned(), lines, _child: child, _folder: folder };
        let line = relay.line().await;
        relay.address.set_port(line.strip_prefix("port ").unwrap().parse().unwrap());
        relay
    }

    async fn line(&mut self) -> String {
        let line = tokio::time::timeout(PATIENCE, self.lines.next_line()).await;
        line.expect("the server tells what it does").unwrap().expect("the server runs")
    }

    /// Waits for the next message.
    pub(super) async fn next(&mut self) -> Kept {
        let line = self.line().await;
        let mut words = line.split(' ').skip(2);
        let status = words.next().unwrap().parse().unwrap();
        let path = PathBuf::from(words.next().unwrap());
        let output = Command::new(&self.python)
            .arg(format!("{TOOLS}/read_mail.py"))
            .arg(&path)
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        Kept {
            status,
            wire: std::fs::read(&path).unwrap(),
            envelope: serde_json::from_slice(&std::fs::read(path.with_extension("json")).unwrap()).unwrap(),
            read: serde_json::from_slice(&output.stdout).unwrap(),
        }
    }
}

/// Passes bytes on between a client and a server, and keeps what the client says.
pub(super) struct Ear {
    pub(super) address: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Ear {
    pub(super) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let ear = Ear { address: listener.local_addr().unwrap(), heard: Arc::default() };
        let heard = Arc::clone(&ear.heard);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(pass(client, server, Arc::clone(&heard)));
            }
        });
        ear
    }

    /// Returns all that was said so far.
    pub(super) fn heard(&self) -> Vec<u8> {
        self.heard.lock().unwrap().clone()
    }
}

async fn pass(client: TcpStream, server: SocketAddr, heard: Arc<Mutex<Vec<u8>>>) -> std::io::Result<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = TcpStream::connect(server).await?.into_split();
    let back = tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut piece = [0; 4096];
    loop {
        let n = from_client.read(&mut piece).await?;
        if n == 0 {
            to_server.shutdown().await?;
            return back.await?.map(drop);
        }
        heard.lock().unwrap().extend(&piece[..n]);
        to_server.write_all(&piece[..n]).await?;
    }
}
