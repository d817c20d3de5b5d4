//! Any bytes as lines of JSON for a table.
#![no_main]

use leitstand_fuzz::{table_and_rest, try_out};
use leitstand_ingest::Feed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Some((table, rest)) = table_and_rest(bytes) {
        try_out(Feed::lines("fuzz.ndjson", rest, Some(table)).expect("not too much"));
    }
});
