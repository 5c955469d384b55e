//! The steps that every key takes: OpenSSL, key, parameters, wrap, import.

use std::time::Duration;

use serde_json::json;

use crate::lifecycle::recipe::{Recipe, shell};
use crate::quoted::quoted;
use crate::time::{Expiry, rfc3339};
use crate::wrap::OaepDigest;

const HEAD: &str = r#"#!/usr/bin/env bash
# Made by `kms-byok recipe`: what `kms-byok provision` does with the same flags, as the documented recipe with the aws CLI and openssl.
# The steps have their numbers from the documentation; what can fail without AWS comes first.
#
# What kms-byok does and this does not: it checks key material before it sends it, proves afterwards what KMS holds, adopts what an
# earlier run has made, finds a key whose creation was not answered, and keeps plaintext off the disk. Here the plaintext lies in
# a temporary directory while the script runs, and deleting a file does not wipe it: set TMPDIR to a directory in memory.
# shellcheck disable=SC2016 # what is in single quotes is meant as it stands
set -euo pipefail
umask 077
fail() { printf 'error: %s\n' "$1" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
"#;

const NO_ENDPOINT: &str = r#"# The aws CLI obeys an endpoint of the profile, too; nothing here sees that one.
[[ -z ${AWS_ENDPOINT_URL_KMS-}${AWS_ENDPOINT_URL-} ]] || fail 'an endpoint is set in the environment (--allow-endpoint-env)'
"#;

const LOOK: &str = r#"# 4. The OpenSSL that is here: LibreSSL is something else, and below 1.0.2 there is no rsa_oaep_md.
case $(openssl version) in
  'OpenSSL 0.'* | 'OpenSSL 1.0.0'* | 'OpenSSL 1.0.1'*) fail "$(openssl version) is too old" ;;
  'OpenSSL '*) ;;
  *) fail "$(openssl version) is not OpenSSL" ;;
esac
"#;

const LOOK_FOR_3: &str = r#"# 4. The OpenSSL that is here: `openssl enc` has -id-aes256-wrap-pad, and `openssl cms` AES-GCM, from 3.0 on.
case $(openssl version) in
  'OpenSSL 0.'* | 'OpenSSL 1.'*) fail "$(openssl version) is too old" ;;
  'OpenSSL '*) ;;
  *) fail "$(openssl version) is not OpenSSL" ;;
esac
"#;

const PARAMETERS: &str = r#"read -r public_key import_token <<<"$parameters"
printf '%s' "$public_key" | openssl enc -d -base64 -A -out "$work/PublicKey.bin"
printf '%s' "$import_token" | openssl enc -d -base64 -A -out "$work/ImportToken.bin"
"#;

const KEY_WRAP: &str = r#"# WARNING: openssl takes the AES key as an argument. While it runs, other users of this machine can read that key in the process list;
# who has it and EncryptedKeyMaterial.bin has the key material. `kms-byok provision` shows it to nobody.
# openssl wraps 4097 bytes and more wrongly, with exit status 0 (openssl#29940).
(($(wc -c <"$work/PlaintextKeyMaterial.bin") <= 4096)) || fail 'openssl enc cannot wrap more than 4096 bytes'
openssl rand -out "$work/AesKey.bin" 32
openssl enc -id-aes256-wrap-pad -K "$(od -An -v -tx1 "$work/AesKey.bin" | tr -d ' \n')" -iv A65959A6 \
  -in "$work/PlaintextKeyMaterial.bin" -out "$work/WrappedKeyMaterial.bin"
"#;

const FINISH: &str = r#"# Not proven: that KMS holds these bytes, or that the key works. `kms-byok verify` does.
"${kms[@]}" describe-key --key-id "$key" --query KeyMetadata.KeyState --output text >&2
printf '%s\n' "$key"
"#;

impl Recipe {
    /// The connection, as words of the aws CLI.
    pub(super) fn head(&self) -> String {
        let connection = &self.connection;
        let mut words = vec!["aws".to_owned(), "kms".to_owned()];
        for (flag, value) in [
            ("--region", &connection.region),
            ("--profile", &connection.profile),
            ("--endpoint-url", &connection.endpoint_url),
        ] {
            words.extend(value.iter().map(|value| format!("{flag}={}", quoted(value))));
        }
        for (flag, value) in
            [("--cli-connect-timeout", connection.connect_timeout), ("--cli-read-timeout", connection.read_timeout)]
        {
            words.push(format!("{flag}={}", whole_seconds(value)));
        }
        let mut text = HEAD.to_owned();
        if connection.fips_endpoint {
            text.push_str("export AWS_USE_FIPS_ENDPOINT=true\n");
        }
        if connection.endpoint_url.is_none() && !connection.allow_endpoint_env {
            text.push_str(NO_ENDPOINT);
        }
        text + &format!("export AWS_PAGER=\nkms=({})\n", words.join(" "))
    }

    pub(super) fn look_at_openssl(&self) -> String {
        let needs_3 = self.algorithm.uses_aes_key_wrap() || self.source.needs_openssl_3() || self.backup.is_some();
        if needs_3 { LOOK_FOR_3 } else { LOOK }.to_owned()
    }

