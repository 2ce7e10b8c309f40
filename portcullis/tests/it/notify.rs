//! Mails, their words and their way.

mod greetings;
mod languages;
mod letters;
mod mail;
mod smtp_failures;
