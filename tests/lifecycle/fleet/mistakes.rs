//! Every mistake of a manifest is named by its row and column, and AWS is not asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use kms_byok::Explain;
use kms_byok::fleet::{Cell, Cells, Column, Manifest, Mistake, check};

use crate::support;
use crate::support::certificate;
use crate::support::scene::Scene;

/// A manifest, and for each mistake its row, its column and its id.
type Case = (&'static str, &'static [(u64, &'static str, &'static str)]);

/// `-` stands for no column, `DIR` for the directory with the files of `place`.
const CASES: &[Case] = &[
    // The file.
    ("", &[(1, "-", "no_rows")]),
    ("id,material\n", &[(1, "-", "no_rows")]),
    ("id,material\n,\n", &[(1, "-", "no_rows")]),
    ("\u{1}\u{1}", &[(1, "-", "unknown_column"), (1, "id", "column_missing"), (1, "material", "column_missing")]),
    ("id;material\na;generate-discard\n", &[(1, "-", "other_separator")]),
    ("id\tmaterial\na\tgenerate-discard\n", &[(1, "-", "other_separator")]),
    ("id,materiel\na,generate-discard\n", &[(1, "-", "unknown_column"), (1, "material", "column_missing")]),
    ("ID,material\na,generate-discard\n", &[(1, "-", "unknown_column"), (1, "id", "column_missing")]),
    ("id,material,id\na,generate-discard,b\n", &[(1, "id", "column_twice")]),
    // Rows.
    ("id,material\na\n", &[(2, "-", "cell_count")]),
    ("id,material\na,generate-discard,extra\n", &[(2, "-", "cell_count")]),
    ("id,material\na,\"generate-discard\nb,generate-discard\n", &[(2, "material", "line_break")]),
    ("{\"id\":\"a\",\"material\":\"generate-discard\"}\n{\"id\":\n", &[(2, "-", "row_not_json")]),
    ("{\"id\":\"a\",\"material\":\"generate-discard\"}\n[]\n", &[(2, "-", "row_not_an_object")]),
    ("{\"id\":1,\"material\":\"generate-discard\"}\n", &[(1, "id", "cell_not_text")]),
    ("{\"id\":\"a\",\"material\":[\"generate-discard\"]}\n", &[(1, "material", "cell_not_text")]),
    ("{\"id\":\"a\",\"material\":\"generate-discard\",\"tags\":{\"a\":true}}\n", &[(1, "tags", "cell_not_text")]),
    ("{\"id\":\"a\",\"id\":\"b\",\"material\":\"generate-discard\"}\n", &[(1, "id", "column_twice")]),
    ("{\"id\":\"a\",\"material\":\"generate-discard\",\"owner\":\"b\"}\n", &[(1, "-", "unknown_column")]),
    // Ids, aliases and files that two rows share.
    ("id,material\n,generate-discard\n", &[(2, "id", "cell_empty")]),
    ("id,material\na b,generate-discard\n", &[(2, "id", "id_unfit")]),
    ("id,material\na,generate-discard\nb,generate-discard\na,generate-discard\n", &[(4, "id", "id_twice")]),
    ("id,alias,material\na,alias/x,generate-discard\nb,alias/x,generate-discard\n", &[(3, "alias", "alias_twice")]),
    ("id,material,keep\na,generate-keep,DIR/k\nb,generate-keep,DIR/./k\n", &[(3, "keep", "file_twice")]),
    // Aliases.
    ("id,alias,material\na,payments,generate-discard\n", &[(2, "alias", "alias_name")]),
    ("id,alias,material\na,alias/aws/s3,generate-discard\n", &[(2, "alias", "alias_name")]),
    (
        "id,alias,material\na,alias/{ID},generate-discard\n",
        &[(2, "alias", "unknown_placeholder"), (2, "alias", "alias_name")],
    ),
    // Key specs and usages.
    ("id,key_spec,material\na,AES_256,generate-discard\n", &[(2, "key_spec", "unknown_key_spec")]),
    ("id,key_spec,material\na,ML_DSA_44,generate-discard\n", &[(2, "key_spec", "key_spec_not_importable")]),
    ("id,key_usage,material\na,SIGN,generate-discard\n", &[(2, "key_usage", "unknown_key_usage")]),
    ("id,key_usage,material\na,SIGN_VERIFY,generate-discard\n", &[(2, "key_usage", "usage_not_allowed")]),
    // Wrapping.
    (
        "id,material,wrapping_key_spec\na,generate-discard,RSA_1024\n",
        &[(2, "wrapping_key_spec", "unknown_wrapping_key_spec")],
    ),
    ("id,material,wrapping_algorithm\na,generate-discard,OAEP\n", &[(2, "wrapping_algorithm", "unknown_algorithm")]),
    (
        "id,material,wrapping_algorithm\na,generate-discard,RSAES_PKCS1_V1_5\n",
        &[(2, "wrapping_algorithm", "pkcs1_refused")],
    ),
    (
        "id,material,wrapping_algorithm\na,generate-discard,RSAES_OAEP_SHA_1\n",
        &[(2, "wrapping_algorithm", "sha1_not_allowed")],
    ),
    (
        "id,material,wrapping_algorithm\na,generate-discard,RSA_AES_KEY_WRAP_SHA_256\n",
        &[(2, "wrapping_algorithm", "not_for_raw_material")],
    ),
    (
        "id,key_spec,material,wrapping_algorithm\na,RSA_2048,generate-discard,RSAES_OAEP_SHA_256\n",
        &[(2, "wrapping_algorithm", "rsa_key_over_oaep")],
    ),
    (
        "id,key_spec,material,wrapping_key_spec,wrapping_algorithm\na,ECC_NIST_P521,generate-discard,RSA_2048,RSAES_OAEP_SHA_256\n",
        &[(2, "wrapping_key_spec", "does_not_fit")],
    ),
    // Material.
    ("id,material\na,\n", &[(2, "material", "cell_empty")]),
    ("id,material\na,generate\n", &[(2, "material", "unknown_word")]),
    ("id,material\na,generate-escrow\n", &[(2, "escrow", "cell_missing"), (2, "escrow_out", "cell_missing")]),
    ("id,material\na,generate-keep\n", &[(2, "keep", "cell_missing")]),
    ("id,material,keep\na,generate-discard,DIR/k\n", &[(2, "keep", "not_together")]),
    ("id,material,escrow_out\na,DIR/good,DIR/c\n", &[(2, "escrow_out", "not_together")]),
    ("id,material\na,DIR/nowhere\n", &[(2, "material", "file_missing")]),
    ("id,material\na,DIR\n", &[(2, "material", "nothing_wrapped")]),
    ("id,material\na,DIR/empty\n", &[(2, "material", "file_empty")]),
    ("id,material\na,DIR/short\n", &[(2, "material", "material_length")]),
    ("id,material\na,DIR/text\n", &[(2, "material", "not_encoded_text")]),
    ("id,key_spec,material\na,RSA_2048,DIR/good\n", &[(2, "material", "no_private_key")]),
    (
        "id,material\na,c2aa1c9f0bd47a6e3c2aa1c9f0bd47a6e3c2aa1c9f0bd47a6e3c2aa1c9f0bd47\n",
        &[(2, "material", "material_in_cell")],
    ),
    ("id,material,keep\na,generate-keep,DIR/nowhere/k\n", &[(2, "keep", "unwritable")]),
    // Certificates.
    ("id,material,escrow,escrow_out\na,generate-escrow,DIR/good,DIR/c\n", &[(2, "escrow", "not_a_certificate")]),
    ("id,material,escrow,escrow_out\na,generate-escrow,DIR/no.pem,DIR/c\n", &[(2, "escrow", "file_missing")]),
    ("id,material,escrow,escrow_out\na,generate-escrow,DIR/both.pem,DIR/c\n", &[(2, "escrow", "several_certificates")]),
    // Expiry.
    ("id,material,expires\na,generate-discard,soon\n", &[(2, "expires", "not_an_expiry")]),
    ("id,material,expires\na,generate-discard,2020-01-31T12:00:00Z\n", &[(2, "expires", "past")]),
    ("id,material,expires\na,generate-discard,400d\n", &[(2, "expires", "too_far")]),
    ("id,material,expires\na,generate-discard,2027-13-31T12:00:00Z\n", &[(2, "expires", "not_a_time")]),
    // Policy, tags, description.
    ("id,material,policy\na,generate-discard,DIR/no.json\n", &[(2, "policy", "file_missing")]),
    ("id,material,policy\na,generate-discard,DIR/text\n", &[(2, "policy", "policy_not_an_object")]),
    ("id,material,tags\na,generate-discard,team\n", &[(2, "tags", "not_a_tag")]),
    ("id,material,tags\na,generate-discard,\"team=a,env=b\"\n", &[(2, "tags", "not_a_tag")]),
    ("id,material,tags\na,generate-discard,aws:team=a\n", &[(2, "tags", "flag_tag")]),
    ("id,material,tags\na,generate-discard,team=a;team=b\n", &[(2, "tags", "flag_tag")]),
    (
        "{\"id\":\"a\",\"material\":\"generate-discard\",\"description\":\"\\u0007\"}\n",
        &[(1, "description", "control_character")],
    ),
    // Regions and roles.
    ("id,material,regions\na,generate-discard,mars-1\n", &[(2, "regions", "not_a_region")]),
    ("id,material,regions\na,generate-discard,cn-north-1\n", &[(2, "regions", "china_region")]),
    ("id,material,regions\na,generate-discard,eu-west-1;eu-west-1\n", &[(2, "regions", "region_twice")]),
    ("id,material,keep,regions\na,generate-keep,DIR/k,eu-west-1 eu-west-2\n", &[(2, "keep", "file_for_regions")]),
    ("id,material,alias\na,generate-discard,alias/{region}\n", &[(2, "regions", "region_unknown")]),
    ("id,material,role_arn\na,generate-discard,provisioning\n", &[(2, "role_arn", "not_a_role")]),
    // Several in one row, and in several rows.
    (
        "id,key_spec,material,expires\na,AES,generate,soon\nb,,generate-discard,\nb,HMAC_1,DIR/nowhere,\n",
        &[
            (2, "key_spec", "unknown_key_spec"),
            (2, "material", "unknown_word"),
            (2, "expires", "not_an_expiry"),
            (4, "key_spec", "unknown_key_spec"),
        ],
    ),
];

