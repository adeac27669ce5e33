//! The paths and what they answer.

use std::{future::Future, sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Path, Query, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, limit::RequestBodyLimitLayer,
    set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
};

use super::status::{Seen, Status};
use super::view::{self, Read};
use super::{Site, gauges, guard, page};
use crate::metrics;
use crate::model::{StoreClass, StoryId};
use crate::store::StoreError;

pub(super) fn router(site: Arc<Site>) -> Router {
    let header = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let limits = site.limits;
    Router::new()
        .route("/", get(overview))
        .route("/style.css", get(style))
        .route("/stories/{id}", get(story))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .route("/metrics", get(figures))
        .fallback(nothing)
        .layer(middleware::from_fn_with_state(Arc::clone(&site), guard::check))
        .layer(CompressionLayer::new())
        .layer(RequestBodyLimitLayer::new(limits.bytes))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, limits.time))
        .layer(CatchPanicLayer::new())
        .layer(header(header::CONTENT_SECURITY_POLICY, page::POLICY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .with_state(site)
}

/// Waits for the store, but not for long.
async fn within<T>(
    limit: Duration,
    read: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, (StoreClass, String)> {
    match tokio::time::timeout(limit, read).await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => Err((error.class().unwrap_or(StoreClass::IoError), error.told())),
        Err(_) => Err((StoreClass::Busy, "it did not answer in time".to_owned())),
    }
}

async fn nothing() -> impl IntoResponse {
    (StatusCode::NOT_FOUND, "there is nothing here\n")
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
    match within(site.limits.store_time, site.store.answers()).await {
        Ok(()) if site.pulse.fault().is_none() => "ok\n".into_response(),
        _ => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}

async fn figures(State(site): State<Arc<Site>>) -> Response {
    let now = site.clock.now();
    let read = within(site.limits.store_time, gauges::Read::from(&site, now)).await;
    let text = site.metrics.scrape(|| gauges::set(&site, read.ok().as_ref(), now));
    ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response()
}

/// How the page is asked for.
#[derive(Deserialize)]
struct Asked {
    /// Seconds after which the browser asks again; what is no number counts as not given.
    refresh: Option<String>,
}

async fn overview(State(site): State<Arc<Site>>, Query(asked): Query<Asked>) -> Response {
    let now = site.clock.now();
    let read = within(site.limits.store_time, Read::from(&site, now)).await;
    let (shown, fault) = (site.shown(), site.pulse.fault());
    let known = fault.as_ref().map(|fault| (fault.class, fault.message.clone()));
    let status = Status::of(&Seen {
        config: &shown.config,
        overview: read.as_ref().ok().map(|read| &read.overview),
        fault: known.or_else(|| read.as_ref().err().cloned()),
        running: true,
        alive: site.pulse.is_alive(site.clock.elapsed()),
        note: Some(shown.note.clone()),
        now,
    });
    let refresh = asked.refresh.and_then(|seconds| seconds.parse::<u32>().ok());
    let asked = view::Asked {
        refresh: refresh.map(|seconds| seconds.clamp(LEAST_REFRESH, MOST_REFRESH)),
        store_fails_since: fault.map(|fault| fault.since),
        now,
    };
    page::overview(&view::view(&shown, status, read.ok(), &asked)).into_response()
}

/// The page that every message about a story links to.
async fn story(State(site): State<Arc<Site>>, Path(id): Path<String>) -> Response {
    let now = site.clock.now();
    match within(site.limits.store_time, view::story(&site, StoryId::new(id), now)).await {
        Ok(Some(view)) => page::story(&view).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, "there is no such story\n").into_response(),
        Err((class, _)) => {
            (StatusCode::SERVICE_UNAVAILABLE, format!("the store fails: {class}\n")).into_response()
        }
    }
}

/// Bounds of the page's own refreshing, in seconds.
const LEAST_REFRESH: u32 = 5;
const MOST_REFRESH: u32 = 3_600;
