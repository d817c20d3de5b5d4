//! What is so: facts kept from events, and answers asked of them.
//!
//! [`Facts`] are append-only tables folded from the log, page by page. An answer is a function of the
//! reporting date V, the day of knowledge K and the log up to a position P ([`View`]), and of nothing
//! else: no clock is asked. Money is whole cents; divisions and roundings are in [`present`] only.

pub mod answer;
pub mod answers;
mod explain;
pub mod facts;
mod frame;
pub mod keys;
mod names;
pub mod present;
mod view;

pub use answer::{Answer, AnswerRow, Ask, Before, Filter, NoAnswer, Page};
pub use explain::{Explanation, explain};
pub use facts::{Entry, Facts, Stopped, Unseal, sealed_texts};
pub use names::{Name, Names};
pub use view::View;

// What a question is asked with; reports know only this crate.
pub use leitstand_domain::{Day, cell::Cell};
