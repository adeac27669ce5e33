//! A web server that does as its script says, byte for byte, and remembers what it saw.
//!
//! It listens on a loopback address of the test's choice, port 0. 127.0.0.x is the world that may
//! be reached; 127.0.99.x stands for a network that may not.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use url::Url;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// The request line, without its end.
    pub(crate) line: String,
    /// The headers in order, names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// Which request it was, from 1.
    pub(crate) number: usize,
}

impl Seen {
    /// Returns the path and query that were asked for.
    pub(crate) fn path(&self) -> &str {
        self.line.split(' ').nth(1).unwrap_or("")
    }

    /// Returns the bytes of a header that came once or not at all.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_slice());
        let first = values.next();
        assert!(values.next().is_none(), "{name} came twice");
        first
    }
}

/// What the server does with one request.
#[derive(Clone, Debug)]
pub(crate) struct Reply(Vec<Step>);

#[derive(Clone, Debug)]
enum Step {
    Send(Vec<u8>),
    /// One piece at a time, again and again, for ever.
    Repeat {
        piece: Vec<u8>,
        every: Duration,
    },
    /// Nothing, for ever.
    Wait,
    Close,
}

impl Reply {
    /// Sends these bytes.
    pub(crate) fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Reply(vec![Step::Send(bytes.into())])
    }

    /// Sends a status, headers, and a body with its length.
    pub(crate) fn whole(status: u16, headers: &[(&str, &[u8])], body: &[u8]) -> Self {
        let mut bytes = head(status, headers);
        bytes.extend(format!("Content-Length: {}\r\n\r\n", body.len()).bytes());
        bytes.extend(body);
        Reply::raw(bytes)
    }

    /// Sends 200 and this body.
    pub(crate) fn ok(body: &[u8]) -> Self {
        Reply::whole(200, &[], body)
    }

    /// Sends the head of an answer in chunks.
    pub(crate) fn chunked(headers: &[(&str, &[u8])]) -> Self {
        let mut bytes = head(200, headers);
        bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
        Reply::raw(bytes)
    }

    /// Sends a chunk.
    pub(crate) fn chunk(self, bytes: &[u8]) -> Self {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend(bytes);
        chunk.extend(b"\r\n");
        self.then(chunk)
    }

    /// Sends a redirect.
    pub(crate) fn redirect(status: u16, location: &str) -> Self {
        Reply::whole(status, &[("Location", location.as_bytes())], b"elsewhere")
    }

    /// Sends more bytes.
    pub(crate) fn then(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.0.push(Step::Send(bytes.into()));
        self
    }

    /// Sends a piece again and again until the other side has had enough.
    pub(crate) fn repeat(mut self, piece: impl Into<Vec<u8>>, every: Duration) -> Self {
        self.0.push(Step::Repeat { piece: piece.into(), every });
        self
    }

    /// Says nothing more and keeps the connection open.
    pub(crate) fn wait(mut self) -> Self {
        self.0.push(Step::Wait);
        self
    }

    /// Closes the connection.
    pub(crate) fn close(mut self) -> Self {
        self.0.push(Step::Close);
        self
    }
}

fn head(status: u16, headers: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Scripted\r\n").into_bytes();
    for (name, value) in headers {
        bytes.extend(name.bytes().chain(*b": "));
        bytes.extend(*value);
        bytes.extend(b"\r\n");
    }
    bytes
}

/// A running server; it stops when dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    log: Arc<Log>,
    _accepting: JoinSet<()>,
}

#[derive(Default)]
struct Log {
    seen: Mutex<Vec<Seen>>,
    /// How many requests came.
    requests: watch::Sender<usize>,
    /// Connections accepted, and closed again.
    connections: watch::Sender<(usize, usize)>,
    /// Requests being answered, and the most of them at one time.
    busy: Mutex<(usize, usize)>,
}

/// One request being answered.
struct Busy<'a>(&'a Log);

impl<'a> Busy<'a> {
    fn on(log: &'a Log) -> Self {
        let mut busy = log.busy.lock().unwrap();
        busy.0 += 1;
        busy.1 = busy.1.max(busy.0);
        Busy(log)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.busy.lock().unwrap().0 -= 1;
    }
}

impl Server {
    /// Listens on a loopback address and answers by the script.
    pub(crate) async fn start(host: &str, script: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Server::listen(host, None, script).await
    }

    /// Does so over TLS.
    pub(crate) async fn start_tls(
        host: &str,
        tls: rustls::ServerConfig,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Server::listen(host, Some(TlsAcceptor::from(Arc::new(tls))), script).await
    }

