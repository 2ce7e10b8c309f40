//! The texts of all languages beside each other.

use domain::{
    Code,
    account::{metadata, username},
    factor::password,
    settings::Passwords,
    text,
};

use super::*;

fn locale() -> Locale {
    Locale::new(&Overrides::default()).unwrap()
}

fn names(language: Language) -> Names {
    let file = format!("locales/{}.ftl", language.tag());
    texts::names(&texts::resource(&file, texts::source(language)).unwrap())
}

#[test]
fn every_language_has_the_same_texts_with_the_same_values() {
    let english = names(Language::English);
    for language in Language::ALL {
        let mut own = names(language);
        // `[one]` in Arabic is a word and needs no number, but the others do.
        for (name, values) in &mut own {
            assert!(english.contains_key(name), "{} has {name}, English has not", language.tag());
            values.retain(|it| english[name].contains(it));
        }
        assert_eq!(own, english, "{}", language.tag());
    }
}

#[test]
fn no_text_is_left_in_english() {
    let locale = locale();
    // Words that are the same in another language.
    let same = ["page-start-try-about", "time"];
    for (name, values) in names(Language::English) {
        let values: Vec<_> = values.iter().map(|it| (it.as_str(), Value::Number(3))).collect();
        let english = locale.text(Language::English, &name, &values);
        assert_ne!(english, name);
        if same.contains(&name.as_str())
            || english.chars().filter(|it| it.is_alphabetic()).count() < 6
        {
            continue;
        }
        for language in Language::ALL.into_iter().skip(1) {
            let text = locale.text(language, &name, &values);
            assert_ne!(text, name, "{} lacks it", language.tag());
            let is_date = name == "month" || name.starts_with("span-");
            assert!(text != english || is_date, "{} {name}", language.tag());
        }
    }
}

#[test]
fn every_problem_has_a_title_in_every_language() {
    let locale = locale();
    for code in Code::ALL {
        let name = format!("problem-{}", code.word());
        let title = code.title().as_str();
        assert_eq!(locale.text(Language::English, &name, &[]), title, "{name}");
        for language in Language::ALL.into_iter().skip(1) {
            assert_ne!(locale.sentence(language, title), title, "{name}");
        }
    }
}

/// One of each error that has values in its sentence.
fn errors_with_values() -> Vec<FieldError> {
    let attributes = [("first_name", "Lindholm")];
    let passwords = |text: &str| password::violations(text, &attributes, &Passwords::default());
    let big = serde_json::json!({"a": "aaaaaaaaaaaa"});
    let mut errors = vec![
        text::line("abcd", 3).unwrap_err(),
        username::parse("a").unwrap_err(),
        metadata::merge(&serde_json::json!({}), &big, 4).unwrap_err(),
    ];
    errors.extend(passwords("Aa1!"));
    errors.extend(passwords(&"Aa1!".repeat(40)));
    errors.extend(passwords("Lindholm-1"));
    errors.retain(|it| !it.values.is_empty());
    errors
}

#[test]
fn errors_with_values_are_the_same_sentence_in_english_and_others_elsewhere() {
    let locale = locale();
    let errors = errors_with_values();
    assert!(errors.len() >= 6, "{errors:?}");
    for error in errors {
        assert_eq!(locale.error(Language::English, &error), error);
        for language in Language::ALL.into_iter().skip(1) {
            let told = locale.error(language, &error);
            assert_ne!(told.message, error.message, "{}", language.tag());
            assert_eq!(told.code, error.code);
        }
    }
}

#[test]
fn spans_and_times_follow_the_rules_of_their_language() {
    let locale = locale();
    let span = |language, span| locale.span(language, span);
    assert_eq!(span(Language::English, Span::hours(24)), "24 hours");
    assert_eq!(span(Language::English, Span::hours(1)), "1 hour");
    assert_eq!(span(Language::English, Span::days(7)), "7 days");
    assert_eq!(span(Language::German, Span::minutes(15)), "15 Minuten");
    assert_eq!(span(Language::French, Span::minutes(1)), "1 minute");
    let arabic =
        |hours| span(Language::Arabic, Span::hours(hours)).replace(['\u{2068}', '\u{2069}'], "");
    assert_eq!(arabic(1), "ساعة واحدة");
    assert_eq!(arabic(2), "ساعتان");
    assert_eq!(arabic(3), "3 ساعات");
    assert_eq!(arabic(23), "23 ساعة");
    let time = Time::from_seconds(1_800_000_000);
    assert_eq!(locale.time(Language::English, time), "15 January 2027, 08:00 UTC");
    assert_eq!(locale.time(Language::German, time), "15. Januar 2027, 08:00 Uhr (UTC)");
}

#[test]
fn what_is_not_known_stays_as_it_is() {
    let locale = locale();
    assert_eq!(locale.sentence(Language::German, "Never heard."), "Never heard.");
    assert_eq!(locale.text(Language::German, "never-heard", &[]), "never-heard");
    let error = FieldError::filled("never_heard", "Never 3.".into(), [("count", 3_usize.into())]);
    assert_eq!(locale.error(Language::Arabic, &error), error);
}
