//! Recovery certificates.

use super::Bench;

pub const RSA: &str = "-algorithm RSA -pkeyopt rsa_keygen_bits:2048";
pub const EC: &str = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";

impl Bench {
    /// A self-signed recovery certificate NAME.pem with its key NAME.key, and what `req` is told besides.
    pub fn certificate_with(&self, name: &str, algorithm: &str, more: &str) {
        self.openssl(&format!("genpkey {algorithm} -out {name}.key"));
        self.openssl(&format!(
            "req -x509 -new -key {name}.key -subj /O=Example/CN={name} -days 2 {more} -out {name}.pem"
        ));
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(self.path(&format!("{name}.key")), private).unwrap();
    }

    /// SHA-256 of the certificate, as `openssl x509 -fingerprint` has it.
    pub fn fingerprint(&self, name: &str) -> String {
        let certificate = openssl::x509::X509::from_pem(&self.read(&format!("{name}.pem"))).unwrap();
        hex::encode(openssl::sha::sha256(&certificate.to_der().unwrap()))
    }
}
