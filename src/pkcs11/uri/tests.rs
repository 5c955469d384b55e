use std::path::Path;

use super::*;

fn read(text: &str) -> Uri {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> String {
    text.parse::<Uri>().map(|uri| format!("{uri:?}")).unwrap_err().to_string()
}

/// The examples of RFC 7512 §3, but for those with a PIN in them.
#[test]
fn the_examples_of_the_rfc_are_read() {
    assert_eq!(read("pkcs11:").path, []);
    assert_eq!(read("pkcs11:object=my-pubkey;type=public").object().unwrap(), "my-pubkey");
    let uri = read("pkcs11:object=my-key;type=private?pin-source=file:/etc/token");
    assert_eq!(uri.pin_source(), Some(Path::new("/etc/token")));
    let uri = read(
        "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;manufacturer=Snake%20Oil,%20Inc.;model=1.0;\
         object=my-certificate;type=cert;id=%69%95%3E%5C%F4%BD%EC%91;serial=?pin-source=file:/etc/token_pin",
    );
    assert_eq!(uri.get(Attribute::Token), Some(&b"The Software PKCS#11 Softtoken"[..]));
    assert_eq!(uri.get(Attribute::Manufacturer), Some(&b"Snake Oil, Inc."[..]));
    assert_eq!(uri.get(Attribute::Id), Some(&[0x69, 0x95, 0x3e, 0x5c, 0xf4, 0xbd, 0xec, 0x91][..]));
    assert_eq!(uri.get(Attribute::Serial), Some(&b""[..]));
    let uri = read("pkcs11:slot-description=Sun%20Metaslot;slot-manufacturer=a;slot-id=327;library-version=3.1");
    assert_eq!(uri.get(Attribute::SlotId), Some(&b"327"[..]));
    let uri = read(
        "pkcs11:library-manufacturer=Snake%20Oil,%20Inc.;library-description=Soft%20Token%20Library;library-version=1.23",
    );
    assert_eq!(uri.get(Attribute::LibraryVersion), Some(&b"1.23"[..]));
    let uri = read("PKCS11:object=a?module-name=mypkcs11&module-path=/opt/lib&x-vendor=1");
    assert_eq!(uri.module(), Some("/opt/lib".into()));
    assert_eq!(uri.ignored(), ["x-vendor"]);
    assert_eq!(uri.to_string(), "PKCS11:object=a?module-name=mypkcs11&module-path=/opt/lib&x-vendor=1");
}

#[test]
fn a_directory_and_a_name_are_the_module_that_lies_there() {
    let directory = std::env::temp_dir().join(format!("kms-byok-uri-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("hsm.so"), "").unwrap();
    let module = |name: &str| read(&format!("pkcs11:?module-path={}&module-name={name}", directory.display())).module();
    assert_eq!(module("hsm"), Some(directory.join("hsm.so")));
    assert_eq!(module("other"), Some(directory.join("libother.so")));
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_pin_is_read_from_a_file_only() {
    for (source, path) in [
        ("file:/run/pin", "/run/pin"),
        ("file:///run/pin", "/run/pin"),
        ("file://localhost/run/pin", "/run/pin"),
        ("file:pin", "pin"),
        ("/run/pin", "/run/pin"),
        ("file:/run/a%20b", "/run/a b"),
    ] {
        assert_eq!(read(&format!("pkcs11:?pin-source={source}")).pin_source(), Some(Path::new(path)), "{source}");
    }
    for source in ["|/usr/bin/pin", "https://x/pin", "file://host/pin", "file:", "", "pin", "env:PIN"] {
        assert_eq!(refused(&format!("pkcs11:?pin-source={source}")), Pkcs11Error::PinSource.to_string(), "{source}");
    }
}

#[test]
fn a_pin_in_the_text_is_refused_before_anything_else_and_repeated_nowhere() {
    for text in [
        "pkcs11:object=a?pin-value=1234",
        "pkcs11:object=a?pin-source=file:/a&PIN-VALUE=1234",
        "pkcs11:object=a;pin-value=1234",
        "pkcs11:nonsense=b;pin-value=1234;=?&",
        "pkcs11:object=a?pin-value",
    ] {
        let error = text.parse::<Uri>().unwrap_err();
        assert!(matches!(error, Pkcs11Error::PinInUri), "{text}");
        assert!(!format!("{error:?} {error}").contains("1234"));
    }
}

#[test]
fn what_is_no_name_of_rfc_7512_is_refused_with_its_place() {
    for (text, problem) in [
        ("object=a", "it does not begin with `pkcs11:`"),
        ("pkcs11:object", "a part of it is no `name=value` between two `;`"),
        ("pkcs11:object=a;object=b", "it has `object` twice"),
        ("pkcs11:object=my key", "a character of its `object` must be written %20"),
        ("pkcs11:object=a/b", "a character of its `object` must be written %2F"),
        ("pkcs11:object=\u{e9}", "a character of its `object` must be written %C3%A9"),
        ("pkcs11:object=%4", "a `%` in its `object` is not followed by two hex digits"),
        ("pkcs11:object=%zz", "a `%` in its `object` is not followed by two hex digits"),
        ("pkcs11:object=%FF", "its `object` is not UTF-8"),
        ("pkcs11:type=key", "its `type` is none of public, private, cert, secret-key, data"),
        ("pkcs11:slot-id=one", "its `slot-id` is not a number"),
        ("pkcs11:library-version=1.2.3", "its `library-version` is not written as in `2.6`"),
        ("pkcs11:object=a?token=b", "`token` stands behind the `?`, and belongs before it"),
        ("pkcs11:a b=c", "the name of an attribute has other characters than letters, digits, `-` and `_`"),
        ("pkcs11:?module-name=a%2Fb", "its `module-name` is not the name of a file"),
        ("pkcs11:?pin-source=file:/a&pin-source=file:/b", "it has `pin-source` twice"),
    ] {
        assert_eq!(refused(text), format!("the PKCS#11 URI cannot be read: {problem}"), "{text}");
    }
}

/// RFC 7512 §2.5: such a URI matches nothing.
#[test]
fn an_attribute_of_the_path_that_nobody_knows_is_refused_by_its_name() {
    assert_eq!(
        refused("pkcs11:x-vendor=1"),
        "the PKCS#11 URI has an attribute `x-vendor`, which RFC 7512 does not have"
    );
    let error = "pkcs11:object=a;pin-source=file:/pin".parse::<Uri>().unwrap_err();
    assert!(matches!(error, Pkcs11Error::UnknownAttribute { known: true, .. }));
}
