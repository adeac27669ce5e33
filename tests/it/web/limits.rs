//! Clients that send too much, too slowly, too often, or never.

use super::*;

/// A server that loses patience soon.
fn hasty() -> Limits {
    Limits { time: Duration::from_millis(300), ..Limits::default() }
}

#[tokio::test]
async fn a_body_over_its_bound_is_refused_before_it_is_read() {
    let served = serve("", Limits::default()).await;
    let ask = async |bytes: usize| {
        let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {bytes}\r\n\r\n");
        exchange(served.address, &head).await.status
    };
    assert_eq!(ask((64 << 10) + 1).await, 413);
    assert_eq!(ask(usize::MAX >> 1).await, 413);
    assert_eq!(ask(64 << 10).await, 405, "within the bound it is only the wrong method");
}

#[tokio::test]
async fn a_body_sent_in_full_does_not_take_the_refusal_back() {
    let served = serve("", Limits::default()).await;
    let body = "x".repeat(1 << 20);
    let request =
        format!("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    assert_eq!(exchange(served.address, &request).await.status, 413);
}

#[tokio::test]
async fn a_head_over_its_bound_is_refused() {
    let served = serve("", Limits::default()).await;
    let long = "x".repeat(128 << 10);
    let answer =
        exchange(served.address, &format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n")).await;
    assert_eq!(answer.status, 431);
}

#[tokio::test]
async fn a_request_that_never_ends_gets_408() {
    let served = serve("", hasty()).await;
    let answer = exchange(served.address, "GET / HTTP/1.1\r\nHost: local").await;
    assert_eq!(answer.status, 408);
    assert_eq!(answer.body.len().to_string(), answer.header("content-length").unwrap());
}

#[tokio::test]
async fn drops_do_not_prolong_the_patience() {
    let served = serve("", hasty()).await;
    let (mut reading, mut writing) = TcpStream::connect(served.address).await.unwrap().into_split();
    writing.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    let dripping = tokio::spawn(async move {
        let mut every = tokio::time::interval(Duration::from_millis(20));
        loop {
            every.tick().await;
            if writing.write_all(b"X: y\r\n").await.is_err() {
                return;
            }
        }
    });
    let mut bytes = Vec::new();
    let answered = tokio::time::timeout(DEADLINE, reading.read_buf(&mut bytes)).await;
    answered.expect("the server waits for ever").unwrap();
    assert!(String::from_utf8_lossy(&bytes).starts_with("HTTP/1.1 408 "));
    dripping.abort();
}

#[tokio::test]
async fn a_client_that_says_nothing_is_let_go_without_a_word() {
    let served = serve("", hasty()).await;
    let mut stream = TcpStream::connect(served.address).await.unwrap();
    let mut bytes = Vec::new();
    tokio::time::timeout(DEADLINE, stream.read_to_end(&mut bytes)).await.expect("it is kept").unwrap();
    assert_eq!(bytes, b"");
}

#[tokio::test]
async fn more_than_128_open_requests_get_503_until_one_ends() {
    let served = serve("", Limits::default()).await;
    let mut open = Vec::new();
    for _ in 0..128 {
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
        open.push(stream);
    }
    let answer = get(served.address, "/healthz").await;
    assert_eq!(answer.status, 503);
    assert_eq!(answer.body.len().to_string(), answer.header("content-length").unwrap());
    let mut one = open.pop().unwrap();
    one.write_all(b"Host: localhost\r\n\r\n").await.unwrap();
    assert_eq!(read(one).await.status, 200, "those that are in are served");
    let again = tokio::time::timeout(DEADLINE, async {
        while get(served.address, "/healthz").await.status != 200 {}
    });
    again.await.expect("room was made and nobody is let in");
}

#[tokio::test]
async fn a_client_that_never_closes_is_let_go() {
    let served = serve("", Limits { open: 1, ..hasty() }).await;
    let mut lazy = TcpStream::connect(served.address).await.unwrap();
    lazy.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let others = tokio::time::timeout(DEADLINE, async {
        while get(served.address, "/healthz").await.status != 200 {}
    });
    others.await.expect("it keeps all others out");
}

#[tokio::test]
async fn garbage_gets_400_and_harms_nobody() {
    let served = serve("", Limits::default()).await;
    for garbage in ["\u{0}\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "SSH-2.0-x\r\n\r\n"] {
        assert_eq!(exchange(served.address, garbage).await.status, 400, "{garbage:?}");
    }
    assert_eq!(get(served.address, "/healthz").await.status, 200);
}

#[tokio::test]
async fn the_server_stops_at_once_though_clients_dawdle() {
    let served = serve("", Limits::default()).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(web::serve(listener, Arc::clone(&served.site), async {
        let _ = stopped.await;
    }));
    let mut dawdler = TcpStream::connect(address).await.unwrap();
    dawdler.write_all(b"GET / HTT").await.unwrap();
    assert_eq!(get(address, "/healthz").await.status, 200);
    stop.send(()).unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), serving).await;
    ended.expect("it waits for a client that never finishes").unwrap().unwrap();
}
