//! What is chosen at random, and can be chosen again.

/// The seed: `KMS_BYOK_SEED`, or else another each time. It is printed.
pub fn seed() -> u64 {
    let given = std::env::var("KMS_BYOK_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| {
        let mut bytes = [0; 4];
        openssl::rand::rand_bytes(&mut bytes).unwrap();
        u64::from(u32::from_le_bytes(bytes)) | 1
    });
    println!("KMS_BYOK_SEED={seed}");
    seed
}
