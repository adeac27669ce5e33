//! The paths and what they answer.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    error_handling::HandleErrorLayer,
    extract::{Query, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use tower::{BoxError, ServiceBuilder, limit::GlobalConcurrencyLimitLayer, load_shed::LoadShedLayer};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
};

use super::status::{Seen, Status};
use super::view::{self, Read};
use super::{Site, gauges, guard, page};
use crate::metrics;

/// Requests served at one time; more are answered 503.
const OPEN_REQUESTS: usize = 128;
/// How long a request may take.
const REQUEST_TIME: Duration = Duration::from_secs(10);
/// Bytes of a request's body.
const REQUEST_BYTES: usize = 64 << 10;
/// How long a request waits for the store.
const STORE_TIME: Duration = Duration::from_secs(1);
pub(super) fn router(site: Arc<Site>) -> Router {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/", get(overview))
        .route("/style.css", get(style))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .layer(middleware::from_fn_with_state(Arc::clone(&site), guard::check))
        .layer(header(header::CONTENT_SECURITY_POLICY, page::POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(CompressionLayer::new())
        .layer(RequestBodyLimitLayer::new(REQUEST_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, REQUEST_TIME))
        .layer(
            ServiceBuilder::new()
                .layer(HandleErrorLayer::new(|_: BoxError| async { StatusCode::SERVICE_UNAVAILABLE }))
                .layer(LoadShedLayer::new())
                .layer(GlobalConcurrencyLimitLayer::new(OPEN_REQUESTS)),
        )
        .layer(CatchPanicLayer::new())
        .with_state(site)
}

async fn style() -> impl IntoResponse {
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=3600")];
    (headers, page::STYLE)
}

async fn alive(State(site): State<Arc<Site>>) -> Response {
    if site.pulse.is_alive(site.clock.elapsed()) {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "a loop stands still\n").into_response()
    }
}

async fn ready(State(site): State<Arc<Site>>) -> Response {
    match tokio::time::timeout(STORE_TIME, site.store.answers()).await {
        Ok(Ok(())) if site.pulse.fault().is_none() => "ok\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

async fn figures(State(site): State<Arc<Site>>) -> Response {
    let now = site.clock.now();
    let read = async { (site.store.overview(now).await, site.store.source_rows(now).await) };
    if let Ok((Ok(overview), Ok(rows))) = tokio::time::timeout(STORE_TIME, read).await {
        gauges::set(&site, &overview, &rows, now);
    }
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], site.metrics.render()).into_response()
}

/// How the page is asked for.
#[derive(Deserialize)]
struct Asked {
    /// Seconds after which the browser asks again.
    refresh: Option<u32>,
}

async fn overview(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Response {
    let now = site.clock.now();
    let read = tokio::time::timeout(STORE_TIME, Read::from(&site, now)).await.ok().and_then(Result::ok);
    let status = Status::of(&Seen {
        config: &site.config,
        overview: read.as_ref().map(|read| &read.overview),
        fault: site.pulse.fault().map(|fault| (fault.class, fault.message)),
        running: true,
        alive: site.pulse.is_alive(site.clock.elapsed()),
        note: Some(site.note.clone()),
        now,
    });
    let refresh = asked.refresh.map(|seconds| seconds.clamp(LEAST_REFRESH, MOST_REFRESH));
    page::overview(&view::view(&site, &status, read, refresh, now)).into_response()
}

/// Bounds of the page's own refreshing, in seconds.
const LEAST_REFRESH: u32 = 5;
const MOST_REFRESH: u32 = 3_600;
