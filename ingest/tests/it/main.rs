//! The intake from outside: rows in, outcomes and events out.

mod feeds;
mod findings;
mod http;
mod log;
mod rows;
mod scenario;
mod secrecy;
mod support;
mod together;
mod whatever;