/// The files that the cases name.
fn place(directory: &Path) {
    let write = |name: &str, bytes: &[u8]| {
        let path = directory.join(name);
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    write("good", &support::material(1));
    write("short", &support::material(1)[..17]);
    write("empty", b"");
    write("text", b"this is a passphrase, and no key of any kind");
    let (one, other) = (certificate::make(false).0, certificate::make(false).0);
    write("both.pem", &[one, other].concat());
}

fn found(directory: &Path, text: &str, defaults: Cells) -> Vec<Mistake> {
    let path = directory.join("manifest");
    fs::write(&path, text.replace("DIR", directory.to_str().unwrap())).unwrap();
    match Manifest::open(&path, defaults) {
        Err(mistakes) => mistakes,
        Ok(manifest) => check(&manifest).mistakes,
    }
}

fn shown(mistakes: &[Mistake]) -> Vec<(u64, String, &str)> {
    let of = |mistake: &Mistake| {
        let column = mistake.column.map_or("-".to_owned(), |column| column.to_string());
        (mistake.row.unwrap_or(0), column, mistake.error.id())
    };
    mistakes.iter().map(of).collect()
}

#[test]
fn each_mistake_is_named_by_its_row_and_column() {
    let directory = tempfile::tempdir().unwrap();
    place(directory.path());
    let mut kinds = std::collections::BTreeSet::new();
    let mut wrong = Vec::new();
    for (text, expected) in CASES {
        let mistakes = found(directory.path(), text, Cells::default());
        let expected: Vec<(u64, String, &str)> =
            expected.iter().map(|(row, column, id)| (*row, (*column).to_owned(), *id)).collect();
        kinds.extend(expected.iter().map(|(_, column, id)| format!("{column} {id}")));
        if shown(&mistakes) != expected {
            wrong.push(format!("{text:?}\n   found {:?}\nexpected {expected:?}", shown(&mistakes)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(kinds.len() >= 60, "{} kinds", kinds.len());
}

#[test]
fn a_secret_that_stands_in_a_cell_is_not_repeated() {
    let directory = tempfile::tempdir().unwrap();
    for secret in [
        hex::encode(support::material(1)),
        "wqocnwvUem48KqHJ8L1HpuPCqhyfC9R6bjwqocnwvUc=".to_owned(),
        "-----BEGIN PRIVATE KEY-----MC4CAQAwBQYDK2VwBCIEIA==-----END PRIVATE KEY-----".to_owned(),
    ] {
        let mistakes = found(directory.path(), &format!("id,material\na,{secret}\n"), Cells::default());
        assert_eq!(mistakes[0].error.id(), "material_in_cell", "{secret}");
        assert!(!format!("{mistakes:?} {}", mistakes[0]).contains(&secret));
    }
}

#[test]
fn what_spreadsheets_and_people_write_is_understood() {
    let directory = tempfile::tempdir().unwrap();
    place(directory.path());
    for text in [
        "\u{feff}id,material\r\na,generate-discard\r\n\r\n",
        "material , id\n DIR/good , a \n,\n",
        "id,material,tags,regions\n\"a\",\"generate-discard\",\"team=a;env=b c\",\"eu-west-1, us-east-1\"\n",
        "id,material,keep\na,generate-keep,DIR/{id}\nb,generate-keep,DIR/{id}\n",
        "\n{\"id\":\"a\",\"material\":\"generate-discard\",\"alias\":null,\"regions\":[\"eu-west-1\"]}\n\n",
        "{\"id\":\"a\",\"material\":\"generate-discard\",\"tags\":{\"team\":\"a\"},\"description\":\"two\\nlines\"}",
        "id,material,alias,regions\na,generate-discard,alias/x,eu-west-1\nb,generate-discard,alias/x,us-east-1\n",
    ] {
        assert_eq!(shown(&found(directory.path(), text, Cells::default())), [], "{text:?}");
    }
    // A default stands for cells that are empty, where it fits.
    let mut defaults = Cells::default();
    defaults.set(Column::Material, Cell::Text("generate-discard".to_owned()));
    defaults.set(Column::Keep, Cell::Text("{id}.key".to_owned()));
    assert_eq!(shown(&found(directory.path(), "id\na\n", defaults.clone())), []);
    defaults.set(Column::KeySpec, Cell::Text("AES".to_owned()));
    assert_eq!(shown(&found(directory.path(), "id\na\n", defaults)), [(2, "key_spec".to_owned(), "unknown_key_spec")]);
}

#[test]
fn a_cell_that_never_ends_fills_no_memory() {
    let directory = tempfile::tempdir().unwrap();
    let long = format!("id,material\na,\"{}", "x\n".repeat(300_000));
    assert_eq!(shown(&found(directory.path(), &long, Cells::default())), [(2, "-".to_owned(), "row_too_long")]);
    let long = format!("{{\"id\":\"{}\"}}", "x".repeat(600_000));
    assert_eq!(shown(&found(directory.path(), &long, Cells::default())), [(1, "-".to_owned(), "row_too_long")]);
}

#[test]
fn aws_is_not_asked_while_there_is_a_mistake() {
    let scene = Scene::new("");
    scene.bench.write("keys.csv", "id,key_spec,material\na,AES,generate-discard\nb,,generate-keep\n");
    let says = "row 2, column key_spec: `AES` is not a key spec of KMS\n";
    for verb in ["plan", "run"] {
        let run = scene.run(&format!("fleet {verb} keys.csv"));
        assert_eq!((run.code, run.stdout.starts_with(says)), (Some(4), true), "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("row 3, column keep: generate-keep needs the column keep\n    hint: fill it in\n"));
        assert_eq!(run.stderr, "error: the manifest has 2 mistakes; AWS was not asked\n");
        let (answer, _) = scene.fails(4, &format!("fleet {verb} keys.csv"));
        let first = &answer["mistakes"][0];
        assert_eq!(
            (&first["row"], &first["column"], &first["id"]),
            (&2.into(), &"key_spec".into(), &"unknown_key_spec".into())
        );
    }
    assert!(!scene.bench.exists("calls.log") || scene.bench.read("calls.log").is_empty());
    assert!(!scene.bench.exists("keys.csv.journal"));
    let run = scene.run("fleet plan nowhere.csv");
    assert_eq!(run.code, Some(1), "{}", run.stderr);
}
