use super::*;

fn bytes_of(text: &[u8]) -> (String, Vec<u8>) {
    let found = recognise(text, &SECRETS).unwrap();
    let content = match &found.content {
        Content::Bytes(bytes) | Content::Container(_, bytes) => bytes.expose().to_vec(),
        Content::Pem(blocks) => blocks[0].bytes.expose().to_vec(),
        Content::Text(text, kind) => format!("{kind:?} {}", text.len()).into_bytes(),
        Content::Broken(layer, problem) => format!("{} {problem}", layer.id()).into_bytes(),
    };
    (ids(&found.layers), content)
}

fn wide(text: &str, mark: bool) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    let mark: &[u8] = if mark { &[0xff, 0xfe] } else { &[] };
    mark.iter().copied().chain(units).collect()
}

#[test]
fn each_writing_of_bytes_is_taken_off() {
    let bytes: Vec<u8> = (0..32_u8).map(|index| index.wrapping_mul(37) ^ 0xfb).collect();
    let hex = ::hex::encode(&bytes);
    let plain = openssl::base64::encode_block(&bytes);
    let url = plain.replace('+', "-").replace('/', "_");
    let colons: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    let xxd: String = bytes
        .chunks(16)
        .enumerate()
        .map(|(line, part)| {
            let pairs: Vec<String> = part.chunks(2).map(::hex::encode).collect();
            format!("{:08x}: {}  ................\n", line * 16, pairs.join(" "))
        })
        .collect();
    let cases: [(Vec<u8>, &str); 20] = [
        (bytes.clone(), ""),
        (hex.clone().into(), "hex"),
        (format!("{hex}\n").into(), "hex"),
        (format!("0x{}\r\n", hex.to_uppercase()).into(), "hex"),
        (format!("{}\n{}\n", &hex[..30], &hex[30..]).into(), "hex"),
        (colons.join(":").into(), "hex"),
        (colons.join(" ").into(), "hex"),
        (format!("0x{}", colons.join(", 0x")).into(), "hex"),
        (xxd.into(), "hexdump"),
        (plain.clone().into(), "base64"),
        (plain.trim_end_matches('=').into(), "base64"),
        (format!("{}\r\n  {}\r\n", &plain[..20], &plain[20..]).into(), "base64"),
        (url.clone().into(), "base64url"),
        (url.trim_end_matches('=').into(), "base64url"),
        (format!("\"{plain}\"\n").into(), "quotes+base64"),
        (format!("'{hex}'").into(), "quotes+hex"),
        (wide(&format!("{plain}\r\n"), true), "utf16+base64"),
        (wide(&hex, false), "utf16+hex"),
        (format!("\u{feff}{hex}").into(), "bom+hex"),
        (format!("{{\"KeyId\": \"x\", \"Plaintext\": \"{}\"}}\n", plain.replace('/', "\\/")).into(), "json+base64"),
    ];
    for (text, layers) in cases {
        let (found, content) = bytes_of(&text);
        assert_eq!((found.as_str(), &content), (layers, &bytes), "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn text_that_is_no_encoding_is_called_text() {
    let cases = [
        ("correct horse battery staple", "Words 28"),
        ("correcthorsebatterystaplecorrecthorsebat", "Letters 40"),
        ("CorrectHorseBatteryStapleCorrectHorseBat", "Letters 40"),
        ("correct-horse-battery-staple-correct-hor", "Letters 40"),
        ("HMAC_KEY=q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=", "Assignment 53"),
        ("4444444433333333222222221111111100000000999999998888888877777777", "Decimal 64"),
        ("4uQeVj5tqViQh7yWWGStvkEG1Zmhx6uasJtWCJziofMZ", "Base58 44"),
        ("GE2DSMZQGQ3TIMRZHE4TKMRXGAYTEMZUGU3DOOBZGE3DAMJWGQ4A====", "Words 56"),
        ("8f7e6d5c-4b3a-2918-0716-f5e4d3c2b1a0", "Letters 36"),
        ("a1b2c3d4e5f60718293a4b5cOd7e8f90", "hex some of its characters are no hex digits"),
        ("{\"a\": 1}", "Json 8"),
        ("deadbeef", "Words 8"),
        // A zero is the byte with which DER's sequences begin.
        ("00000000: a text that begins so, and is neither a dump nor anything else that is encoded", "Assignment 88"),
        ("a1b2c3d4e5f60718293a4b5c6d7e8f901", "hex its number of digits is odd, so some are missing"),
        ("q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vE", "base64 it is cut off, or has extra characters"),
    ];
    for (text, expected) in cases {
        assert_eq!(String::from_utf8(bytes_of(text.as_bytes()).1).unwrap(), expected, "{text}");
    }
}

/// What od and hexdump write of 20 bytes.
#[test]
fn dumps_are_read_by_their_offsets_or_not_at_all() {
    let bytes: Vec<u8> = (0..20).map(|index| index * 11 + 3).collect();
    let line = |range: std::ops::Range<usize>| {
        bytes[range].iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
    };
    let (first, second) = (line(0..16), line(16..20));
    for (one, two, last) in
        [("0000000", "0000020", "0000024"), ("0000000", "0000016", "0000020"), ("000000", "000010", "000014")]
    {
        let text = format!("{one} {first}\n{two} {second}\n{last}\n");
        assert_eq!(bytes_of(text.as_bytes()), ("hexdump".to_owned(), bytes.clone()), "{text}");
    }
    let dashed = first.replace(' ', "-");
    assert_eq!(bytes_of(dashed.as_bytes()), ("hex".to_owned(), bytes[..16].to_vec()));
    for text in [
        "0000000 0e03 2419 3a2f 5045 665b 7c71 9287 a89d\n0000010 beb3 d4c9\n0000014\n".to_owned(),
        format!("0000000 {first}\n*\n0000060\n"),
        format!("0000000 {first}\n0000021 {second}\n0000025\n"),
    ] {
        let expected = "hexdump its bytes stand in words of some machine, or lines are left out";
        assert_eq!(String::from_utf8(bytes_of(text.as_bytes()).1).unwrap(), expected, "{text}");
    }
}

#[test]
fn pem_is_read_however_it_is_folded() {
    let der = openssl::pkey::PKey::from_rsa(openssl::rsa::Rsa::generate(2048).unwrap()).unwrap();
    let pem = String::from_utf8(der.private_key_to_pem_pkcs8().unwrap()).unwrap();
    let der = der.private_key_to_pkcs8().unwrap();
    let cases: [(Vec<u8>, &str); 11] = [
        (pem.clone().into(), ""),
        (pem.replace('\n', "\r\n").into(), ""),
        (pem.replace('\n', "\n    ").into(), ""),
        (pem.replace('\n', " ").into(), ""),
        (pem.replace('\n', "").into(), ""),
        (pem.replace('\n', "\\n").into(), "escaped"),
        (format!("\"{}\"", pem.replace('\n', "\\n")).into(), "quotes"),
        (format!("Bag Attributes\n    friendlyName: a\nKey Attributes: <No Attributes>\n{pem}").into(), ""),
        (openssl::base64::encode_block(pem.as_bytes()).into(), "base64"),
        (
            format!("{{\"type\": \"service_account\", \"private_key\": \"{}\"}}", pem.replace('\n', "\\n")).into(),
            "json",
        ),
        (wide(&pem, true), "utf16"),
    ];
    for (text, layers) in cases {
        let found = bytes_of(&text);
        assert_eq!(found, (layers.to_owned(), der.clone()), "{}", String::from_utf8_lossy(&text));
    }
}

/// Encoded by any chain of layers, the bytes come back.
#[test]
fn bytes_come_back_from_any_chain_of_layers() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut dice = |sides: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) % sides
    };
    for round in 0..2_000 {
        let bytes: Vec<u8> = (0..28 + dice(101)).map(|_| dice(256) as u8).collect();
        let mut text = bytes.clone();
        let mut chain = String::new();
        for _ in 0..=dice(3) {
            let choice = dice(6);
            chain.push_str(&format!(" {choice}"));
            text = match choice {
                0 => ::hex::encode(&text).into_bytes(),
                1 => openssl::base64::encode_block(&text).into_bytes(),
                2 => format!("0x{}\n", ::hex::encode_upper(&text)).into_bytes(),
                3 => {
                    let plain = openssl::base64::encode_block(&text);
                    plain.trim_end_matches('=').replace('+', "-").replace('/', "_").into_bytes()
                }
                4 => wide(&openssl::base64::encode_block(&text), true),
                _ => format!("\"{}\"\r\n", ::hex::encode(&text)).into_bytes(),
            };
        }
        assert_eq!(bytes_of(&text).1, bytes, "round {round}:{chain}");
    }
}
