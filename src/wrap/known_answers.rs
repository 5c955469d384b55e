//! Known-answer self-tests: does the loaded OpenSSL compute what it should?
//!
//! The OAEP answers were computed by an implementation that shares no code with OpenSSL (RFC 8017 §7.1.1 over plain integers).

use openssl::md::{Md, MdRef};
use openssl::pkey::{PKey, Private};
use openssl::pkey_ctx::PkeyCtx;
use openssl::rsa::{Padding, Rsa};

use super::kwp;

/// One self-test and how it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownAnswer {
    /// What was tried, in KMS's or the field's words.
    pub name: &'static str,
    /// Whether the answer was the known one.
    pub passed: bool,
}

/// Runs all of them; takes a few milliseconds.
pub(crate) fn known_answers() -> [KnownAnswer; 4] {
    [
        KnownAnswer { name: "OAEP-SHA-256", passed: opens(OAEP_SHA_256, Md::sha256()) },
        KnownAnswer { name: "OAEP-SHA-1", passed: opens(OAEP_SHA_1, Md::sha1()) },
        KnownAnswer { name: "AES-KWP", passed: key_wrap() },
        KnownAnswer { name: "random generator", passed: random() },
    ]
}

/// Whether the fixed ciphertext opens with that digest, and with no other.
fn opens(ciphertext: &str, digest: &MdRef) -> bool {
    let expected: Vec<u8> = (0..32).collect();
    let open = |digest: &MdRef| -> Option<Vec<u8>> {
        let key = PKey::from_rsa(throw_away_key()?).ok()?;
        let mut context = PkeyCtx::new(&key).ok()?;
        context.decrypt_init().ok()?;
        context.set_rsa_padding(Padding::PKCS1_OAEP).ok()?;
        context.set_rsa_oaep_md(digest).ok()?;
        context.set_rsa_mgf1_md(digest).ok()?;
        let mut plaintext = Vec::new();
        context.decrypt_to_vec(&openssl::base64::decode_block(ciphertext).ok()?, &mut plaintext).ok()?;
        Some(plaintext)
    };
    open(digest).as_ref() == Some(&expected) && open(Md::sha512()).as_ref() != Some(&expected)
}

/// The private key of these tests, which guards nothing: what is encrypted for it may be opened by anybody.
pub(crate) fn throw_away_key() -> Option<Rsa<Private>> {
    Rsa::private_key_from_der(&openssl::base64::decode_block(KEY).ok()?).ok()
}

fn key_wrap() -> bool {
    let (key, material): (Vec<u8>, Vec<u8>) = ((0..32).collect(), (0..20).collect());
    kwp::wrap(&material, &key).is_ok_and(|wrapped| hex::encode(wrapped) == KEY_WRAP)
}

/// Two draws that differ: a generator that is stuck or absent is found, a weak one is not.
fn random() -> bool {
    let (mut first, mut second) = ([0; 32], [0; 32]);
    openssl::rand::rand_bytes(&mut first).is_ok()
        && openssl::rand::rand_bytes(&mut second).is_ok()
        && first != second
        && first != [0; 32]
}

