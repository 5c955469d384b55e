//! The file that the other side has: KMS must sign what it verifies, decrypt what is encrypted for it, or agree with it. The private key
//! is not needed.

use super::agreement::{ephemeral, shared_secret};
use super::error::ProofError;
use super::outcome::{Claim, Level, Proof};
use super::signing::{not_verified, signing};
use super::subject::{Subject, nonce};
use crate::kms::{KeyDescription, Kms, KmsError, Reason};
use crate::material::KeyUsage;
use crate::openssl_probe::OpenSslError;
use crate::public_key::{ForeignKey, PublicKey, PublicKeyFile};
use crate::wrap::OaepDigest;

const ENCRYPTION: [(&str, OaepDigest); 2] =
    [("RSAES_OAEP_SHA_256", OaepDigest::Sha256), ("RSAES_OAEP_SHA_1", OaepDigest::Sha1)];

/// Asks KMS for everything that the key may do, with each of its algorithms, and holds each answer against the file. Nothing is changed,
/// and no private key is needed.
///
/// # Errors
/// [`ProofError::Kms`] where KMS refuses for another reason than a missing permission or call, or is not reached; [`ProofError::PublicKey`]
/// for a reported public key that cannot be read, [`ProofError::Material`] for a key spec or usage that this crate does not know,
/// [`ProofError::OpenSsl`] where OpenSSL fails.
pub async fn prove_for(kms: &Kms, key: &KeyDescription, file: &PublicKeyFile) -> Result<Proof, ProofError> {
    let mut consumer =
        Consumer { subject: Subject::new(kms, key, None, None)?, proof: Proof::empty(Level::Use).of_existing() };
    let reported = match kms.public_key(&key.arn).await {
        Ok(der) => Some(PublicKey::from_der(&der)?),
        // What KMS does with the key tells as much.
        Err(error) if is_unanswered(&error) => None,
        Err(error) => return Err(error.into()),
    };
    let found = match &reported {
        Some(_) => file.best(reported.as_ref()),
        None => consumer.own(file).await?,
    };
    let Some(found) = found else { return Ok(consumer.proof) };
    consumer.proof.looked_at(found.key.der());
    let name = found.in_file(&file.path);
    if let Some(reported) = &reported
        && *reported != found.key
    {
        consumer.proof.contradict(Claim::Bytes, format!("KMS reports another public key than {name}"));
        return Ok(consumer.proof);
    }
    if key.spec != found.key.spec() {
        let text = format!("the key is of {}, and {name} of {}", key.spec, found.key.spec());
        consumer.proof.contradict(Claim::Bytes, text);
        return Ok(consumer.proof);
    }
    match consumer.subject.usage {
        KeyUsage::SignVerify => consumer.signs(&found.key, &name).await?,
        KeyUsage::EncryptDecrypt => consumer.decrypts(&found.key, &name).await?,
        _ => consumer.agrees(&found.key, &name).await?,
    }
    consumer.conclude(reported.is_some(), &name);
    Ok(consumer.proof)
}

/// Not permitted, or not known to what stands in for KMS.
fn is_unanswered(error: &KmsError) -> bool {
    error.is_access_denied() || error.reason() == Some(Reason::NotImplemented)
}

struct Consumer<'a> {
    subject: Subject<'a>,
    proof: Proof,
}

