//! Every sentence that the program has for people is known to the translations.

use app::engine::locale::Language;
use domain::sentence::SENTENCES;

#[test]
fn every_sentence_exists_in_every_language() {
    let locale = app::engine::templates::compile("").unwrap().locale;
    let mut missing = Vec::new();
    for sentence in SENTENCES {
        for language in Language::ALL.into_iter().skip(1) {
            if locale.sentence(language, sentence.text) == sentence.text {
                let (file, line, tag) = (sentence.file, sentence.line, language.tag());
                missing.push(format!("{file}:{line}: {tag}: {}", sentence.text));
            }
        }
    }
    assert!(missing.is_empty(), "not in locales/*.ftl:\n{}", missing.join("\n"));
}

/// The linker gathers the sentences of all crates.
#[test]
fn the_sentences_of_every_crate_are_gathered() {
    for (folder, least) in [("domain/", 70), ("app/", 10), ("web/", 30)] {
        let count = SENTENCES.iter().filter(|it| it.file.starts_with(folder)).count();
        assert!(count >= least, "only {count} sentences in {folder}");
    }
}
