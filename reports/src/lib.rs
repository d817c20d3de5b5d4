//! What people see: tables, CSV, the read API and the first page.
//!
//! This crate knows answers and nothing of where facts come from: a [`Library`] holds them, whoever
//! folds the log fills them. Options are read in one place ([`Question::read`]) for the command line
//! and HTTP alike, so both mean the same.
//!
//! What is not here: a clock (today is handed in), figures of its own, scripts, access rules.

pub mod api;
mod cache;
mod library;
mod page;
mod problem;
mod question;
pub mod render;
mod text;

pub use library::{Library, Rendered, SharedFacts, Today};
pub use problem::Problem;
pub use question::{BadOption, OPTIONS, Question};
pub use render::{Dialect, Format};
pub use text::Text;