/// An RSA-2048 private key (PKCS#1 DER) that guards nothing.
const KEY: &str = "\
    MIIEogIBAAKCAQEAsWRujBb+WODbydWzQ83/vN3ALMxJFD6AZQxTtxBCia4BUXj2IwTlenKFk0HBdI19M6FTbHtUjiz9Yf9s3EEzwcp7NrtGMP\
    2XRpn8rI9MYDrF1MRv9cT3U4Oo6l/PPpeKBTzCwmohhbyMNXtHXCHgNElOUHTK3ljhQpj65Ueosedq0USQQX0Mia2nbRy/KBC4nL5t170zv4N6\
    QLHZqyld/LJiHvQ6IsTR6iSwaW4TJBPmHefP2XIrTWWUmOpNJnVTw+RhTvXB3+SjxKQAzMlAB8hI4po26f5d+uptdhRpXVKfUvX1QVZjaA0EeK\
    72uXJuGnOsApaxmQvIbPwcIOEfTQIDAQABAoIBAAXz32sS0JiqRiJmIN2/JgDQI25bH0fzzkFjhGZa5LghhiG6p25dnc3ejJPc5x8EvJeQQrS3\
    UXjhLhtfWp5Z6sVPiLhwatj1FGIRg9Wy+b1ifu8NUSpWYHVKFP1i+72b7B9tOdzc6BLa1MPIPf++ANc2CqtT2bJ4viBdKVFPiQdS69Z7fquX/w\
    DEjCiRFc7P+WBOmtf/vM/vTsPvGRNGBDya515LREdWabAFdl255EyJRopn2UNpYeYqZIUflS6TU81w13vcegaR65j7dV/oSi6EHSn2lw/n1QCn\
    BzDX8kPhreqvP4gFxr7y4A3TGLqy/ljIcWvYBw7W/0Ucfg53QrECgYEA1Unv6kznNWPXVSwcW96Q/dUg4Al0mA6WOwabb0BMsQUrV+bTF/R4dd\
    bJQmckVTyqLdqQ+Lnb4Q7eciZghiXfeveRxwEKZHMzs6r1kdD4uGDbaTu32vlAJMby2fMo1lLy7xb89z/6J160mQ+EctpEpwKdqD2yYqp94GNc\
    b9fGBjECgYEA1OpKwbVMdq2Ozlji8XC+xW1oA5kCdRtnjQiWwOGci+9InZSA5zVhh8X6loR3ul7Hn0wtoiHLWAMZ8aIw1w1dNU5w0bUIFb3RCu\
    bkateEmv+MH18juiKRvd8ZPYKDcaKVIEmsPxlzKRCnCA4MKfzacyb1ynaighdxuAxx9aKdd90CgYAwZORQzz4uuQakxqtwlOFlFrSs4LhZwAWK\
    QweFiJteFwQsn60J5GhopGFp9akixe7/FHaMWO9w80S5tcd06Kb6aa3j73KCNDlo7MNnYHjurNtb1zbyMlfBgHqdxTRg3NVONnMTTqrdv/lOOV\
    0eCjRFiKxo/ga5qGGDRkg1AEpoIQKBgAihyxAZapUxKiYBgonpWUKl0d67eFcJGmSkYYBGZVNjCx2gZK17A44+n480pan/p7Y0n3EAT78suQOL\
    4NEHMK01letanI5NGMmJXN9cB3tFOwgWkls8hY4eGmbdALk9rzAU7I/OV1Xl3++6qhGVt8GNZc+kiagejTS6BHDB/AJdAoGAVXYrAo0113jeo5\
    jvqF4JXTNS7b9HRNVq06tit9GjERqWW06SzPBYzZHCF4BadzmOI9DAUfEyPB0SD9qIeJvt3v5mgYHLZjaSDxHpjvWvpkKkasEBd+2VrfzkkQmz\
    0KfT1qikG96Vg1zNGxYPy5iSsqqngjNJvXyqRocslpS4/u8=\
";
/// The bytes 0 to 31 under `KEY` with OAEP-SHA-256.
const OAEP_SHA_256: &str = "\
    EP1m8BOt/V2G5TL27Reeshi2OrkQ/tJc0fyeTLH004KeMVkZEayMIhdCo40hgWt2wfK8sSnHa9w9d2YmB2km+rwjViAGtcCvk0cWcB5iiT2Y0l\
    p+RnwgONo2S+zwztmgrxwI1u059JzgRSPBTcZjsuiXnlejK5PHoz4VJ+1LvbD4WFm7t/OxqFGV0AOnFP5kTGDdnl+hHkWh3pLDzCszbp6pPr3K\
    gqOGPeNKkKTChkX6jKW4HDL6Cynf0oMxm0J8Q+iVCEWsuKH2kYE1dNECfEEj6y2VBwye0kUbRaS80Nt40jdc2NOax4nneatfnbQDc+1BU95gT7\
    njJ4SIlNV9LA==\
";
/// The bytes 0 to 31 under `KEY` with OAEP-SHA-1.
const OAEP_SHA_1: &str = "\
    DSP9U7ii+rlOCzxde9AnbAs2nHg/ad/RMJcmxBHg8nQyEA+7cTwjU9N49wD/erOBRnUZc8e/osn+2fPdreQhP6rwiM/n0b55uofEtB2CDzc3zz\
    oc3whsOQPDRWYVppv8eEidKpXnrhjBCka20236ZipnE6alS6mBd29YXyAwSKi7HyAOR1obUvSDE5sC2xeArAs/svqFLjP3EaTYzgZxGe7SRZfG\
    4plo9jdYQB0skDtI3+lUxn0u6hNazM/bqd267vbQfh+xZmEU8gW+tcl2cCjO6ncy2orCcns00L6nGqgtLlaTrqNUibcEml5X33Hlvaum3lH59i\
    QUWQiijhEc2A==\
";

/// The bytes 0 to 19 under the AES-256 key of the bytes 0 to 31 with AES-KWP (RFC 5649).
const KEY_WRAP: &str = "22d7fffc96b7adad9391ac9230d46b810e82e0f101f19e83e358f32ac9d407b6";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_known_answers_are_right_and_a_changed_one_is_noticed() {
        assert_eq!(known_answers().iter().filter(|answer| !answer.passed).count(), 0);
        assert!(!opens(OAEP_SHA_1, Md::sha256()));
    }
}
