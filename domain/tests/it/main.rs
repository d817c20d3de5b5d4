//! The domain tried as a whole: rows handed in one by one, and what becomes of them.

#![expect(clippy::print_stderr, reason = "the speed tests tell their times")]

mod cells;
mod corrections;
mod dates;
mod golden;
mod guards;
mod identity;
mod invariants;
mod majority;
mod matrix;
mod network;
mod pots;
mod property;
mod record;
mod reference;
mod replacing;
mod shares;
mod speed;
mod states;
mod support;
mod wholes;
