//! Bare files as with the recipe, and replies that are no parameters: swapped, encoded, cut and half-made ones are named before anything
//! is sent or written.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use crate::support;
use crate::support::cloud::Cloud;

const GET: &str = "get-parameters --wrapping-key-spec RSA_2048";

/// What `import` says of two files that are no blob and no token, with the command in its hint.
#[test]
fn bare_files_that_are_swapped_encoded_or_something_else_are_named() {
    let cloud = Cloud::new("");
    cloud.empty_key("--alias alias/a");
    cloud.run(&format!("{GET} --key-id alias/a --dir D")).succeeds();
    cloud.bench.kms_byok("wrap --dir D --generate --discard").succeeds();
    let [blob, token] =
        ["EncryptedKeyMaterial.bin", "ImportToken.bin"].map(|name| cloud.bench.read(&format!("D/{name}")));
    cloud.bench.write("token.hex", hex::encode(&token));
    cloud.bench.write("long", vec![0xa5; 7000]);
    cloud.bench.openssl("pkey -pubin -inform DER -in D/PublicKey.bin -out public.pem");
    cloud.bench.openssl("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -outform DER -out private.der");
    cloud.bench.openssl("pkey -inform DER -in private.der -out private.pem");
    cloud
        .bench
        .write("message", "An error occurred (AccessDeniedException) when calling ImportKeyMaterial\n".repeat(4));
    let both = "hint: give EncryptedKeyMaterial.bin to --encrypted and ImportToken.bin to --import-token, both as whole binary files\n";
    let public = "hint: give EncryptedKeyMaterial.bin to --encrypted and ImportToken.bin to --import-token: the public key is for `kms-byok wrap --inkey`\n";
    let no_text =
        "hint: give the binary files that GetParametersForImport and the wrapping made; neither of them is text\n";
    let clear = "the wrapped key material is a private key in the clear, not wrapped\nhint: wrap it first with `kms-byok wrap`, and send it nowhere\n";
    for (encrypted, import_token, said) in [
        ("D/ImportToken.bin", "D/EncryptedKeyMaterial.bin", format!("the wrapped key material has {} bytes, but wrapping SYMMETRIC_DEFAULT key material gives 256, 384 or 512\n{both}", token.len())),
        ("D/PublicKey.bin", "D/ImportToken.bin", format!("the wrapped key material `D/PublicKey.bin` is a wrapping public key\n{public}")),
        ("D/EncryptedKeyMaterial.bin", "D/PublicKey.bin", format!("the import token `D/PublicKey.bin` is a wrapping public key\n{public}")),
        ("D/EncryptedKeyMaterial.bin", "token.hex", "the import token `token.hex` is hex text, but the bytes themselves are needed\nhint: decode it first: `< token.hex sed 's/0[xX]//g' | tr -cd '0-9a-fA-F' | fold -w 2 | while read -r byte || [ -n \"$byte\" ]; do printf %b \"\\\\0$(printf %03o \"0x$byte\")\"; done > token.hex.decoded`\n".to_owned()),
        ("public.pem", "D/ImportToken.bin", format!("the wrapped key material `public.pem` is PEM text, but the bytes themselves are needed\n{no_text}")),
        ("message", "D/ImportToken.bin", format!("the wrapped key material `message` is text, but the bytes themselves are needed\n{no_text}")),
        ("private.der", "D/ImportToken.bin", clear.to_owned()),
        ("private.pem", "D/ImportToken.bin", clear.to_owned()),
        ("D/EncryptedKeyMaterial.bin", "private.pem", "the import token `private.pem` is a private key in the clear\nhint: give ImportToken.bin to --import-token, and keep the private key to yourself\n".to_owned()),
        ("long", "D/ImportToken.bin", "the wrapped key material `long` has 7000 bytes, but KMS takes at most 6144\nhint: check that it is the file you mean\n".to_owned()),
    ] {
        let line = format!("import --key-id alias/a --encrypted {encrypted} --import-token {import_token} --quiet");
        cloud.run(&line).refuses(1, &format!("error: {said}"));
    }
    assert_eq!((cloud.requests("ImportKeyMaterial"), cloud.states()), (0, vec!["PendingImport".to_owned()]));
    cloud.bench.write("E", blob);
    let line = "import --key-id alias/a --encrypted E --import-token D/ImportToken.bin";
    assert_eq!(cloud.run(&format!("{line} --output json")).json()["key_state"], "Enabled");
}

