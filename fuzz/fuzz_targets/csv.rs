//! Any bytes as the CSV of a table: they are read to their end, and each row is accepted or rejected.
#![no_main]

use leitstand_fuzz::{table_and_rest, try_out};
use leitstand_ingest::Feed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((table, rest)) = table_and_rest(bytes) {
        try_out(Feed::csv("fuzz.csv", rest, table).expect("not too much"));
    }
});
