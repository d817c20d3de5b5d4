//! Any bytes as a workbook: read or refused, never a panic.
#![no_main]

use leitstand_ingest::workbook::{self, Currency};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    for name in ["fuzz.xlsx", "fuzz.ods"] {
        if let Err(refused) = workbook::read(bytes, name, &Currency::default()) {
            assert!(!refused.message.is_empty());
        }
    }
});
