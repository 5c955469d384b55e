//! Key pairs of every asymmetric key spec, made by the `openssl` command and imported.

use std::process::Command;

use super::Bench;
use super::scene::Scene;

pub(crate) struct Pair {
    pub(crate) spec: &'static str,
    pub(crate) usage: &'static str,
    pub(crate) genpkey: &'static str,
}

const fn pair(spec: &'static str, usage: &'static str, genpkey: &'static str) -> Pair {
    Pair { spec, usage, genpkey }
}

/// Every key spec with every usage.
pub(crate) const PAIRS: &[Pair] = &[
    pair("RSA_2048", "SIGN_VERIFY", "RSA -pkeyopt rsa_keygen_bits:2048"),
    pair("RSA_2048", "ENCRYPT_DECRYPT", "RSA -pkeyopt rsa_keygen_bits:2048"),
    pair("RSA_3072", "SIGN_VERIFY", "RSA -pkeyopt rsa_keygen_bits:3072"),
    pair("RSA_4096", "SIGN_VERIFY", "RSA -pkeyopt rsa_keygen_bits:4096"),
    pair("ECC_NIST_P256", "SIGN_VERIFY", "EC -pkeyopt ec_paramgen_curve:P-256"),
    pair("ECC_NIST_P256", "KEY_AGREEMENT", "EC -pkeyopt ec_paramgen_curve:P-256"),
    pair("ECC_NIST_P384", "SIGN_VERIFY", "EC -pkeyopt ec_paramgen_curve:P-384"),
    pair("ECC_NIST_P384", "KEY_AGREEMENT", "EC -pkeyopt ec_paramgen_curve:P-384"),
    pair("ECC_NIST_P521", "SIGN_VERIFY", "EC -pkeyopt ec_paramgen_curve:P-521"),
    pair("ECC_NIST_P521", "KEY_AGREEMENT", "EC -pkeyopt ec_paramgen_curve:P-521"),
    pair("ECC_SECG_P256K1", "SIGN_VERIFY", "EC -pkeyopt ec_paramgen_curve:secp256k1"),
    pair("ECC_NIST_EDWARDS25519", "SIGN_VERIFY", "ED25519"),
];

pub(crate) fn of(spec: &str, usage: &str) -> &'static Pair {
    PAIRS.iter().find(|pair| pair.spec == spec && pair.usage == usage).unwrap()
}

impl Scene {
    /// Makes the key in `NAME.key`, with its public half in `NAME.pem` and `NAME.der`, and imports it as alias/NAME; its ARN.
    pub(crate) fn pair(&self, pair: &Pair, name: &str) -> String {
        let Pair { spec, usage, genpkey } = pair;
        self.bench.pair(genpkey, name);
        self.provision(&format!("--alias alias/{name} --key-spec {spec} --key-usage {usage} --material {name}.key --wrapping-algorithm RSA_AES_KEY_WRAP_SHA_256"))
    }
}

impl Bench {
    /// The same without KMS.
    pub(crate) fn pair(&self, genpkey: &str, name: &str) {
        self.openssl(&format!("genpkey -algorithm {genpkey} -out {name}.key"));
        self.openssl(&format!("pkey -in {name}.key -pubout -out {name}.pem"));
        self.openssl(&format!("pkey -in {name}.key -pubout -outform DER -out {name}.der"));
    }

    /// A self-signed certificate of the key, in `NAME.crt`.
    pub(crate) fn certificate(&self, name: &str) {
        self.openssl(&format!("req -x509 -new -key {name}.key -subj /O=Example/CN={name} -days 2 -out {name}.crt"));
    }

    /// What a command prints.
    pub(crate) fn prints(&self, program: &str, line: &str) -> String {
        let run = Command::new(program).args(line.split_whitespace()).current_dir(self.directory()).output().unwrap();
        assert!(run.status.success(), "{program} {line}: {}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8_lossy(&run.stdout).into_owned()
    }
}
