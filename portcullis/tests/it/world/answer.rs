//! An HTTP answer, and what a test asserts about it.

use std::ops::Index;

use serde_json::Value;

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub text: String,
    /// `Null` if it is not JSON.
    pub json: Value,
}

impl Answer {
    pub async fn of(response: reqwest::Response) -> Answer {
        Answer::read(response).await.unwrap()
    }

    /// Fails if the server closes the connection in the middle of it.
    pub async fn read(response: reqwest::Response) -> reqwest::Result<Answer> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, json })
    }

    /// The JSON of a 200.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json
    }

    /// The JSON of a 201.
    #[track_caller]
    pub fn created(self) -> Value {
        assert_eq!(self.status, 201, "{}", self.text);
        self.json
    }

    /// A problem with this code, well formed.
    #[track_caller]
    pub fn refused(self, code: &str) -> Value {
        let known = domain::Code::ALL.iter().find(|it| it.word() == code);
        let known = known.unwrap_or_else(|| panic!("there is no problem {code}"));
        assert_eq!(self.json["code"], code, "{} {}", self.status, self.text);
        assert_eq!(self.status, known.status(), "{}", self.text);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.json["status"], known.status());
        assert_eq!(self.json["title"], known.title().as_str());
        assert_eq!(self.json["error"], self.json["detail"]);
        assert_eq!(self.json["instance"], self.headers["x-request-id"].to_str().unwrap());
        self.json
    }

    /// A validation problem about exactly these fields, with the code of each one's first error.
    #[track_caller]
    pub fn invalid(self, fields: &[(&str, &str)]) {
        let problem = self.refused("validation_error");
        let errors = problem["errors"].as_object().unwrap();
        let mut told: Vec<(&str, &str)> =
            errors.iter().map(|(field, it)| (&**field, it[0]["code"].as_str().unwrap())).collect();
        told.sort_unstable();
        let mut expected = fields.to_vec();
        expected.sort_unstable();
        assert_eq!(told, expected, "{problem}");
        for (field, _) in fields {
            assert!(problem[field][0].is_string(), "{problem}");
        }
    }

    /// The `Set-Cookie` line of this cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.headers.get_all("set-cookie").iter();
        let start = format!("{name}=");
        lines.map(|it| it.to_str().unwrap().to_owned()).find(|it| it.starts_with(&start))
    }
}

impl Index<&str> for Answer {
    type Output = Value;

    fn index(&self, key: &str) -> &Value {
        &self.json[key]
    }
}
