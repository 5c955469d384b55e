// A whole life of imported keys through the AWS SDK for JavaScript, against the embedded KMS.
//
//     KMS_BYOK_NODE=DIRECTORY node node_life.mjs URL
//
// Wrapping, verifying and encrypting are done by Node's own crypto. Ends with an error at the first thing that is not as KMS says.

import assert from "node:assert/strict";
import * as crypto from "node:crypto";
import { createRequire } from "node:module";
import path from "node:path";

const sdk = createRequire(path.join(process.env.KMS_BYOK_NODE, "package.json"))("@aws-sdk/client-kms");
const url = process.argv[2];
const DAY = 86_400_000;
let replies = 0;

function client(region) {
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  return new sdk.KMS({ region, endpoint: url, credentials, maxAttempts: 1 });
}

const kms = client("us-east-1");

// Calls an operation by its name.
async function call(operation, request, at = kms) {
  replies += 1;
  return at.send(new sdk[`${operation}Command`](request));
}

// Expects a refusal with this name; it arrives as the SDK's class where the model has one. Returns its message.
async function refused(name, operation, request, at = kms) {
  const error = await call(operation, request, at).then(
    (answer) => assert.fail(`wanted ${name}, got ${JSON.stringify(answer)}`),
    (error) => error,
  );
  assert.equal(error.name, name, `${operation}: ${error.message}`);
  if (sdk[name]) assert.ok(error instanceof sdk[name], `${name} did not arrive as its class`);
  assert.equal(error.$metadata.httpStatusCode, 400);
  return error.message;
}

async function advance(how) {
  const reply = await fetch(`${url}/_rehearsal/clock`, { method: "POST", body: JSON.stringify({ advance: how }) });
  assert.equal(reply.status, 200);
}

async function newKey(spec, usage, more = {}) {
  const reply = await call("CreateKey", { Origin: "EXTERNAL", KeySpec: spec, KeyUsage: usage, ...more });
  return reply.KeyMetadata.Arn;
}

function oaep(publicKey, hash, plain) {
  const key = crypto.createPublicKey({ key: Buffer.from(publicKey), format: "der", type: "spki" });
  return crypto.publicEncrypt({ key, padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash }, plain);
}

function wrap(algorithm, publicKey, material) {
  const hash = algorithm.endsWith("SHA_1") ? "sha1" : "sha256";
  if (algorithm.startsWith("RSAES_OAEP")) return oaep(publicKey, hash, material);
  const aesKey = crypto.randomBytes(32);
  const cipher = crypto.createCipheriv("id-aes256-wrap-pad", aesKey, Buffer.from("a65959a6", "hex")); // RFC 5649 §3
  return Buffer.concat([oaep(publicKey, hash, aesKey), cipher.update(material), cipher.final()]);
}

async function importInto(key, material, more = {}, at = kms) {
  const algorithm = material.length > 128 ? "RSA_AES_KEY_WRAP_SHA_256" : "RSAES_OAEP_SHA_256";
  const set = await call("GetParametersForImport", { KeyId: key, WrappingAlgorithm: algorithm, WrappingKeySpec: "RSA_2048" }, at);
  const request = { KeyId: key, ImportToken: set.ImportToken, EncryptedKeyMaterial: wrap(algorithm, set.PublicKey, material) };
  return { ...request, ExpirationModel: "KEY_MATERIAL_DOES_NOT_EXPIRE", ...more };
}

const imported = async (key, material, more, at) => call("ImportKeyMaterial", await importInto(key, material, more, at), at);
const describe = async (key, at) => (await call("DescribeKey", { KeyId: key }, at)).KeyMetadata;

