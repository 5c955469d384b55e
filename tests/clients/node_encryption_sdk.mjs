// The AWS Encryption SDK for JavaScript with an imported key of the embedded KMS, through a rotation.
//
//     KMS_BYOK_NODE=DIRECTORY node node_encryption_sdk.mjs URL

import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import { createRequire } from "node:module";
import path from "node:path";

const load = createRequire(path.join(process.env.KMS_BYOK_NODE, "package.json"));
const { KMS } = load("@aws-sdk/client-kms");
const { buildClient, CommitmentPolicy, KmsKeyringNode } = load("@aws-crypto/client-node");
const url = process.argv[2];
const kms = new KMS({ region: "us-east-1", endpoint: url, credentials: { accessKeyId: "local", secretAccessKey: "local" }, maxAttempts: 1 });
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const encryptionContext = { purpose: "test" };

async function importInto(KeyId, more = {}) {
  const set = await kms.getParametersForImport({ KeyId, WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" });
  const key = crypto.createPublicKey({ key: Buffer.from(set.PublicKey), format: "der", type: "spki" });
  const EncryptedKeyMaterial = crypto.publicEncrypt({ key, oaepHash: "sha256" }, crypto.randomBytes(32));
  const request = { KeyId, ImportToken: set.ImportToken, EncryptedKeyMaterial, ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE", ...more };
  return (await kms.importKeyMaterial(request)).KeyMaterialId;
}

const { Arn } = (await kms.createKey({ Origin: "EXTERNAL" })).KeyMetadata;
await importInto(Arn);
const keyring = new KmsKeyringNode({ generatorKeyId: Arn, clientProvider: () => kms });
const seal = async (text) => (await encrypt(keyring, text, { encryptionContext })).result;
const open = async (sealed) => (await decrypt(keyring, sealed)).plaintext.toString();

const before = await seal("before the rotation");
assert.equal(await open(before), "before the rotation");
const second = await importInto(Arn, { ImportType: "NEW_KEY_MATERIAL" });
await kms.rotateKeyOnDemand({ KeyId: Arn });
while ((await kms.getKeyRotationStatus({ KeyId: Arn })).OnDemandRotationStartDate) {
  await new Promise((done) => setTimeout(done, 20));
}
assert.equal((await kms.describeKey({ KeyId: Arn })).KeyMetadata.CurrentKeyMaterialId, second);
assert.equal(await open(before), "before the rotation");
const after = await seal("after the rotation");
assert.equal(await open(after), "after the rotation");

await kms.disableKey({ KeyId: Arn });
await assert.rejects(open(before));
await assert.rejects(seal("nothing"));
await kms.enableKey({ KeyId: Arn });
assert.equal(await open(after), "after the rotation");
kms.destroy();
console.log("sealed and opened through a rotation");
