// A file under a data key that a key in AWS KMS encrypts, with the AWS Encryption SDK for JavaScript.
//
//     npm install @aws-crypto/client-node @aws-sdk/client-kms
//     node encryption_sdk.mjs encrypt KEY_ARN plain > sealed
//     node encryption_sdk.mjs decrypt KEY_ARN sealed > plain
//
// Permissions: kms:GenerateDataKey to encrypt, kms:Decrypt to decrypt.

import { buildClient, CommitmentPolicy, KmsKeyringNode } from "@aws-crypto/client-node";
import { KMS } from "@aws-sdk/client-kms";
import { readFileSync, writeSync } from "node:fs";

const [what, generatorKeyId, file] = process.argv.slice(2);
const keyring = new KmsKeyringNode({ generatorKeyId, clientProvider: (region) => new KMS({ region }) });
const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT);
const data = readFileSync(file);
// The context is no secret; it is authenticated, and must be the same to decrypt.
const encryptionContext = { purpose: "example" };

if (what === "encrypt") {
  writeSync(1, (await encrypt(keyring, data, { encryptionContext })).result);
} else {
  const { plaintext, messageHeader } = await decrypt(keyring, data);
  if (messageHeader.encryptionContext.purpose !== encryptionContext.purpose) throw new Error("it was encrypted for another purpose");
  writeSync(1, plaintext);
}