/// Each of them is named alike whether the file is bare, in the console's directory, or in one with `parameters.json`, and by `diagnose`.
/// The command in the hint leads to an import where the bytes are still there.
#[test]
fn a_blob_that_was_changed_on_its_way_is_named_everywhere_alike_and_fixed_by_its_hint() {
    let cloud = Cloud::new("");
    cloud.bench.write_private("key", support::material(9));
    let wide = |text: &str| -> Vec<u8> { text.encode_utf16().flat_map(u16::to_le_bytes).collect() };
    type Change = Box<dyn Fn(&[u8]) -> Vec<u8>>;
    let with_marks = move |text: String| [&b"\xff\xfe"[..], &wide(&text)].concat();
    let changes: Vec<(&str, Option<&str>, Change)> = vec![
        ("trailing_newline", Some("has 257 bytes: 256 and a line end of 1"), Box::new(|blob| [blob, b"\n"].concat())),
        ("trailing_newline", Some("has 258 bytes: 256 and a line end of 2"), Box::new(|blob| [blob, b"\r\n"].concat())),
        ("encrypted_encoded", Some("is base64 text"), Box::new(|blob| BASE64_STANDARD.encode(blob).into())),
        (
            "encrypted_encoded",
            Some("is base64 text in UTF-16"),
            Box::new(move |blob| with_marks(BASE64_STANDARD.encode(blob) + "\r\n")),
        ),
        (
            "encrypted_encoded",
            Some("is base64 text in quotation marks"),
            Box::new(|blob| format!("\"{}\"\n", BASE64_STANDARD.encode(blob)).into()),
        ),
        ("encrypted_encoded", Some("is hex text"), Box::new(|blob| (hex::encode_upper(blob) + "\n").into())),
        (
            "encrypted_encoded",
            Some("is a whole JSON reply"),
            Box::new(|blob| format!("{{\"EncryptedKeyMaterial\": \"{}\"}}", BASE64_STANDARD.encode(blob)).into()),
        ),
        (
            "blob_other_algorithm",
            Some(
                "the wrapped key material has 296 bytes, as RSA_AES_KEY_WRAP with RSA_2048 and about 32 bytes of key material gives, but ",
            ),
            Box::new(|blob| [blob, &blob[..40]].concat()),
        ),
        (
            "blob_other_algorithm",
            Some(
                "the wrapped key material has 424 bytes, as RSA_AES_KEY_WRAP with RSA_3072 and about 32 bytes of key material gives, but ",
            ),
            Box::new(|blob| [blob, &blob[..168]].concat()),
        ),
        (
            "blob_other_algorithm",
            Some(
                "the wrapped key material has 552 bytes, as RSA_AES_KEY_WRAP with RSA_4096 and about 32 bytes of key material gives, but ",
            ),
            Box::new(|blob| [blob, blob, &blob[..40]].concat()),
        ),
        ("blob_length", None, Box::new(|blob| blob[..200].to_vec())),
        (
            "file_mangled",
            Some("the wrapped key material was damaged by a text conversion: "),
            Box::new(|blob| String::from_utf8_lossy(blob).as_bytes().to_vec()),
        ),
    ];
    for (index, (id, said, change)) in changes.iter().enumerate() {
        let name = format!("D{index}");
        let arn = cloud.empty_key("");
        cloud.run(&format!("{GET} --key-id {arn} --dir {name}")).succeeds();
        cloud.bench.kms_byok(&format!("wrap --dir {name} --material key")).succeeds();
        let blob = cloud.bench.read(&format!("{name}/EncryptedKeyMaterial.bin"));
        let changed = change(&blob);
        cloud.bench.write(&format!("{name}/EncryptedKeyMaterial.bin"), &changed);
        let (bare, console) = (format!("bare{index}"), format!("console{index}"));
        cloud.bench.write(&bare, &changed);
        std::fs::create_dir(cloud.bench.path(&console)).unwrap();
        cloud
            .bench
            .write(&format!("{console}/wrappingKey_{index}"), cloud.bench.read(&format!("{name}/PublicKey.bin")));
        cloud
            .bench
            .write(&format!("{console}/importToken_{index}"), cloud.bench.read(&format!("{name}/ImportToken.bin")));
        cloud.bench.write(&format!("{console}/EncryptedKeyMaterial.bin"), &changed);
        for asked in [format!("--dir {name}"), format!("--encrypted {bare} --key-spec SYMMETRIC_DEFAULT")] {
            let diagnosed = cloud.run(&format!("diagnose {asked} --output json"));
            let found: serde_json::Value = serde_json::from_str(&diagnosed.stdout).unwrap();
            assert_eq!((diagnosed.code, &found["causes"][0]["id"]), (Some(4), &(*id).into()), "{found:#}");
        }
        let lines = [
            format!("import --key-id {arn} --encrypted {bare} --import-token {name}/ImportToken.bin"),
            format!("import --key-id {arn} --dir {console}"),
            format!("import --dir {name}"),
        ];
        for line in &lines {
            let run = cloud.run(&format!("{line} --quiet"));
            assert_eq!(run.code, Some(1), "{line}: {}", run.stderr);
            assert!(run.stderr.contains(said.unwrap_or("has 200 bytes, but ")), "{line}: {}", run.stderr);
            let needed = match line.contains("--key-id") {
                true => "gives, but KMS takes SYMMETRIC_DEFAULT key material under OAEP alone\n",
                false => "gives, but the parameters are for RSAES_OAEP_SHA_256 with RSA_2048\n",
            };
            assert!(*id != "blob_other_algorithm" || run.stderr.contains(needed), "{line}: {}", run.stderr);
            let Some(command) = run.stderr.split('`').find(|part| part.contains(" > ")) else { continue };
            let mut shell = std::process::Command::new("sh");
            assert!(shell.args(["-c", command]).current_dir(cloud.bench.directory()).status().unwrap().success());
            let names = [format!("{bare}.decoded"), format!("{bare}.cut"), format!("{name}/EncryptedKeyMaterial.bin")];
            let fixed = names.iter().find(|made| cloud.bench.exists(made)).unwrap();
            if !line.contains("console") {
                assert_eq!(cloud.bench.read(fixed), blob, "{line}: {command}");
            }
        }
        if matches!(*id, "trailing_newline" | "encrypted_encoded") {
            cloud.run(&format!("{} --quiet", lines[2])).succeeds();
            let proof = cloud.run(&format!("verify --key-id {arn} --material key --output json")).json();
            assert_eq!(proof["proof"]["outcome"], "proven", "{id}");
        }
    }
}