    async fn listen(
        host: &str,
        tls: Option<TlsAcceptor>,
        script: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((host, 0)).await.expect("loopback has a free port");
        let address = listener.local_addr().unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let log = Arc::<Log>::default();
        let mut accepting = JoinSet::new();
        let (script, shared) = (Arc::new(script), Arc::clone(&log));
        accepting.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.send_modify(|(accepted, _)| *accepted += 1);
                let (script, log, tls) = (Arc::clone(&script), Arc::clone(&shared), tls.clone());
                open.spawn(async move {
                    match tls {
                        None => serve(stream, &*script, &log).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &*script, &log).await;
                            }
                        }
                    }
                    log.connections.send_modify(|(_, closed)| *closed += 1);
                });
            }
        });
        Server { address, scheme, log, _accepting: accepting }
    }

    /// Returns the URL of a path here.
    pub(crate) fn url(&self, path: &str) -> Url {
        Url::parse(&format!("{}://{}{path}", self.scheme, self.address)).unwrap()
    }

    /// Returns the port listened on.
    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.log.seen.lock().unwrap().clone()
    }

    /// Waits until so many requests came.
    pub(crate) async fn asked(&self, count: usize) {
        let mut requests = self.log.requests.subscribe();
        let came = requests.wait_for(|came| *came >= count);
        let came = tokio::time::timeout(Duration::from_secs(30), came).await.map(|came| *came.unwrap());
        came.unwrap_or_else(|_| panic!("no {count} requests came, but {:?}", self.seen()));
    }

    /// Returns how many connections were accepted.
    pub(crate) fn connections(&self) -> usize {
        self.log.connections.borrow().0
    }

    /// Returns how many connections are open.
    pub(crate) fn open(&self) -> usize {
        let (accepted, closed) = *self.log.connections.borrow();
        accepted - closed
    }

    /// Returns the most requests that were being answered at one time.
    pub(crate) fn most_at_once(&self) -> usize {
        self.log.busy.lock().unwrap().1
    }

    /// Waits until every connection is closed; panics if that takes more than a second.
    pub(crate) async fn all_closed(&self) {
        let mut connections = self.log.connections.subscribe();
        let closed = connections.wait_for(|(accepted, closed)| accepted == closed);
        tokio::time::timeout(Duration::from_secs(1), closed).await.expect("closed within a second").unwrap();
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    script: &(dyn Fn(&Seen) -> Reply + Send + Sync),
    log: &Log,
) {
    let mut stream = BufReader::new(stream);
    while let Some((line, headers)) = read_head(&mut stream).await {
        let seen = {
            let mut all = log.seen.lock().unwrap();
            let seen = Seen { line, headers, number: all.len() + 1 };
            all.push(seen.clone());
            log.requests.send_replace(all.len());
            seen
        };
        let _busy = Busy::on(log);
        for step in script(&seen).0 {
            if !perform(step, &mut stream).await {
                return;
            }
        }
    }
}

/// Does one step; false when the connection is to be closed, or the other side has closed it.
async fn perform(step: Step, stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>) -> bool {
    match step {
        Step::Send(bytes) => stream.write_all(&bytes).await.is_ok() && stream.flush().await.is_ok(),
        Step::Repeat { piece, every } => {
            let mut ticks = tokio::time::interval(every.max(Duration::from_micros(1)));
            loop {
                ticks.tick().await;
                if stream.write_all(&piece).await.is_err() || stream.flush().await.is_err() {
                    return false;
                }
            }
        }
        // What can still be read is the other side's goodbye.
        Step::Wait => {
            while stream.fill_buf().await.is_ok_and(|bytes| !bytes.is_empty()) {
                let count = stream.buffer().len();
                stream.consume(count);
            }
            false
        }
        Step::Close => {
            let _ = stream.shutdown().await;
            false
        }
    }
}

async fn read_head(
    stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>,
) -> Option<(String, Vec<(String, Vec<u8>)>)> {
    let line = String::from_utf8(read_line(stream).await?).ok()?;
    let mut headers = Vec::new();
    loop {
        let header = read_line(stream).await?;
        if header.is_empty() {
            return Some((line, headers));
        }
        let colon = header.iter().position(|byte| *byte == b':')?;
        let name = String::from_utf8_lossy(&header[..colon]).to_ascii_lowercase();
        headers.push((name, header[colon + 1..].trim_ascii().to_vec()));
    }
}

async fn read_line(stream: &mut BufReader<impl AsyncRead + AsyncWrite + Unpin>) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    let count = stream.read_until(b'\n', &mut line).await.ok()?;
    (count > 0).then(|| line.trim_ascii_end().to_vec())
}