async function symmetric() {
  const tags = [{ TagKey: "team", TagValue: "payments" }];
  const key = await newKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", { Description: "from Node", Tags: tags });
  await call("CreateAlias", { AliasName: "alias/node", TargetKeyId: key });
  await call("TagResource", { KeyId: key, Tags: [{ TagKey: "stage", TagValue: "test" }] });
  assert.deepEqual((await call("ListResourceTags", { KeyId: key })).Tags.length, 2);
  const { Policy } = await call("GetKeyPolicy", { KeyId: key });
  await call("PutKeyPolicy", { KeyId: key, Policy: JSON.stringify({ ...JSON.parse(Policy), Id: "mine" }) });
  assert.equal(JSON.parse((await call("GetKeyPolicy", { KeyId: key })).Policy).Id, "mine");
  const arnOnly = { KeyId: "alias/node", WrappingAlgorithm: "RSAES_OAEP_SHA_256", WrappingKeySpec: "RSA_2048" };
  await refused("NotFoundException", "GetParametersForImport", arnOnly);

  const first = crypto.randomBytes(32);
  const request = await importInto(key, first);
  const set = await call("GetParametersForImport", { ...arnOnly, KeyId: key });
  assert.ok(Math.abs(set.ParametersValidTo.getTime() - Date.now() - DAY) < 60_000);
  const forgotten = { ...request, ImportToken: set.ImportToken, EncryptedKeyMaterial: oaep(set.PublicKey, "sha1", first) };
  await refused("InvalidCiphertextException", "ImportKeyMaterial", forgotten);
  await refused("InvalidImportTokenException", "ImportKeyMaterial", { ...request, ImportToken: crypto.randomBytes(46) });
  await refused("ValidationException", "ImportKeyMaterial", { ...request, ExpirationModel: "KEY_MATERIAL_EXPIRES" });
  const reply = await call("ImportKeyMaterial", request);
  assert.equal(reply.KeyId, key);
  assert.equal((await describe("alias/node")).CurrentKeyMaterialId, reply.KeyMaterialId);

  const context = { EncryptionContext: { purpose: "test" } };
  const sealed = await call("Encrypt", { KeyId: key, Plaintext: Buffer.from("hello"), ...context });
  const opened = await call("Decrypt", { CiphertextBlob: sealed.CiphertextBlob, ...context });
  assert.equal(Buffer.from(opened.Plaintext).toString(), "hello");
  await refused("InvalidCiphertextException", "Decrypt", { CiphertextBlob: sealed.CiphertextBlob });
  await refused("IncorrectKeyMaterialException", "ImportKeyMaterial", await importInto(key, crypto.randomBytes(32)));

  const second = await imported(key, crypto.randomBytes(32), { ImportType: "NEW_KEY_MATERIAL" });
  await call("RotateKeyOnDemand", { KeyId: key });
  while ((await call("GetKeyRotationStatus", { KeyId: key })).OnDemandRotationStartDate) {
    await new Promise((done) => setTimeout(done, 20));
  }
  assert.equal((await describe(key)).CurrentKeyMaterialId, second.KeyMaterialId);
  const states = [];
  const everything = { KeyId: key, IncludeKeyMaterial: "ALL_KEY_MATERIAL" };
  for await (const page of sdk.paginateListKeyRotations({ client: kms, pageSize: 1 }, everything)) {
    assert.equal(page.Rotations.length, 1);
    states.push(page.Rotations[0].KeyMaterialState);
  }
  assert.deepEqual(states, ["CURRENT", "NON_CURRENT"]);
  const old = await call("Decrypt", { CiphertextBlob: sealed.CiphertextBlob, ...context });
  assert.equal(old.KeyMaterialId, reply.KeyMaterialId);

  await call("DeleteImportedKeyMaterial", { KeyId: key, KeyMaterialId: reply.KeyMaterialId });
  assert.equal((await describe(key)).KeyState, "PendingImport");
  await refused("KMSInvalidStateException", "Encrypt", { KeyId: key, Plaintext: Buffer.from("x") });
  const end = new Date(Math.ceil(Date.now() / 1000) * 1000 + 10 * DAY);
  await imported(key, first, { ExpirationModel: "KEY_MATERIAL_EXPIRES", ValidTo: end });
  assert.equal((await describe(key)).ValidTo.getTime(), end.getTime());
  await advance("11d");
  const expired = await describe(key);
  assert.deepEqual([expired.KeyState, expired.ValidTo], ["PendingImport", undefined]);
  await refused("ExpiredImportTokenException", "ImportKeyMaterial", request);
  await imported(key, first, { ImportType: "EXISTING_KEY_MATERIAL", KeyMaterialId: reply.KeyMaterialId });
  return key;
}

async function hmac() {
  const material = crypto.randomBytes(48);
  const key = await newKey("HMAC_384", "GENERATE_VERIFY_MAC");
  await imported(key, material);
  const request = { KeyId: key, Message: Buffer.from("message"), MacAlgorithm: "HMAC_SHA_384" };
  const { Mac } = await call("GenerateMac", request);
  assert.deepEqual(Buffer.from(Mac), crypto.createHmac("sha384", material).update("message").digest());
  assert.equal((await call("VerifyMac", { ...request, Mac })).MacValid, true);
  await refused("KMSInvalidMacException", "VerifyMac", { ...request, Mac: Buffer.alloc(48) });
}