    pub(super) fn create_key(&self) -> String {
        let request = &self.request;
        let mut text = match &self.adopt {
            Some(arn) => {
                format!("# 1. The KMS key that is there. Nobody has looked at its policy.\nkey={}\n", quoted(arn))
            }
            None => {
                let (spec, usage) = (request.spec, request.usage);
                let mut words = format!("create-key --origin EXTERNAL --key-spec {spec} --key-usage {usage}");
                if request.multi_region {
                    words.push_str(" --multi-region");
                }
                if let Some(policy) = &self.policy_file {
                    let mut argument = std::ffi::OsString::from("file://");
                    argument.push(policy);
                    words.push_str(&format!(" \\\n  --policy {}", quoted(argument)));
                }
                if let Some(json) = self.free_text() {
                    words.push_str(&format!(" \\\n  --cli-input-json {json}"));
                }
                format!(
                    "# 1. A KMS key without key material. If the reply is lost, the key exists all the same.\n\
                     key=$(\"${{kms[@]}}\" {words} \\\n  --query KeyMetadata.Arn --output text)\n"
                )
            }
        };
        if let Some(alias) = &request.alias {
            text.push_str(&format!(
                "\"${{kms[@]}}\" create-alias --alias-name {} --target-key-id \"$key\"\n",
                quoted(alias.as_str())
            ));
        }
        text
    }

    /// Description and tags.
    fn free_text(&self) -> Option<String> {
        let request = &self.request;
        let mut object = serde_json::Map::new();
        if let Some(description) = &request.description {
            object.insert("Description".to_owned(), description.as_str().into());
        }
        if !request.tags.is_empty() {
            let tag = |(key, value): &(String, String)| json!({ "TagKey": key, "TagValue": value });
            object.insert("Tags".to_owned(), request.tags.iter().map(tag).collect());
        }
        (!object.is_empty()).then(|| shell::json(&object.into()))
    }

    pub(super) fn get_parameters(&self) -> String {
        format!(
            "# 2. The wrapping public key and the import token, which belong together for 24 hours.\n\
             parameters=$(\"${{kms[@]}}\" get-parameters-for-import --key-id \"$key\" --wrapping-algorithm {} \\\n\
             \x20 --wrapping-key-spec {} --query '[PublicKey,ImportToken]' --output text)\n{PARAMETERS}",
            self.algorithm, self.wrapping
        )
    }

    pub(super) fn wrap(&self) -> String {
        let digest = match self.algorithm.digest() {
            OaepDigest::Sha256 => "sha256",
            OaepDigest::Sha1 => "sha1",
        };
        let oaep = |input: &str, output: &str| {
            format!(
                "openssl pkeyutl -encrypt -in \"$work/{input}\" -out \"$work/{output}\" -inkey \"$work/PublicKey.bin\" \\\n\
                 \x20 -keyform DER -pubin -pkeyopt rsa_padding_mode:oaep -pkeyopt rsa_oaep_md:{digest} \
                 -pkeyopt rsa_mgf1_md:{digest}\n"
            )
        };
        let comment = "# 5. Encrypt the key material. Left alone, openssl uses SHA-1, which KMS answers with InvalidCiphertextException.\n";
        if !self.algorithm.uses_aes_key_wrap() {
            return format!("{comment}{}", oaep("PlaintextKeyMaterial.bin", "EncryptedKeyMaterial.bin"));
        }
        let join =
            "cat \"$work/WrappedAesKey.bin\" \"$work/WrappedKeyMaterial.bin\" >\"$work/EncryptedKeyMaterial.bin\"\n";
        format!("{comment}{KEY_WRAP}{}{join}", oaep("AesKey.bin", "WrappedAesKey.bin"))
    }

    pub(super) fn import(&self) -> String {
        let mut text =
            "# 6. Import the key material. KMS's default is to let it expire, so either way is said expressly.\n"
                .to_owned();
        let expiry = match self.expiry {
            Expiry::Never => "--expiration-model KEY_MATERIAL_DOES_NOT_EXPIRE".to_owned(),
            Expiry::In(span) => {
                text.push_str(&format!("valid_to=$(($(date +%s) + {}))\n", span.as_secs()));
                "--expiration-model KEY_MATERIAL_EXPIRES --valid-to \"$valid_to\"".to_owned()
            }
            Expiry::At(at) => {
                format!("--expiration-model KEY_MATERIAL_EXPIRES --valid-to {}", quoted(rfc3339(at)))
            }
        };
        let description = self.material_description.as_ref().map_or(String::new(), |description| {
            let object = json!({ "KeyMaterialDescription": description });
            format!(" \\\n  --cli-input-json {}", shell::json(&object))
        });
        text + &format!(
            "\"${{kms[@]}}\" import-key-material --key-id \"$key\" --import-token fileb://\"$work/ImportToken.bin\" \\\n\
             \x20 --encrypted-key-material fileb://\"$work/EncryptedKeyMaterial.bin\" \\\n\
             \x20 {expiry}{description} >/dev/null\n{FINISH}"
        )
    }
}

/// The aws CLI takes no fractions, and 0 is no limit there.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}
