//! The record of a key in several hands names whose hands they are, and its check value only where that is asked for.

use serde_json::{Value, json};

use crate::support::schema;
use crate::support::stage::Stage;

#[test]
fn the_records_of_making_a_key_and_of_importing_it_name_the_custodians_certificates() {
    let stage = Stage::new("");
    let mut custodians = Vec::new();
    for (name, number) in [("alice", 1), ("bob", 2)] {
        stage.bench.openssl(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        stage.bench.openssl(&format!("req -x509 -new -key {name}.key -subj /CN={name} -days 2 -out {name}.pem"));
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(stage.bench.path(&format!("{name}.key")), private).unwrap();
        let certificate = openssl::x509::X509::from_pem(&stage.bench.read(&format!("{name}.pem"))).unwrap();
        let sha256 = hex::encode(openssl::sha::sha256(&certificate.to_der().unwrap()));
        custodians.push(json!({ "component": number, "subject": format!("CN = {name}"), "sha256": sha256 }));
    }
    let generate = "generate --components 2 --out-prefix p --custodian alice.pem bob.pem --record made.json";
    let made = stage.run(&format!("{generate} --show-kcv --output json")).json();
    let composition = json!({ "set": made["components"]["set"], "count": 2, "custodians": custodians });
    assert_eq!(made["components"], composition);
    let import = "AT --wrapping-key-spec RSA_2048 --component p-2-of-2.cms --component p-1-of-2.cms --recipient-key alice.key --recipient-key bob.key";
    stage.run(&format!("provision {import} --alias alias/a --record imported.json --show-kcv")).succeeds();
    stage.run(&format!("provision {import} --alias alias/b --record without.json")).succeeds();
    let value = &made["key_check_value"];
    for (name, verb, generated, value) in [
        ("made.json", "generate", true, value),
        ("imported.json", "provision", false, value),
        ("without.json", "provision", false, &Value::Null),
    ] {
        let record = stage.record(name);
        assert_eq!((&record["verb"], &record["generated"]), (&verb.into(), &generated.into()), "{name}");
        assert_eq!((&record["components"], &record["key_check_value"]), (&composition, value), "{name}");
        assert_eq!(record["exit"]["code"], 0);
        if let Some(said) = schema::validate(&["record.json".to_owned()], &[record]) {
            assert_eq!(said, ["ok"], "{name}");
        }
    }
    // A run that is refused names them, too.
    let refused = stage.run(&format!("provision {import} --alias alias/a --expires-in 9d --record refused.json"));
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert_eq!(stage.record("refused.json")["components"], composition);
}
