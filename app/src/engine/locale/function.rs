//! Texts in templates: `t("name", value=…)`, in the language that the template is rendered in.

use std::sync::Arc;

use domain::problem::Value;
use minijinja::{Environment, Error, ErrorKind, State, value::Kwargs};

use super::{Language, Locale};

/// Adds the function `t` to templates. The context must contain the language tag as `lang`.
pub fn install(environment: &mut Environment<'static>, locale: Arc<Locale>) {
    environment.add_function("t", move |state: &State, name: String, values: Kwargs| {
        let tag = state.lookup("lang");
        let language = tag.as_ref().and_then(|it| it.as_str()).and_then(Language::of);
        if !locale.has(&name) {
            let text = format!("there is no text {name:?}");
            return Err(Error::new(ErrorKind::InvalidOperation, text));
        }
        let values = values.args().map(|it| Ok((it, value(&values.get(it)?))));
        let values = values.collect::<Result<Vec<_>, Error>>()?;
        locale.filled(language.unwrap_or_default(), &name, &values).ok_or_else(|| {
            let text = format!("the text {name:?} needs other values");
            Error::new(ErrorKind::MissingArgument, text)
        })
    });
}

fn value(value: &minijinja::Value) -> Value {
    match value.as_i64().filter(|_| value.is_number()) {
        Some(number) => Value::Number(number.unsigned_abs()),
        None => Value::Text(value.to_string()),
    }
}
