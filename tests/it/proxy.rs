//! A proxy of our own: it tunnels by CONNECT or speaks SOCKS5, leads every name to one server, and
//! remembers what it was told.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// What a proxy does when it is asked for a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// It connects.
    Connects,
    /// It refuses with this status, or as a SOCKS proxy with this code.
    Refuses(u16),
}

/// How a proxy is spoken to.
pub(crate) enum Speech {
    /// HTTP.
    Connect,
    /// HTTP over TLS.
    ConnectOverTls(Arc<rustls::ServerConfig>),
    /// SOCKS5, for whoever gives this name and password where there are any.
    Socks(Option<(&'static str, &'static str)>),
}

/// A running proxy; it stops when dropped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    /// The heads of CONNECT, or what a SOCKS proxy was asked for.
    told: Arc<Mutex<Vec<String>>>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Listens where nobody but the operator may send us, and leads all to this server.
    pub(crate) async fn start(speech: Speech, answer: Answer, server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.99.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let told = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&told);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut open = JoinSet::new();
            let (tls, socks) = match speech {
                Speech::Connect => (None, None),
                Speech::ConnectOverTls(tls) => (Some(TlsAcceptor::from(tls)), None),
                Speech::Socks(login) => (None, Some(login)),
            };
            while let Ok((stream, _)) = listener.accept().await {
                let (noted, tls) = (Arc::clone(&noted), tls.clone());
                open.spawn(async move {
                    match (tls, socks) {
                        (Some(tls), _) => {
                            let stream = tls.accept(stream).await.ok()?;
                            tunnel(stream, answer, server, &noted).await
                        }
                        (None, Some(login)) => socks5(stream, login, answer, server, &noted).await,
                        (None, None) => tunnel(stream, answer, server, &noted).await,
                    }
                });
            }
        });
        Proxy { address, told, _accepting: accepting }
    }

    /// Returns what it was told so far.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }
}

async fn tunnel(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: Answer,
    server: SocketAddr,
    told: &Mutex<Vec<String>>,
) -> Option<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    told.lock().unwrap().push(String::from_utf8(head).ok()?.trim_end().to_owned());
    if let Answer::Refuses(status) = answer {
        let refusal = format!("HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n");
        return stream.write_all(refusal.as_bytes()).await.ok();
    }
    stream.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await.ok()?;
    let mut upstream = TcpStream::connect(server).await.ok()?;
    copy_bidirectional(&mut stream, &mut upstream).await.ok()?;
    Some(())
}

async fn socks5(
    mut stream: TcpStream,
    login: Option<(&str, &str)>,
    answer: Answer,
    server: SocketAddr,
    told: &Mutex<Vec<String>>,
) -> Option<()> {
    let (_version, n_methods) = (stream.read_u8().await.ok()?, stream.read_u8().await.ok()?);
    let methods = bytes(&mut stream, n_methods).await?;
    let method = if login.is_some() { 2 } else { 0 };
    let method = if methods.contains(&method) { method } else { 0xff };
    stream.write_all(&[5, method]).await.ok()?;
    if let (2, Some(login)) = (method, login) {
        let (_version, length) = (stream.read_u8().await.ok()?, stream.read_u8().await.ok()?);
        let name = bytes(&mut stream, length).await?;
        let length = stream.read_u8().await.ok()?;
        let password = bytes(&mut stream, length).await?;
        let known = (name.as_slice(), password.as_slice()) == (login.0.as_bytes(), login.1.as_bytes());
        stream.write_all(&[1, u8::from(!known)]).await.ok()?;
        if !known {
            return None;
        }
    }
    let [_version, _command, _reserved, kind] = bytes(&mut stream, 4).await?[..] else { return None };
    let host = if kind == 3 {
        let length = stream.read_u8().await.ok()?;
        String::from_utf8(bytes(&mut stream, length).await?).ok()?
    } else {
        format!("{:?}", bytes(&mut stream, if kind == 1 { 4 } else { 16 }).await?)
    };
    let port = stream.read_u16().await.ok()?;
    told.lock().unwrap().push(format!("{host}:{port}"));
    let code = match answer {
        Answer::Connects => 0,
        Answer::Refuses(code) => u8::try_from(code).unwrap(),
    };
    stream.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await.ok()?;
    if code == 0 {
        let mut upstream = TcpStream::connect(server).await.ok()?;
        copy_bidirectional(&mut stream, &mut upstream).await.ok()?;
    }
    Some(())
}

async fn bytes(stream: &mut TcpStream, count: u8) -> Option<Vec<u8>> {
    let mut bytes = vec![0; usize::from(count)];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}
