//! Sessions and the tokens that stand for them.

mod clock_back;
mod ends;
mod held;
mod logout;
mod nodes;
mod refresh;
mod sessions;
mod tokens;
