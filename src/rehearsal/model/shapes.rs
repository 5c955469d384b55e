//! The kinds of input that KMS's service model knows, with their constraints.

/// What a member of a request must look like.
pub(crate) enum Shape {
    Text {
        min: usize,
        max: usize,
        pattern: Option<&'static Pattern>,
    },
    Choice(&'static [&'static str]),
    Integer {
        min: i64,
        max: i64,
    },
    Flag,
    Time,
    Blob {
        min: usize,
        max: usize,
    },
    List {
        min: usize,
        max: usize,
        of: &'static Shape,
    },
    Record(&'static [Member]),
    /// The encryption context: texts by text.
    Texts,
}

pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) shape: &'static Shape,
}

/// A pattern as the model writes it, and what it means.
pub(crate) struct Pattern {
    pub(crate) text: &'static str,
    pub(crate) fits: fn(&str) -> bool,
}

pub(crate) const fn need(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: true, shape }
}

pub(crate) const fn may(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, required: false, shape }
}

const fn text(min: usize, max: usize) -> Shape {
    Shape::Text { min, max, pattern: None }
}

const fn pattern(min: usize, max: usize, pattern: &'static Pattern) -> Shape {
    Shape::Text { min, max, pattern: Some(pattern) }
}

const fn blob(max: usize) -> Shape {
    Shape::Blob { min: 1, max }
}

pub(crate) static KEY_ID: Shape = text(1, 2048);
pub(crate) static DESCRIPTION: Shape = text(0, 8192);
pub(crate) static POLICY: Shape = pattern(1, 131_072, &LATIN_1);
pub(crate) static POLICY_NAME: Shape = pattern(1, 128, &WORD);
pub(crate) static ALIAS_NAME: Shape = pattern(1, 256, &ALIAS);
pub(crate) static MARKER: Shape = pattern(1, 1024, &MARKER_TEXT);
pub(crate) static REGION: Shape = pattern(1, 32, &REGION_NAME);
pub(crate) static MATERIAL_ID: Shape = pattern(64, 64, &HEX);
pub(crate) static MATERIAL_DESCRIPTION: Shape = pattern(0, 256, &MATERIAL_WORDS);
pub(crate) static STORE_ID: Shape = text(1, 64);
pub(crate) static XKS_KEY_ID: Shape = pattern(1, 128, &XKS);

pub(crate) static LIMIT: Shape = Shape::Integer { min: 1, max: 1000 };
pub(crate) static BYTES_WANTED: Shape = Shape::Integer { min: 1, max: 1024 };
pub(crate) static WINDOW: Shape = Shape::Integer { min: 1, max: 365 };
pub(crate) static PERIOD: Shape = Shape::Integer { min: 90, max: 2560 };
pub(crate) static FLAG: Shape = Shape::Flag;
pub(crate) static TIME: Shape = Shape::Time;
pub(crate) static CONTEXT: Shape = Shape::Texts;
pub(crate) static PLAINTEXT: Shape = blob(4096);
pub(crate) static CIPHERTEXT: Shape = blob(6144);
pub(crate) static PUBLIC_KEY: Shape = blob(8192);

