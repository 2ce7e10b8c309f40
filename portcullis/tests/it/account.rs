//! Accounts: registration, verification, changes, deletion.

mod admission;
mod deletion;
mod email;
mod email_change;
mod profile;
mod register;
mod states;
mod strict;
mod undo;
mod unicode;
