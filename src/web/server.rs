//! Takes connections, each for one request, and bounds how many there are and how long they last.
//!
//! A client that sends its request drop by drop, or never, holds a connection and with it a file
//! of the process, so the bounds are set here, below the routes.

use std::{future::Future, io, pin::pin, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::Limits;

/// How long requests in flight may take to end once the server is told to stop.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// How long to wait when no connection can be taken, as when the process has no file left.
const NO_CONNECTION: Duration = Duration::from_millis(200);
/// How long a client may take to read a refusal.
const REFUSAL_TIME: Duration = Duration::from_secs(1);
/// How many refusals are being written at one time; beyond them connections are just closed.
const REFUSALS: usize = 32;
/// The least room that hyper takes for a head.
const LEAST_HEAD: usize = 8 << 10;

const TOO_MANY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n\
     x-content-type-options: nosniff\r\nretry-after: 10\r\ncontent-length: 23\r\nconnection: close\r\n\r\n\
     too many open requests\n";
const TOO_SLOW: &str = "HTTP/1.1 408 Request Timeout\r\ncontent-type: text/plain; charset=utf-8\r\n\
     x-content-type-options: nosniff\r\ncontent-length: 29\r\nconnection: close\r\n\r\n\
     the request came too slowly.\n";

/// Serves until told to stop; then what is in flight has a moment to end.
pub(super) async fn serve(
    listener: TcpListener,
    limits: Limits,
    router: Router,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut shutdown = pin!(shutdown);
    let (mut connections, mut refusals) = (JoinSet::new(), JoinSet::new());
    loop {
        let taken = tokio::select! {
            () = &mut shutdown => break,
            taken = listener.accept() => taken,
        };
        while connections.try_join_next().is_some() {}
        while refusals.try_join_next().is_some() {}
        match taken {
            Ok((stream, _)) if connections.len() < limits.open => {
                connections.spawn(answer(stream, limits, router.clone()));
            }
            Ok((stream, _)) if refusals.len() < REFUSALS => {
                refusals.spawn(async { timeout(REFUSAL_TIME, refuse(stream, TOO_MANY)).await });
            }
            Ok(_) => {}
            Err(error) => {
                tracing::debug!("no connection could be taken: {error}");
                sleep(NO_CONNECTION).await;
            }
        }
    }
    // Dropped after that, the connections that only wait for a request end too.
    let _ = timeout(LAST_ANSWERS, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

/// Answers one request. The time for its arrival and for its answer have bounds of their own;
/// the third part is for a client that does not read what it asked for.
async fn answer(stream: TcpStream, limits: Limits, router: Router) {
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.time)
        .max_buf_size(limits.bytes.max(LEAST_HEAD))
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let served =
        timeout(limits.time * 3, std::future::poll_fn(|cx| connection.poll_without_shutdown(cx))).await;
    let parts = connection.into_parts();
    let mut stream = parts.io.into_inner();
    match served {
        Ok(Err(error)) if error.is_timeout() && !parts.read_buf.is_empty() => {
            let _ = timeout(REFUSAL_TIME, refuse(stream, TOO_SLOW)).await;
        }
        Ok(_) => {
            let _ = timeout(REFUSAL_TIME, close(&mut stream)).await;
        }
        Err(_) => {}
    }
}

async fn refuse(mut stream: TcpStream, answer: &str) -> io::Result<()> {
    stream.write_all(answer.as_bytes()).await?;
    close(&mut stream).await
}

/// Closes after all was sent. What still comes is read away, since closing with bytes unread
/// would reset the connection and take the answer back.
async fn close(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = [0; 4096];
    while stream.read(&mut rest).await? > 0 {}
    Ok(())
}
