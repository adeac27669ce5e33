//! A mail relay that keeps the bytes of every message and answers what it was told to.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

/// How the relay speaks TLS.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tls {
    None,
    Start,
    Implicit,
}

/// One message as it came.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub(crate) recipients: Vec<String>,
    /// The bytes of DATA with the dots that were added, and the line that ended it.
    pub(crate) wire: Vec<u8>,
    pub(crate) encrypted: bool,
}

impl Mail {
    /// Returns the message as a mailbox keeps it.
    pub(crate) fn message(&self) -> Vec<u8> {
        let text = String::from_utf8(self.wire.clone()).unwrap();
        text.strip_suffix(".\r\n").unwrap().replace("\r\n..", "\r\n.").into_bytes()
    }
}

/// The relay.
pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    /// What a client must trust, as PEM.
    pub(crate) root: String,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    script: Mutex<Vec<(&'static str, &'static str)>>,
    mails: Mutex<Vec<Mail>>,
    commands: Mutex<Vec<String>>,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

/// Closes the connection instead of an answer.
pub(crate) const DROP: &str = "drop";
/// Never answers.
pub(crate) const SILENCE: &str = "silence";

impl Relay {
    /// Answers a command that begins with the first of a pair by the second, each pair once; `.` is
    /// the end of a message, empty the greeting. All other answers are positive.
    pub(crate) async fn start(tls: Tls, script: &[(&'static str, &'static str)]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let key = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let config = ServerConfig::builder().with_no_client_auth().with_single_cert(
            vec![key.cert.der().clone()],
            key.signing_key.serialize_der().try_into().unwrap(),
        );
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let seen = Arc::new(Seen { script: Mutex::new(script.to_vec()), ..Seen::default() });
        let relay =
            Relay { address: listener.local_addr().unwrap(), root: key.cert.pem(), seen: Arc::clone(&seen) };
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, acceptor) = (Arc::clone(&seen), acceptor.clone());
                tokio::spawn(async move {
                    let open = seen.open.fetch_add(1, Ordering::SeqCst) + 1;
                    seen.most_open.fetch_max(open, Ordering::SeqCst);
                    let _ = session(&seen, Box::new(stream), acceptor, tls).await;
                    seen.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        relay
    }

    /// Returns the messages that were accepted or cut off after their end.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        self.seen.mails.lock().unwrap().clone()
    }

    /// Returns every command.
    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.commands.lock().unwrap().clone()
    }

    /// Returns how many connections were open at one time.
    pub(crate) fn most_open(&self) -> usize {
        self.seen.most_open.load(Ordering::SeqCst)
    }
}

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

async fn session(
    seen: &Seen,
    stream: Box<dyn Stream>,
    acceptor: TlsAcceptor,
    tls: Tls,
) -> std::io::Result<()> {
    let mut encrypted = tls == Tls::Implicit;
    let mut stream = if encrypted { Box::new(acceptor.accept(stream).await?) } else { stream };
    let mut recipients = Vec::new();
    if answer(seen, &mut stream, "", "220 relay.example ESMTP").await? == After::Close {
        return Ok(());
    }
    loop {
        let line = String::from_utf8(until(&mut stream, b"\r\n").await?).unwrap();
        let line = line.trim_end();
        seen.commands.lock().unwrap().push(line.to_owned());
        let verb = line.split([' ', ':']).next().unwrap().to_ascii_uppercase();
        let usual = match verb.as_str() {
            "EHLO" if tls == Tls::Start && !encrypted => "250-relay.example\r\n250 STARTTLS",
            "EHLO" => "250-relay.example\r\n250 AUTH PLAIN LOGIN",
            "AUTH" => "235 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 fine",
        };
        match answer(seen, &mut stream, line, usual).await? {
            After::Close => return Ok(()),
            After::Refused => continue,
            After::Accepted => (),
        }
        match verb.as_str() {
            "STARTTLS" => {
                stream = Box::new(acceptor.accept(stream).await?);
                encrypted = true;
            }
            "RCPT" => recipients.push(line.trim_start_matches("RCPT TO:").to_owned()),
            "DATA" => {
                let wire = until(&mut stream, b"\r\n.\r\n").await?;
                seen.mails.lock().unwrap().push(Mail { recipients: recipients.clone(), wire, encrypted });
                if answer(seen, &mut stream, ".", "250 taken").await? == After::Close {
                    return Ok(());
                }
            }
            "QUIT" => return Ok(()),
            _ => (),
        }
    }
}

/// What an answer meant.
#[derive(PartialEq, Eq)]
enum After {
    Accepted,
    Refused,
    Close,
}

/// Answers by the script, else as usual.
async fn answer(
    seen: &Seen,
    stream: &mut Box<dyn Stream>,
    line: &str,
    usual: &str,
) -> std::io::Result<After> {
    let scripted = {
        let mut script = seen.script.lock().unwrap();
        let matches = |(command, _): &(&str, &str)| {
            if command.is_empty() { line.is_empty() } else { line.starts_with(command) }
        };
        script.iter().position(matches).map(|at| script.remove(at).1)
    };
    let answer = scripted.unwrap_or(usual);
    match answer {
        DROP => return Ok(After::Close),
        SILENCE => std::future::pending::<()>().await,
        _ => stream.write_all(format!("{answer}\r\n").as_bytes()).await?,
    }
    Ok(if answer.starts_with(['2', '3']) { After::Accepted } else { After::Refused })
}

async fn until(stream: &mut Box<dyn Stream>, end: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(end) {
        bytes.push(stream.read_u8().await?);
    }
    Ok(bytes)
}
