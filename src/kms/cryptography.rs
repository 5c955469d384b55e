//! What a key is asked to do, for proof.

use aws_sdk_kms::types::{
    EncryptionAlgorithmSpec, KeyAgreementAlgorithmSpec, MacAlgorithmSpec, MessageType, SigningAlgorithmSpec,
};
use aws_smithy_types::Blob;

use super::call::Call;
use super::client::Kms;
use super::error::KmsError;
use super::operation::Operation;
use super::reply::Reply;

/// What Decrypt answers.
pub struct Decrypted {
    /// The plaintext. It is not wiped: proofs decrypt random bytes only.
    pub plaintext: Vec<u8>,
    /// The id of the key material that was used (64 hex digits); symmetric keys only.
    pub key_material_id: Option<String>,
}

impl Kms {
    /// GetPublicKey: DER SubjectPublicKeyInfo (RFC 5280 §4.1). `key` is an id, an ARN or an alias, as in the calls below.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn public_key(&self, key: &str) -> Result<Vec<u8>, KmsError> {
        let operation = Operation::GetPublicKey;
        let send = |client: aws_sdk_kms::Client| async move { client.get_public_key().key_id(key).send().await };
        let answer = self.call(Call::new(operation, Some(key)), send).await?;
        Reply(operation).same_key(key, answer.key_id())?;
        Reply(operation).bytes("PublicKey", answer.public_key)
    }

    /// Sign over the message itself (MessageType RAW, at most 4096 bytes), with KMS's name of the algorithm, as in `ECDSA_SHA_256`. The
    /// signature is raw bytes in KMS's form: DER for ECDSA.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn sign(&self, key: &str, message: &[u8], algorithm: &str) -> Result<Vec<u8>, KmsError> {
        let operation = Operation::Sign;
        let send = |client: aws_sdk_kms::Client| {
            let request = client.sign().key_id(key).message(Blob::new(message)).message_type(MessageType::Raw);
            let request = request.signing_algorithm(SigningAlgorithmSpec::from(algorithm));
            async move { request.send().await }
        };
        let answer = self.call(Call::new(operation, Some(key)), send).await?;
        Reply(operation).same_key(key, answer.key_id())?;
        Reply(operation).bytes("Signature", answer.signature)
    }

    /// GenerateMac over at most 4096 bytes, with KMS's name of the algorithm, as in `HMAC_SHA_256`. The MAC has the length of the digest.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn generate_mac(&self, key: &str, message: &[u8], algorithm: &str) -> Result<Vec<u8>, KmsError> {
        let operation = Operation::GenerateMac;
        let send = |client: aws_sdk_kms::Client| {
            let request = client.generate_mac().key_id(key).message(Blob::new(message));
            let request = request.mac_algorithm(MacAlgorithmSpec::from(algorithm));
            async move { request.send().await }
        };
        let answer = self.call(Call::new(operation, Some(key)), send).await?;
        Reply(operation).same_key(key, answer.key_id())?;
        Reply(operation).bytes("Mac", answer.mac)
    }

    /// Encrypt, with KMS's name of the algorithm, as in `RSAES_OAEP_SHA_256`; `None` is that of symmetric keys. The answer is the
    /// ciphertext blob.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn encrypt(&self, key: &str, plaintext: &[u8], algorithm: Option<&str>) -> Result<Vec<u8>, KmsError> {
        let operation = Operation::Encrypt;
        let send = |client: aws_sdk_kms::Client| {
            let request = client.encrypt().key_id(key).plaintext(Blob::new(plaintext));
            let request = request.set_encryption_algorithm(algorithm.map(EncryptionAlgorithmSpec::from));
            async move { request.send().await }
        };
        let answer = self.call(Call::new(operation, Some(key)), send).await?;
        Reply(operation).same_key(key, answer.key_id())?;
        Reply(operation).bytes("CiphertextBlob", answer.ciphertext_blob)
    }

    /// Decrypt, with KMS's name of the algorithm; `None` is that of symmetric keys.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn decrypt(&self, key: &str, ciphertext: &[u8], algorithm: Option<&str>) -> Result<Decrypted, KmsError> {
        let operation = Operation::Decrypt;
        let send = |client: aws_sdk_kms::Client| {
            let request = client.decrypt().key_id(key).ciphertext_blob(Blob::new(ciphertext));
            let request = request.set_encryption_algorithm(algorithm.map(EncryptionAlgorithmSpec::from));
            async move { request.send().await }
        };
        let answer = self.call(Call::new(operation, Some(key)), send).await?;
        let reply = Reply(operation);
        reply.same_key(key, answer.key_id())?;
        let key_material_id = reply.material_id("KeyMaterialId", answer.key_material_id())?;
        Ok(Decrypted { plaintext: reply.bytes("Plaintext", answer.plaintext)?, key_material_id })
    }

    /// DeriveSharedSecret by ECDH with the peer's DER SubjectPublicKeyInfo. The answer is the raw secret: the x coordinate of the shared
    /// point.
    ///
    /// # Errors
    /// As every call of [`Kms`].
    pub async fn derive_shared_secret(&self, key: &str, peer: &[u8]) -> Result<Vec<u8>, KmsError> {
        let operation = Operation::DeriveSharedSecret;
        let send = |client: aws_sdk_kms::Client| {
            let request = client.derive_shared_secret().key_id(key).public_key(Blob::new(peer));
            let request = request.key_agreement_algorithm(KeyAgreementAlgorithmSpec::Ecdh);
            async move { request.send().await }
        };
        let answer = self.call(Call::new(operation, Some(key)), send).await?;
        Reply(operation).same_key(key, answer.key_id())?;
        Reply(operation).bytes("SharedSecret", answer.shared_secret)
    }
}