/// RSA private keys do not fit into OAEP alone; a blob for another wrapping key has its length.
#[test]
fn a_blob_that_was_made_otherwise_is_named_as_what_it_is() {
    let cloud = Cloud::new("");
    let again = "wrap the key material again for the public key that came with this import token";
    for (key, length, cause) in [
        (
            "",
            384,
            "the wrapped key material has 384 bytes, as OAEP with RSA_3072 gives, but the parameters are for RSAES_OAEP_SHA_256 with RSA_2048",
        ),
        (
            "--key-spec RSA_2048",
            256,
            "the wrapped key material has 256 bytes, as OAEP alone with RSA_2048 gives, but the parameters are for RSA_AES_KEY_WRAP_SHA_256 with RSA_2048",
        ),
        (
            "--key-spec ECC_NIST_P256",
            296,
            "the wrapped key material has 296 bytes, as RSA_AES_KEY_WRAP with RSA_2048 and about 32 bytes of key material gives, but the parameters are for RSAES_OAEP_SHA_256 with RSA_2048",
        ),
    ] {
        let arn = cloud.empty_key(key);
        cloud.run(&format!("{GET} --key-id {arn} --dir D --force")).succeeds();
        cloud.bench.write("D/EncryptedKeyMaterial.bin", vec![0x91; length]);
        cloud.run("import --dir D --quiet").refuses(1, &format!("error: {cause}\nhint: {again}\n"));
        std::fs::remove_file(cloud.bench.path("D/EncryptedKeyMaterial.bin")).unwrap();
    }
    let arn = cloud.empty_key("--key-spec RSA_4096");
    for (length, size) in [(256, "RSA_2048"), (384, "RSA_3072"), (512, "RSA_4096")] {
        cloud.bench.write("blob", vec![0x91; length]);
        cloud.run(&format!("import --key-id {arn} --encrypted blob --import-token D/ImportToken.bin --quiet")).refuses(
            1,
            &format!(
                "error: the wrapped key material has {length} bytes, as OAEP alone with {size} gives, but KMS takes RSA private keys only under RSA_AES_KEY_WRAP\nhint: {again}\n"
            ),
        );
    }
}

/// A key that had no key material cannot be given other bytes than before.
#[test]
fn a_first_import_that_kms_refuses_is_called_one() {
    for (key, headline) in [
        ("", "KMS does not take these bytes as the first key material of key `ARN`"),
        ("--key-spec HMAC_256", "KMS does not take these bytes as key material of key `ARN`"),
    ] {
        let cloud = Cloud::new("--fault ImportKeyMaterial:always:error=IncorrectKeyMaterialException");
        let arn = cloud.empty_key(&format!("{key} --alias alias/a"));
        cloud.run(&format!("{GET} --key-id alias/a --dir D")).succeeds();
        cloud.bench.kms_byok("wrap --dir D --generate --discard").succeeds();
        for line in [
            "import --dir D",
            "import --key-id alias/a --encrypted D/EncryptedKeyMaterial.bin --import-token D/ImportToken.bin",
        ] {
            let run = cloud.run(&format!("{line} --quiet"));
            let expected =
                format!("error: {}\nbecause: IncorrectKeyMaterialException\n", headline.replace("ARN", &arn));
            assert!(run.stderr.starts_with(&expected), "{line}: {}", run.stderr);
            // What is only possible comes last.
            let first = run.stderr.lines().find(|line| line.contains("(material_refused)")).unwrap_or_default();
            let original = run.stderr.find("takes only the key material it was given before");
            let refused = run.stderr.find(first).filter(|_| !first.is_empty());
            assert!(refused.is_some() && original.is_none_or(|at| refused < Some(at)), "{}", run.stderr);
            assert_eq!(original.is_none(), key.is_empty(), "{}", run.stderr);
        }
    }
}

