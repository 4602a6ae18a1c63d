//! What is a browser with the application of such a backend in it?
//!
//! It keeps cookies, and sends the CSRF token that it reads in one of them with whatever changes something.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::super::server::{Answer, Server};

pub struct Browser {
    server: Server,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Browser {
    /// Opens the application, which asks for its token first.
    pub async fn open(server: &Server) -> Self {
        Self::open_at(server, "/api/csrf/restore").await
    }

    pub async fn open_at(server: &Server, restore: &str) -> Self {
        let browser = Self { server: server.clone(), cookies: Mutex::default() };
        browser.get(restore).await;
        browser
    }

    /// Opens the application with a cookie from elsewhere.
    pub async fn with(server: &Server, name: &str, value: &str) -> Self {
        let browser = Self::open(server).await;
        browser.set(name, value);
        browser
    }

    /// The same browser, and the server after a restart or another one behind the same name.
    pub fn at(&self, server: &Server) -> Self {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self { server: server.clone(), cookies: Mutex::new(cookies) }
    }

    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub fn set(&self, name: &str, value: &str) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        cookies.insert(name.to_owned(), value.to_owned());
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], "").await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &Value::Null).await
    }

    pub async fn log_in(&self, credential: &str, password: &str) -> Answer {
        self.post("/api/session", &json!({ "credential": credential, "password": password })).await
    }

    /// Makes a request as the application does, with its token; without a body for `null`.
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let token = format!("xsrf-token: {}", self.cookie("XSRF-TOKEN").unwrap_or_default());
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.request(method, path, &["content-type: application/json", &token], &body).await
    }

    /// Makes a request with these headers and the cookies.
    pub async fn request(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
        let cookies = {
            let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
            let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("cookie: {}", pairs.join("; "))
        };
        let headers = [&[cookies.as_str()], headers].concat();
        let answer = self.server.send(method, path, &headers, body).await;
        let mut kept = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for line in answer.cookies() {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if line.contains("Expires=Thu, 01 Jan 1970") {
                kept.remove(name);
            } else {
                kept.insert(name.to_owned(), value.to_owned());
            }
        }
        drop(kept);
        answer
    }
}
