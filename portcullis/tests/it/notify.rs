//! Mails: their texts, and their delivery.

mod greetings;
mod languages;
mod letters;
mod mail;
mod smtp_failures;
