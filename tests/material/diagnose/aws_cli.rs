//! Mistakes that the aws CLI makes easy: its output is text, and so is what many people save.

use std::env;
use std::path::{Path, PathBuf};

use crate::support::{Bench, seeded};

/// The aws CLI that `scripts/python-env` has put there.
fn aws() -> Option<PathBuf> {
    let directory = env::var_os("KMS_BYOK_PYTHON")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin"), PathBuf::from);
    let aws = directory.join("aws");
    if !aws.exists() {
        println!("skipped: no aws CLI in `{}`; scripts/python-env makes it", directory.display());
        return None;
    }
    Some(aws)
}

#[test]
fn what_the_aws_cli_prints_is_recognised_in_each_file() {
    let Some(aws) = aws() else { return };
    let bench = Bench::new();
    let server = bench.serve();
    let prelude = format!(
        "export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true HOME=$PWD
         kms() {{ '{}' kms --endpoint-url {} --region us-east-1 \"$@\"; }}
         get() {{ kms get-parameters-for-import --key-id \"$(cat id)\" --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_2048 \"$@\"; }}",
        aws.display(),
        server.url()
    );
    let shell = |script: &str| seeded::shell(&bench, &format!("{prelude}\n{script}"));
    shell("kms create-key --origin EXTERNAL --query KeyMetadata.Arn --output text > id; get --output json > reply");
    let public_key = "--public-key PublicKey.bin";
    for (made, asked, id) in [
        ("get --query PublicKey --output text > PublicKey.bin", public_key, "public_key_encoded"),
        ("get --query PublicKey --output json > PublicKey.bin", public_key, "public_key_encoded"),
        ("cp reply PublicKey.bin", public_key, "public_key_encoded"),
        (
            "get --query ImportToken --output text > ImportToken.bin",
            "--import-token ImportToken.bin",
            "import_token_encoded",
        ),
        ("cp reply ImportToken.bin", "--import-token ImportToken.bin", "import_token_encoded"),
    ] {
        shell(made);
        let answer = seeded::diagnosis(&bench, asked);
        assert_eq!(
            (&answer["causes"][0]["id"], &answer["causes"][0]["certainty"]),
            (&id.into(), &"certain".into()),
            "{made}: {answer:#}"
        );
        // What is in the text is a public key all the same: nothing else is wrong with it.
        assert_eq!(answer["causes"].as_array().unwrap().len(), 1, "{answer:#}");
        if made != "cp reply PublicKey.bin" {
            continue;
        }
        let fix = "decode it: `< PublicKey.bin tr -d '\\r\\n' \
                   | sed 's/.*\"PublicKey\"[[:space:]]*:[[:space:]]*\"\\([^\"\\\\]*\\(\\\\.[^\"\\\\]*\\)*\\)\".*/\\1/; s/\\\\\\(.\\)/\\1/g' \
                   | tr -d '[:space:]' | tr '_-' '/+' \
                   | awk '{ while (length % 4) $0 = $0 \"=\"; printf \"%s\", $0 }' | openssl base64 -d -A > PublicKey.bin.decoded`";
        assert_eq!(answer["causes"][0]["fix"], fix);
    }
}

/// The documented recipe's own words, with `awk '{print $7}'`-like slips: the columns of the reply are not in the order one expects.
#[test]
fn columns_that_were_taken_for_each_other_are_named() {
    let Some(aws) = aws() else { return };
    let bench = Bench::new();
    let server = bench.serve();
    seeded::shell(
        &bench,
        &format!(
            "export AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true HOME=$PWD
             kms() {{ '{}' kms --endpoint-url {} --region us-east-1 \"$@\"; }}
             id=$(kms create-key --origin EXTERNAL --query KeyMetadata.Arn --output text)
             kms get-parameters-for-import --key-id $id --wrapping-algorithm RSAES_OAEP_SHA_256 --wrapping-key-spec RSA_2048 --output text > reply
             awk '{{print $4}}' reply | openssl base64 -d -A > ImportToken.bin
             awk '{{print $1}}' reply | openssl base64 -d -A > PublicKey.bin
             test -s PublicKey.bin",
            aws.display(),
            server.url()
        ),
    );
    // Text output is sorted by name: ImportToken, KeyId, ParametersValidTo, PublicKey.
    let answer = seeded::diagnosis(&bench, "--public-key PublicKey.bin --import-token ImportToken.bin");
    assert_eq!(answer["causes"][0]["id"], "files_swapped", "{answer:#}");
}