async function signatures() {
  const pss = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 };
  const kinds = [
    ["RSA_2048", "RSASSA_PSS_SHA_256", ["rsa", { modulusLength: 2048 }], "sha256", pss],
    ["ECC_NIST_P256", "ECDSA_SHA_256", ["ec", { namedCurve: "P-256" }], "sha256", {}],
    ["ECC_SECG_P256K1", "ECDSA_SHA_256", ["ec", { namedCurve: "secp256k1" }], "sha256", {}],
    ["ECC_NIST_EDWARDS25519", "ED25519_SHA_512", ["ed25519", {}], null, {}],
  ];
  for (const [spec, algorithm, [type, options], hash, how] of kinds) {
    const { privateKey, publicKey } = crypto.generateKeyPairSync(type, options);
    const key = await newKey(spec, "SIGN_VERIFY");
    await imported(key, privateKey.export({ format: "der", type: "pkcs8" }));
    const shown = await call("GetPublicKey", { KeyId: key });
    assert.deepEqual(Buffer.from(shown.PublicKey), publicKey.export({ format: "der", type: "spki" }), spec);
    const request = { KeyId: key, Message: Buffer.from("message"), SigningAlgorithm: algorithm };
    const { Signature } = await call("Sign", request);
    assert.ok(crypto.verify(hash, request.Message, { key: publicKey, ...how }, Signature), spec);
    assert.equal((await call("Verify", { ...request, Signature })).SignatureValid, true);
    const other = { ...request, Message: Buffer.from("another"), Signature };
    await refused("KMSInvalidSignatureException", "Verify", other);
  }
}

async function agreement() {
  const { privateKey, publicKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-384" });
  const ours = crypto.generateKeyPairSync("ec", { namedCurve: "P-384" });
  const key = await newKey("ECC_NIST_P384", "KEY_AGREEMENT");
  await imported(key, privateKey.export({ format: "der", type: "pkcs8" }));
  const PublicKey = ours.publicKey.export({ format: "der", type: "spki" });
  const { SharedSecret } = await call("DeriveSharedSecret", { KeyId: key, KeyAgreementAlgorithm: "ECDH", PublicKey });
  assert.deepEqual(Buffer.from(SharedSecret), crypto.diffieHellman({ privateKey: ours.privateKey, publicKey }));
}

async function regions() {
  const material = crypto.randomBytes(32);
  const tokyo = client("ap-northeast-1");
  const key = await newKey("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT", { MultiRegion: true });
  await imported(key, material);
  const { ReplicaKeyMetadata } = await call("ReplicateKey", { KeyId: key, ReplicaRegion: "ap-northeast-1" });
  const replica = ReplicaKeyMetadata.Arn;
  await refused("KMSInvalidStateException", "DisableKey", { KeyId: replica }, tokyo);
  await advance("1s");
  assert.equal((await describe(replica, tokyo)).KeyState, "PendingImport");
  await refused("IncorrectKeyMaterialException", "ImportKeyMaterial", await importInto(replica, crypto.randomBytes(32), {}, tokyo), tokyo);
  await imported(replica, material, {}, tokyo);
  const { CiphertextBlob } = await call("Encrypt", { KeyId: key, Plaintext: Buffer.from("over the sea") });
  const { Plaintext } = await call("Decrypt", { CiphertextBlob }, tokyo);
  assert.equal(Buffer.from(Plaintext).toString(), "over the sea");
  tokyo.destroy();
}

async function end(key) {
  await call("DisableKey", { KeyId: key });
  await refused("DisabledException", "Encrypt", { KeyId: key, Plaintext: Buffer.from("x") });
  await call("ScheduleKeyDeletion", { KeyId: key, PendingWindowInDays: 7 });
  assert.equal((await describe(key)).KeyState, "PendingDeletion");
  await call("CancelKeyDeletion", { KeyId: key });
  await call("EnableKey", { KeyId: key });
  const { DeletionDate } = await call("ScheduleKeyDeletion", { KeyId: key, PendingWindowInDays: 7 });
  assert.ok(DeletionDate instanceof Date);
  await advance("8d");
  await refused("NotFoundException", "DescribeKey", { KeyId: key });
}

const key = await symmetric();
await hmac();
await signatures();
await agreement();
await regions();
await end(key);
kms.destroy();
console.log(`${replies} requests answered as KMS answers`);