static TAG_KEY: Shape = text(1, 128);
static TAG_VALUE: Shape = text(0, 256);
static TAG: Shape = Shape::Record(&[need("TagKey", &TAG_KEY), need("TagValue", &TAG_VALUE)]);
pub(crate) static TAGS: Shape = Shape::List { min: 0, max: usize::MAX, of: &TAG };
pub(crate) static TAG_KEYS: Shape = Shape::List { min: 0, max: usize::MAX, of: &TAG_KEY };
pub(crate) static GRANT_TOKEN: Shape = text(1, 8192);
pub(crate) static GRANT_TOKENS: Shape = Shape::List { min: 0, max: 10, of: &GRANT_TOKEN };
pub(crate) static PRINCIPAL: Shape = pattern(1, 256, &PRINCIPAL_WORDS);
pub(crate) static SERVICE: Shape = pattern(1, 128, &SERVICE_NAME);
pub(crate) static GRANT_NAME: Shape = pattern(1, 256, &ALIAS);
pub(crate) static GRANT_ID: Shape = text(1, 128);
static SOURCE_ARN: Shape = pattern(20, 512, &SOURCE);
pub(crate) static GRANT_CONSTRAINTS: Shape = Shape::Record(&[
    may("EncryptionContextSubset", &CONTEXT),
    may("EncryptionContextEquals", &CONTEXT),
    may("SourceArn", &SOURCE_ARN),
]);
static GRANT_OPERATION: Shape = Shape::Choice(&[
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
    "Encapsulate",
    "Decapsulate",
]);
pub(crate) static GRANT_OPERATIONS: Shape = Shape::List { min: 0, max: usize::MAX, of: &GRANT_OPERATION };
static RESOURCE_OWNER: Shape = Shape::Choice(&["SELF", "OTHER_ACCOUNTS_VIA_RAM"]);
pub(crate) static RESOURCE_OWNERS: Shape = Shape::List { min: 1, max: 2, of: &RESOURCE_OWNER };
static ATTESTATION: Shape = blob(262_144);
static MECHANISM: Shape = Shape::Choice(&["RSAES_OAEP_SHA_256"]);
pub(crate) static RECIPIENT: Shape =
    Shape::Record(&[may("KeyEncryptionAlgorithm", &MECHANISM), may("AttestationDocument", &ATTESTATION)]);
static MODIFIER: Shape = Shape::Choice(&["IGNORE_CIPHERTEXT"]);
pub(crate) static MODIFIERS: Shape = Shape::List { min: 0, max: usize::MAX, of: &MODIFIER };

