//! An HTTP server that keeps what it gets byte by byte and answers what it was told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Request {
    /// Returns a header's value; fails where it stands twice.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.head.lines().skip(1).filter_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        });
        let value = values.next();
        assert_eq!(values.next(), None, "`{name}` stands twice");
        value
    }
}

/// A recorder on a port of its own.
#[derive(Clone)]
pub(crate) struct Recorder {
    pub(crate) address: SocketAddr,
    requests: Arc<watch::Sender<Vec<Request>>>,
}

/// Never answers.
pub(crate) const SILENCE: &str = "";
/// Takes the request and closes the connection.
pub(crate) const HANG_UP: &str = "\0";

type Answer = dyn Fn(usize) -> &'static str + Send + Sync;

impl Recorder {
    /// Answers each request by the next of these, and then by the last of them for ever.
    pub(crate) async fn start(answers: &'static [&'static str]) -> Self {
        Recorder::answering(move |n| answers[(n - 1).min(answers.len() - 1)]).await
    }

    /// Answers the n-th request, from 1, by what this says of it.
    pub(crate) async fn answering(answer: impl Fn(usize) -> &'static str + Send + Sync + 'static) -> Self {
        let answer: Arc<Answer> = Arc::new(answer);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let recorder = Recorder {
            address: listener.local_addr().unwrap(),
            requests: Arc::new(watch::Sender::new(Vec::new())),
        };
        let requests = Arc::clone(&recorder.requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&requests), Arc::clone(&answer)));
            }
        });
        recorder
    }

    /// Returns all that came so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.borrow().clone()
    }

    /// Waits until so many came; panics if that takes too long.
    pub(crate) async fn arrived(&self, n: usize) -> Vec<Request> {
        let mut requests = self.requests.subscribe();
        let waiting = requests.wait_for(|requests| requests.len() >= n);
        let waited = tokio::time::timeout(Duration::from_mins(1), waiting).await;
        waited.expect("the requests arrive").unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, requests: Arc<watch::Sender<Vec<Request>>>, answer: Arc<Answer>) {
    let mut bytes = Vec::new();
    while let Some(request) = read(&mut stream, &mut bytes).await {
        let mut n = 0;
        requests.send_modify(|requests| {
            requests.push(request);
            n = requests.len();
        });
        let answer = answer(n);
        if answer == HANG_UP {
            return;
        }
        if answer == SILENCE {
            std::future::pending::<()>().await;
        }
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Request> {
    loop {
        let text = String::from_utf8_lossy(bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let request = Request { head: head.to_owned(), body: body.to_owned() };
            let length: usize = request.header("content-length").map_or(0, |length| length.parse().unwrap());
            if bytes.len() >= head.len() + 4 + length {
                bytes.clear();
                return Some(request);
            }
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}
