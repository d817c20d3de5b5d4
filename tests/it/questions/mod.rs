//! The acceptance questions this release answers, each a test with its id. Figures: the right column of
//! `acceptance-questions.md` on the 2024 scenario.

mod finance;
mod pmo;
mod steering;
