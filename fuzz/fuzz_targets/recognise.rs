#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| kms_byok_fuzz::recognise(data));
