//! The cookies of one host. As in browsers, the port does not matter.

use std::{collections::BTreeMap, sync::Mutex};

use crate::world::Answer;

#[derive(Debug, Default)]
pub struct Jar(Mutex<BTreeMap<String, String>>);

impl Jar {
    pub fn get(&self, name: &str) -> Option<String> {
        self.0.lock().unwrap().get(name).cloned()
    }

    /// Sets a cookie to an earlier value.
    pub fn set(&self, name: &str, value: String) {
        self.0.lock().unwrap().insert(name.to_owned(), value);
    }

    /// Adds the `Cookie` header, if there are cookies.
    pub fn add_to(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let cookies = self.0.lock().unwrap();
        let pairs: Vec<_> = cookies.iter().map(|(name, it)| format!("{name}={it}")).collect();
        match pairs.is_empty() {
            true => request,
            false => request.header("cookie", pairs.join("; ")),
        }
    }

    /// Keeps the cookies of an answer, and drops those that it clears.
    pub fn take(&self, answer: &Answer) {
        let mut cookies = self.0.lock().unwrap();
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match line.split("; ").any(|it| it == "Max-Age=0") {
                true => cookies.remove(name),
                false => cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}