impl Consumer<'_> {
    /// The key in the file that is KMS's own, where KMS does not report that: of several of the key's spec the one that verifies what KMS signs.
    async fn own<'f>(&self, file: &'f PublicKeyFile) -> Result<Option<&'f ForeignKey>, ProofError> {
        let subject = &self.subject;
        let mut fitting = file.keys.iter().filter(|found| found.key.spec() == subject.spec);
        let first = fitting.next().or(file.keys.first());
        let Some(algorithm) = signing(subject.spec.kind()).first().filter(|_| subject.usage == KeyUsage::SignVerify)
        else {
            return Ok(first);
        };
        let Some(second) = fitting.next() else { return Ok(first) };
        let nonce = nonce()?;
        let signature = match subject.kms.sign(&subject.key.arn, &nonce, algorithm.name).await {
            Ok(signature) => signature,
            Err(error) if is_unanswered(&error) => return Ok(first),
            Err(error) => return Err(error.into()),
        };
        let verifies = |found: &&ForeignKey| algorithm.verifies(found.key.openssl(), &nonce, &signature);
        Ok(first.into_iter().chain([second]).chain(fitting).find(verifies).or(first))
    }

    async fn signs(&mut self, public: &PublicKey, name: &str) -> Result<(), ProofError> {
        let kind = self.subject.spec.kind();
        for algorithm in signing(kind) {
            let nonce = nonce()?;
            let signature = self.subject.kms.sign(&self.subject.key.arn, &nonce, algorithm.name).await;
            let what = format!("KMS signs with {}", algorithm.name);
            let Some(signature) = self.answered(signature, "kms:Sign", &what)? else { continue };
            self.proof.expect(
                Claim::Use,
                algorithm.verifies(public.openssl(), &nonce, &signature),
                &format!("{what} what {name} verifies"),
                format!("{name} does not verify the signature that KMS makes with {}", algorithm.name),
            );
        }
        if let Some(algorithm) = not_verified(kind) {
            self.proof.leave(
                Claim::Use,
                format!("that KMS signs with {algorithm}: kms-byok cannot verify Ed25519ph (RFC 8032 §5.1)"),
            );
        }
        Ok(())
    }

    async fn decrypts(&mut self, public: &PublicKey, name: &str) -> Result<(), ProofError> {
        for (algorithm, digest) in ENCRYPTION {
            let nonce = nonce()?;
            let ciphertext = crate::wrap::oaep(&nonce, public.openssl(), digest)?;
            let decrypted = self.subject.kms.decrypt(&self.subject.key.arn, &ciphertext, Some(algorithm)).await;
            let what = format!("KMS decrypts with {algorithm}");
            let Some(decrypted) = self.answered(decrypted, "kms:Decrypt", &what)? else { continue };
            self.proof.expect(
                Claim::Use,
                decrypted.plaintext == nonce,
                &format!("{what} what OpenSSL encrypted for {name}"),
                format!("{what} to other bytes than OpenSSL encrypted for {name}"),
            );
        }
        Ok(())
    }

    async fn agrees(&mut self, public: &PublicKey, name: &str) -> Result<(), ProofError> {
        let step = "make an ephemeral EC key";
        let ephemeral = ephemeral(public.openssl()).map_err(OpenSslError::step(step))?;
        let peer = ephemeral.public_key_to_der().map_err(OpenSslError::step(step))?;
        let secret = self.subject.kms.derive_shared_secret(&self.subject.key.arn, &peer).await;
        let what = "KMS derives by ECDH";
        let Some(secret) = self.answered(secret, "kms:DeriveSharedSecret", what)? else { return Ok(()) };
        let expected = shared_secret(&ephemeral, public.openssl());
        self.proof.expect(
            Claim::Use,
            secret == expected.map_err(OpenSslError::step("derive a shared secret"))?,
            &format!("{what} the same shared secret as OpenSSL does with {name}"),
            format!("{what} another shared secret than OpenSSL does with {name}"),
        );
        Ok(())
    }

    /// The answer, or nothing where there is none to be had.
    fn answered<T>(
        &mut self,
        answer: Result<T, KmsError>,
        permission: &str,
        what: &str,
    ) -> Result<Option<T>, ProofError> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if error.is_access_denied() => {
                self.proof.refuse_that(Claim::Use, permission, format!("that {what}: {permission} was not permitted"));
                Ok(None)
            }
            Err(error) if error.reason() == Some(Reason::NotImplemented) => {
                self.proof.leave(Claim::Use, format!("that {what}: {error}"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whose the key is follows from what it did, or from what KMS reports.
    fn conclude(&mut self, reported: bool, name: &str) {
        if self.proof.contradiction().is_some() {
            return;
        }
        if reported {
            self.proof.prove(Claim::Bytes, format!("KMS reports the public key of {name}"));
        } else if self.proof.proven().next().is_some() {
            self.proof.prove(Claim::Bytes, format!("so KMS holds the private key that belongs to {name}"));
        } else {
            self.proof.refuse_that(
                Claim::Bytes,
                "kms:GetPublicKey",
                format!("that KMS holds the private key of {name}: kms:GetPublicKey was not permitted"),
            );
        }
    }
}