#[test]
fn a_reply_that_is_no_parameter_set_makes_no_directory() {
    for (fault, cause) in [
        ("wrong-key-size", "the wrapping public key has 1024 bits, but KMS makes only 2048, 3072 and 4096"),
        ("empty-object", "the reply to GetParametersForImport has no KeyId, which KMS always sends"),
        ("truncated", "what answers GetParametersForImport at `URL` is not KMS"),
        ("html=200", "what answers GetParametersForImport at `URL` is not KMS"),
        ("html=500", "what answers GetParametersForImport at `URL` is not KMS"),
    ] {
        let cloud = Cloud::new(&format!("--fault GetParametersForImport:always:{fault}"));
        cloud.empty_key("--alias alias/a");
        let run = cloud.run(&format!("{GET} --key-id alias/a --dir D --quiet"));
        let shown = cloud.plain(&run.stderr);
        assert!(run.code == Some(1) && shown.starts_with(&format!("error: {cause}\n")), "{fault}: {shown}");
        assert!(shown.contains("\nhint: ") && !cloud.bench.exists("D"), "{fault}: {shown}");
    }
}

/// The console's zip has a public key and a token with an id in their names, and no `parameters.json`; the recipe's files have none either.
#[test]
fn a_directory_without_parameters_is_taken_under_the_recipes_names_and_the_consoles() {
    let cloud = Cloud::new("");
    cloud.bench.write_private("key", support::material(7));
    for (directory, public_key, token) in [
        (
            "console",
            "wrappingKey_fcb572d3-6680-449c-91ab-ac3a5c07dc09_0804104355",
            "importToken_fcb572d3-6680-449c-91ab-ac3a5c07dc09_0804104355",
        ),
        ("recipe", "PublicKey.bin", "ImportToken.bin"),
    ] {
        let arn = cloud.empty_key("");
        cloud.run(&format!("{GET} --key-id {arn} --dir D --force")).succeeds();
        std::fs::create_dir(cloud.bench.path(directory)).unwrap();
        cloud.bench.write(&format!("{directory}/{public_key}"), cloud.bench.read("D/PublicKey.bin"));
        cloud.bench.write(&format!("{directory}/{token}"), cloud.bench.read("D/ImportToken.bin"));
        let wrapped = cloud.bench.kms_byok(&format!("wrap --dir {directory} --material key --output json")).json();
        assert_eq!(wrapped["out"], format!("{directory}/EncryptedKeyMaterial.bin"));
        let diagnosis = cloud.run(&format!("diagnose --dir {directory} --key-spec SYMMETRIC_DEFAULT --output json"));
        assert_eq!((diagnosis.code, diagnosis.json()["causes"].as_array().map(Vec::len)), (Some(0), Some(0)));
        cloud.run(&format!("import --dir {directory}")).refuses(
            2,
            "error: the key is missing\nhint: add --key-id K: a directory without parameters.json does not say for which key it is\n",
        );
        cloud.run(&format!("import --dir {directory} --key-id {arn}")).succeeds();
        assert_eq!(
            cloud.run(&format!("verify --key-id {arn} --material key --output json")).json()["proof"]["outcome"],
            "proven"
        );
    }
    // Two sets in one directory: which belongs to which would be a guess.
    for name in ["importToken_other", "wrappingKey_other"] {
        cloud.bench.write(&format!("console/{name}"), [1; 300]);
    }
    for line in ["wrap --material key", "import --key-id alias/a", "diagnose"] {
        cloud.run(&format!("{line} --dir console --quiet")).refuses(
            1,
            "error: the directory `console` has several files that could be the wrapping public key\n\
                 hint: give the files of each parameter set a directory of their own\n",
        );
    }
    cloud.run("wrap --dir D --material key --key-spec HMAC_256").refuses(
        2,
        "error: --key-spec and --dir with a parameters.json exclude each other\nhint: leave one of them out\n",
    );
}
