//! `diagnose` on parameter sets that are old, broken, mixed or hostile.

use crate::support::seeded::{Workshop, certain, likely, possible};
use crate::support::{Bench, seeded};

const DIRECTORY: &str = "--dir .";
const BARE: &str = "--public-key PublicKey.bin --import-token ImportToken.bin --encrypted EncryptedKeyMaterial.bin";

#[test]
fn sets_that_are_old_broken_or_mixed_are_named() {
    Workshop::open().check(&[
        certain(
            "the set has expired",
            "symmetric; parameters SYMMETRIC_DEFAULT RSAES_OAEP_SHA_256 RSA_2048 2026-01-01T00:00:00Z",
            DIRECTORY,
            "parameters_expired",
        ),
        likely(
            "the bare token is three days old",
            "symmetric; touch -d '3 days ago' PublicKey.bin ImportToken.bin",
            BARE,
            "parameters_expired",
        ),
        certain(
            "the public key is of another set",
            "symmetric; cp Other.bin PublicKey.bin",
            DIRECTORY,
            "files_of_different_sets",
        ),
        certain(
            "the public key is of another set, and the blob a number above its modulus",
            "symmetric; cp Other.bin PublicKey.bin; head -c 256 /dev/zero | tr '\\0' '\\377' > EncryptedKeyMaterial.bin",
            DIRECTORY,
            "files_of_different_sets",
        ),
        certain(
            "the token is of another set",
            "symmetric; openssl rand -out ImportToken.bin 1800",
            DIRECTORY,
            "files_of_different_sets",
        ),
        certain("the token has a line end", "symmetric; echo >> ImportToken.bin", DIRECTORY, "trailing_newline"),
        likely(
            "the blob was wrapped for an earlier set",
            "symmetric; touch -d '2 hours ago' EncryptedKeyMaterial.bin",
            DIRECTORY,
            "wrapped_before_parameters",
        ),
        possible(
            "token and public key were downloaded hours apart",
            "symmetric; touch -d '5 hours ago' ImportToken.bin",
            BARE,
            "downloaded_at_different_times",
        ),
        certain(
            "the parameter file is cut off",
            "symmetric; head -c 100 parameters.json > x; mv x parameters.json",
            DIRECTORY,
            "parameters_unreadable",
        ),
        certain(
            "the set is for another key",
            "symmetric",
            "--dir . --key-id arn:aws:kms:eu-central-1:111122223333:key/99999999-12ab-34cd-56ef-1234567890ab",
            "parameters_of_other_key",
        ),
        certain("the set is for another key spec", "symmetric", "--dir . --key-spec HMAC_256", "parameters_differ"),
        certain("the key is in another Region", "symmetric", "--dir . --region us-east-1", "other_region"),
        certain(
            "the set is of a rehearsal",
            "symmetric; sed -i 's/111122223333/000000000000/' parameters.json",
            DIRECTORY,
            "parameters_of_a_rehearsal",
        ),
        certain("the token is missing", "symmetric; rm ImportToken.bin", DIRECTORY, "file_missing"),
        certain(
            "the blob is empty, because openssl failed",
            "symmetric; : > EncryptedKeyMaterial.bin",
            DIRECTORY,
            "file_empty",
        ),
        certain(
            "the blob is a file of another kind",
            "symmetric; head -c 100000 /dev/urandom > EncryptedKeyMaterial.bin",
            DIRECTORY,
            "file_too_large",
        ),
    ]);
}

#[test]
fn a_directory_full_of_strange_things_ends_with_causes_and_not_with_a_fault() {
    let bench = Bench::new();
    seeded::shell(
        &bench,
        "mkfifo PublicKey.bin; mkdir ImportToken.bin; ln -s /dev/zero EncryptedKeyMaterial.bin; echo '[1]' > parameters.json",
    );
    let answer = seeded::diagnosis(&bench, "--dir .");
    let ids = seeded::ids(&answer);
    assert_eq!(ids, ["parameters_unreadable", "file_unreadable", "file_unreadable", "file_unreadable"], "{answer:#}");
}
