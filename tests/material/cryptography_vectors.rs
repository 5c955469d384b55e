//! Every private key file of the Python package `cryptography-vectors`, read by `wrap` and by the package `cryptography`.

use std::collections::BTreeMap;
use std::process::Command;
use std::thread;

use kms_byok::material::{KeyMaterial, KeySpec, Passphrase};
use kms_byok::wrap::WrappingAlgorithm;
use kms_byok::{MaterialError, Secret};
use openssl::rsa::Rsa;

use crate::support::independent::{KeyPair, unwrap};
use crate::support::{self, Bench, Run, ended, run};

/// Where `cryptography` and kms-byok disagree on whether a file is such a key, and why that is right. One that agrees fails too.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "asymmetric/EC/ec_private_key_non_zero_unused_bits.der",
        "the unused bits are of the public key, which is computed",
    ),
    (
        "asymmetric/EC/secp256k1-explicit-no-seed.pem",
        "its parameters are those of secp256k1; cryptography knows NIST's only",
    ),
    ("asymmetric/PKCS8/ec-invalid-version.pem", "the key is whole, and only its version is wrong"),
    ("asymmetric/PKCS8/enc-ec-sha1-128-rc4.pem", "RC4 is in the legacy provider, and cryptography has its own"),
    ("asymmetric/PKCS8/invalid-version.der", "the key is whole, and only its version is wrong"),
    ("asymmetric/PKCS8/rsa-pbewithmd5anddescbc.pem", "DES is in the legacy provider, and cryptography has its own"),
    ("asymmetric/PKCS8/rsa-rc2-cbc.pem", "RC2 is in the legacy provider, and cryptography has its own"),
    ("asymmetric/PKCS8/rsa_pss_2048.pem", "KMS has no key spec for RSA-PSS"),
    ("asymmetric/PKCS8/rsa_pss_2048_hash.pem", "KMS has no key spec for RSA-PSS"),
    ("asymmetric/PKCS8/rsa_pss_2048_hash_mask.pem", "KMS has no key spec for RSA-PSS"),
    ("asymmetric/PKCS8/rsa_pss_2048_hash_mask_diff.pem", "KMS has no key spec for RSA-PSS"),
    ("asymmetric/PKCS8/rsa_pss_2048_hash_mask_salt.pem", "KMS has no key spec for RSA-PSS"),
    ("asymmetric/PKCS8/wrong-pem-delimiter-rsa.pem", "the DER shows what the label does not"),
    (
        "asymmetric/Traditional_OpenSSL_Serialization/rsa-wrong-version.pem",
        "the numbers agree, and only its version is wrong",
    ),
    ("pkcs12/cert-rc2-key-3des.p12", "RC2 is in the legacy provider, and cryptography has its own"),
    ("pkcs12/no-password.p12", "RC2 is in the legacy provider, and cryptography has its own"),
];

/// A line of the table.
struct Row {
    path: &'static str,
    spec: &'static str,
    passphrase: &'static str,
    outcome: &'static str,
}

fn rows() -> Vec<Row> {
    let table = include_str!("../data/cryptography_vectors.tsv");
    let row = |line: &'static str| {
        let mut fields = line.split('\t');
        let mut field = || fields.next().unwrap();
        Row { path: field(), spec: field(), passphrase: field(), outcome: field() }
    };
    table.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

