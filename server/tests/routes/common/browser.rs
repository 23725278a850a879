use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{HeaderMap, Method, Request, StatusCode, header};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use signet_shared::{
    api::{Body, REFUSAL_HEADER},
    wire::Refusal,
};

use super::soon;

/// What a browser on our own page sends, with a jar for one cookie.
#[derive(Clone)]
pub(crate) struct Browser {
    pub(crate) address: SocketAddr,
    pub(crate) origin: String,
    pub(crate) cookie: Option<String>,
    /// What it calls itself.
    pub(crate) agent: Option<&'static str>,
    client: Client<HttpConnector, Full<Bytes>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Browser {
    pub(crate) fn new(address: SocketAddr, origin: String) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { address, origin, cookie: None, agent: None, client }
    }

    /// A request as the page makes it, to be changed or sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        let host = self.origin.split_once("://").unwrap().1;
        let mut request = Request::builder()
            .method(method.clone())
            .uri(format!("http://{}{path}", self.address))
            .header(header::HOST, host)
            .header("sec-fetch-site", "same-origin");
        if method == Method::POST {
            request =
                request.header(header::ORIGIN, &self.origin).header(header::CONTENT_TYPE, "application/octet-stream");
        }
        if let Some(agent) = self.agent {
            request = request.header(header::USER_AGENT, agent);
        }
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: hyper::http::request::Builder, body: impl Into<Bytes>) -> Answer {
        let response = soon(self.client.request(request.body(Full::new(body.into())).unwrap())).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = soon(body.collect()).await.unwrap().to_bytes();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// Whether the answer came and was no refusal; the relay may be killed meanwhile.
    pub(crate) async fn try_ask(&mut self, path: &str, body: Vec<u8>) -> bool {
        let request = self.request(Method::POST, path).body(Full::new(body.into())).unwrap();
        soon(self.client.request(request)).await.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path), Bytes::new()).await
    }

    /// Posts, and keeps the cookie that comes back.
    pub(crate) async fn post(&mut self, path: &str, body: impl Into<Bytes>) -> Answer {
        let answer = self.send(self.request(Method::POST, path), body).await;
        if let Some(cookie) = answer.headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.cookie = (!pair.ends_with('=')).then(|| pair.to_owned());
        }
        answer
    }

    pub(crate) async fn ask<T: Body>(&mut self, path: &str, body: &impl Body) -> Result<T, Refusal> {
        self.post(path, body.to_bytes()).await.parsed()
    }
}

impl Answer {
    pub(crate) fn refusal(&self) -> Option<Refusal> {
        let number = self.headers.get(REFUSAL_HEADER)?.to_str().unwrap().parse().unwrap();
        let refusal = Refusal::from_number(number).expect("a number that exists");
        assert_eq!(self.status.as_u16(), refusal.status(), "{refusal:?}");
        assert_eq!(self.body, format!("{refusal}\n"), "a sentence");
        assert_eq!(self.headers[header::CONTENT_TYPE], "text/plain; charset=utf-8");
        Some(refusal)
    }

    pub(crate) fn parsed<T: Body>(&self) -> Result<T, Refusal> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        assert_eq!(self.status, StatusCode::OK);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/octet-stream");
        Ok(T::parse(&self.body).unwrap())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}
