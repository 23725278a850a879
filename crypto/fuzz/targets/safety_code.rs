#![no_main]

use libfuzzer_sys::fuzz_target;
use signet_crypto::self_test::parsers;

fuzz_target!(|data: &[u8]| {
    parsers::safety_code(data);
});