#[test]
fn every_private_key_file_has_the_outcome_that_the_table_says() {
    let Some(programs) = support::pinned::python(&["python"], &["cryptography", "cryptography_vectors"]) else {
        return;
    };
    let rows = rows();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/private_keys.py");
    let questions: String =
        rows.iter().map(|row| format!("{}\t{}\t{}\n", row.path, row.spec, row.passphrase)).collect();
    let oracle = Run::of_others(ended(Command::new(programs.join("python")).arg(script), questions.as_bytes())).json();
    let paths: Vec<&str> = rows.iter().map(|row| row.path).collect();
    assert_eq!(oracle["files"], serde_json::json!(paths), "the table has every file, sorted");
    assert_eq!(rows.len(), 194, "193 files that may be a key, and a script of tests with keys in it");

    let bench = Bench::new();
    bench.wrapping_key(2048);
    let root = oracle["root"].as_str().unwrap();
    let half = rows.len().div_ceil(2);
    let seen: Vec<Result<Vec<u8>, String>> = thread::scope(|scope| {
        let halves: Vec<_> = rows
            .chunks(half)
            .enumerate()
            .map(|(number, rows)| {
                let bench = &bench;
                scope.spawn(move || rows.iter().map(|row| outcome(bench, number, root, row)).collect::<Vec<_>>())
            })
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });

    let private = Rsa::private_key_from_pem(&bench.read("wrapping.pem")).unwrap();
    let pair = KeyPair::of(&private);
    let blobs = seen.iter().filter_map(|seen| seen.as_ref().ok());
    let jobs: Vec<String> = blobs.map(|blob| pair.job(WrappingAlgorithm::RsaAesKeyWrapSha256, blob)).collect();
    let mut unwrapped = unwrap(&jobs).expect("there is Python").into_iter();

    let exceptions: BTreeMap<&str, &str> = EXCEPTIONS.iter().copied().collect();
    let (mut wrong, mut met) = (Vec::new(), 0);
    for (row, seen) in rows.iter().zip(&seen) {
        let (id, bytes) = match seen {
            Ok(_) => ("bytes", Some(unwrapped.next().unwrap())),
            Err(id) => (id.as_str(), None),
        };
        if !row.outcome.split('/').any(|outcome| outcome == id) {
            wrong.push(format!("{}: {id}, and the table says {}", row.path, row.outcome));
        }
        let theirs = oracle["keys"][row.path].as_str();
        let disagree = bytes.is_some() != theirs.is_some();
        met += usize::from(disagree);
        if disagree != exceptions.contains_key(row.path) {
            wrong.push(format!(
                "{}: {id}; cryptography reads it: {}; {:?}",
                row.path,
                theirs.is_some(),
                exceptions.get(row.path)
            ));
        }
        let kind = oracle["kinds"][row.path].as_str();
        if !is_explained(row, id, kind) && !exceptions.contains_key(row.path) {
            wrong.push(format!("{}: {id}, and for cryptography it is {kind:?}", row.path));
        }
        if let (Some(ours), Some(theirs)) = (&bytes, theirs)
            && ours != theirs
        {
            wrong.push(format!("{}: other bytes\n  {ours}\n  {theirs}", row.path));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{} files, {} read, {met} exceptions", rows.len(), jobs.len());
}

struct Said(&'static str);

impl Passphrase for Said {
    fn passphrase(&mut self) -> Result<Option<Secret>, MaterialError> {
        Ok(Some(Secret::copy(self.0.as_bytes())?))
    }
}

/// PKITS's files that are no key of RSA_2048, with the id of the cause. Every other is read to the bytes that `cryptography` reads.
const OTHER_PKITS: &[(&str, &str)] = &[
    ("DSACACert.p12", "material_type"),
    ("DSAParametersInheritedCACert.p12", "material_type"),
    ("InvalidDSASignatureTest6EE.p12", "material_type"),
    ("ValidDSAParameterInheritanceTest5EE.p12", "material_type"),
    ("ValidDSASignaturesTest4EE.p12", "material_type"),
];

#[test]
fn every_pkcs12_file_of_pkits_is_read_to_the_same_bytes() {
    let Some(programs) = support::pinned::python(&["python"], &["cryptography", "cryptography_vectors"]) else {
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/private_keys.py");
    let oracle = Run::of_others(ended(Command::new(programs.join("python")).arg(script), b"")).json();
    let root = oracle["root"].as_str().unwrap();
    let (mut wrong, mut read) = (Vec::new(), 0);
    let files = oracle["pkits"].as_object().unwrap();
    for (path, theirs) in files {
        let bytes = Secret::copy(&std::fs::read(format!("{root}/{path}")).unwrap()).unwrap();
        let ours = KeyMaterial::read(bytes, KeySpec::Rsa2048, None, &mut Said("password"));
        let other = OTHER_PKITS.iter().find(|(name, _)| path.ends_with(&format!("/{name}"))).map(|(_, id)| *id);
        let right = match (&ours, theirs.as_str(), other) {
            (Ok(ours), Some(theirs), None) => hex::encode(ours.expose()) == theirs,
            (Err(error), None, Some(id)) => error.id() == id,
            _ => false,
        };
        read += usize::from(ours.is_ok());
        if !right {
            let said = ours.map_or_else(|error| format!("{}: {error}", error.id()), |_| "bytes".to_owned());
            wrong.push(format!("{path}: {said}; cryptography reads it: {}; {other:?}", theirs.is_string()));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((files.len(), read), (405, 400));
}

/// Whether what `cryptography` says of the key explains the cause. Where it reads no key either, nothing does.
fn is_explained(row: &Row, id: &str, kind: Option<&str>) -> bool {
    let Some(kind) = kind else { return true };
    let (name, rest) = kind.split_once(' ').unwrap_or((kind, ""));
    let of_the_type = row.spec.starts_with(name) || name == "EC" && row.spec.starts_with("ECC_NIST_P");
    match id {
        "material_modulus" => name == "RSA" && row.spec != format!("RSA_{rest}"),
        "material_curve" => name == "EC" && !rest.is_empty(),
        "material_type" => !of_the_type,
        "passphrase_needed" => kind == "encrypted",
        "foreign_container" => name == "DSA" || name == "Ed448" || name == "X25519" || name == "X448",
        "no_private_key" | "public_half" => kind == "no key",
        "wrong_passphrase" | "damaged" | "several_keys" => false,
        _ => true,
    }
}

/// The wrapped key, or the id of the cause.
fn outcome(bench: &Bench, number: usize, root: &str, row: &Row) -> Result<Vec<u8>, String> {
    let (blob, passphrase) = (format!("blob{number}"), format!("passphrase{number}"));
    let file = format!("{root}/{}", row.path);
    let words =
        "wrap --inkey PublicKey.bin --force --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256 --output json --quiet";
    let mut words: Vec<&str> = words.split(' ').collect();
    words.extend(["--out", &blob, "--material", &file, "--key-spec", row.spec]);
    if row.passphrase != "-" {
        bench.write(&passphrase, row.passphrase);
        words.extend(["--passphrase-file", &passphrase]);
    }
    let run = run(&mut bench.command(&words), b"");
    if run.code == Some(0) {
        return Ok(bench.read(&blob));
    }
    let answer: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    Err(answer["error"]["id"].as_str().unwrap().to_owned())
}