// Where a reply of KMS recorded the values of a choice, they stand in its order; elsewhere in the model's.
pub(crate) static KEY_SPEC: Shape = Shape::Choice(&[
    "RSA_2048",
    "ECC_NIST_P384",
    "ECC_NIST_P256",
    "ECC_NIST_P521",
    "HMAC_384",
    "RSA_3072",
    "ECC_SECG_P256K1",
    "RSA_4096",
    "SYMMETRIC_DEFAULT",
    "HMAC_256",
    "HMAC_224",
    "HMAC_512",
    "SM2",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
]);
/// The old name of the member stopped learning key specs before ML-DSA and Ed25519.
pub(crate) static CUSTOMER_MASTER_KEY_SPEC: Shape = Shape::Choice(&[
    "RSA_2048",
    "ECC_NIST_P384",
    "ECC_NIST_P256",
    "ECC_NIST_P521",
    "HMAC_384",
    "RSA_3072",
    "ECC_SECG_P256K1",
    "RSA_4096",
    "SYMMETRIC_DEFAULT",
    "HMAC_256",
    "HMAC_224",
    "HMAC_512",
    "SM2",
]);
pub(crate) static KEY_USAGE: Shape = Shape::Choice(&[
    "ENCRYPT_DECRYPT",
    "SIGN_VERIFY",
    "GENERATE_VERIFY_MAC",
    "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE",
]);
pub(crate) static ORIGIN: Shape = Shape::Choice(&["AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]);
pub(crate) static WRAPPING_ALGORITHM: Shape = Shape::Choice(&[
    "RSAES_PKCS1_V1_5",
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "RSA_AES_KEY_WRAP_SHA_1",
    "RSA_AES_KEY_WRAP_SHA_256",
    "SM2PKE",
]);
pub(crate) static WRAPPING_KEY_SPEC: Shape = Shape::Choice(&["RSA_2048", "RSA_3072", "RSA_4096", "SM2"]);
pub(crate) static EXPIRATION_MODEL: Shape = Shape::Choice(&["KEY_MATERIAL_EXPIRES", "KEY_MATERIAL_DOES_NOT_EXPIRE"]);
pub(crate) static IMPORT_TYPE: Shape = Shape::Choice(&["NEW_KEY_MATERIAL", "EXISTING_KEY_MATERIAL"]);
pub(crate) static INCLUDE_MATERIAL: Shape = Shape::Choice(&["ALL_KEY_MATERIAL", "ROTATIONS_ONLY"]);
pub(crate) static MESSAGE_TYPE: Shape = Shape::Choice(&["RAW", "DIGEST", "EXTERNAL_MU"]);
pub(crate) static SIGNING_ALGORITHM: Shape = Shape::Choice(&[
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "ECDSA_SHA_256",
    "ECDSA_SHA_384",
    "ECDSA_SHA_512",
    "SM2DSA",
    "ML_DSA_SHAKE_256",
    "ED25519_SHA_512",
    "ED25519_PH_SHA_512",
]);
pub(crate) static MAC_ALGORITHM: Shape =
    Shape::Choice(&["HMAC_SHA_384", "HMAC_SHA_256", "HMAC_SHA_224", "HMAC_SHA_512"]);
pub(crate) static ENCRYPTION_ALGORITHM: Shape =
    Shape::Choice(&["SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"]);
pub(crate) static AGREEMENT_ALGORITHM: Shape = Shape::Choice(&["ECDH"]);
pub(crate) static ENCAPSULATION_ALGORITHM: Shape = Shape::Choice(&["ML_KEM"]);
pub(crate) static DATA_KEY_PAIR_SPEC: Shape = Shape::Choice(&[
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "SM2",
    "ECC_NIST_EDWARDS25519",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
]);
pub(crate) static DATA_KEY_SPEC: Shape = Shape::Choice(&["AES_256", "AES_128"]);

static LATIN_1: Pattern = Pattern {
    text: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+",
    fits: |text| !text.is_empty() && text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')),
};
static WORD: Pattern = Pattern {
    text: "[\\w]+",
    fits: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
};
static ALIAS: Pattern = Pattern {
    text: "^[a-zA-Z0-9:/_-]+$",
    fits: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/_-".contains(&byte)),
};
static PRINCIPAL_WORDS: Pattern = Pattern {
    text: "^[\\w+=,.@:/-]+$",
    fits: |text| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte))
    },
};
static SERVICE_NAME: Pattern = Pattern {
    text: "^([A-Za-z0-9\\-]+)\\.([A-Za-z0-9\\-]+)(\\.[A-Za-z0-9\\-]+)+$",
    fits: |text| {
        let label =
            |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        text.split('.').count() >= 3 && text.split('.').all(label)
    },
};
static SOURCE: Pattern = Pattern {
    text: "^arn:aws[a-z0-9-]*:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:.+$",
    fits: |text| {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, rest] = parts[..] else { return false };
        let words =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        arn == "arn"
            && partition.strip_prefix("aws").is_some_and(words)
            && (!service.is_empty() && words(service) && words(region))
            && (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()))
            && !rest.is_empty()
            && !rest.contains('\n')
    },
};
static MARKER_TEXT: Pattern =
    Pattern { text: "[\\u0020-\\u00FF]*", fits: |text| text.chars().all(|c| matches!(c, '\u{20}'..='\u{ff}')) };
static REGION_NAME: Pattern = Pattern { text: "^([a-z]+-){2,3}\\d+$", fits: super::protocol::is_region };
static HEX: Pattern = Pattern {
    text: "^[a-f0-9]+$",
    fits: |text| !text.is_empty() && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')),
};
static MATERIAL_WORDS: Pattern = Pattern {
    text: "^[a-zA-Z0-9:/_\\s.-]+$",
    fits: |text| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte.is_ascii_whitespace() || b":/_.-".contains(&byte))
    },
};
static XKS: Pattern = Pattern {
    text: "^[a-zA-Z0-9-_.]+$",
    fits: |text| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)),
};
