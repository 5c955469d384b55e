// A JWT signed by a key in AWS KMS: RS256, ES256, ES384, ES512, EdDSA or HS256, by what the key is.
//
//     npm install @aws-sdk/client-kms
//     node jwt.mjs alias/tokens KID '{"sub":"somebody"}'
//
// KID is the kid that `kms-byok public-key alias/tokens` prints. Permissions: kms:DescribeKey, and kms:Sign or kms:GenerateMac.

import { DescribeKeyCommand, GenerateMacCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";

const [KeyId, kid, claims] = process.argv.slice(2);
const kms = new KMSClient();
const { KeySpec, MacAlgorithms } = (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata;

// Key spec: alg of the token, algorithm of KMS, bytes of each number of an ECDSA signature.
const ALGORITHMS = {
  RSA_2048: ["RS256", "RSASSA_PKCS1_V1_5_SHA_256"],
  RSA_3072: ["RS256", "RSASSA_PKCS1_V1_5_SHA_256"],
  RSA_4096: ["RS256", "RSASSA_PKCS1_V1_5_SHA_256"],
  ECC_NIST_P256: ["ES256", "ECDSA_SHA_256", 32],
  ECC_NIST_P384: ["ES384", "ECDSA_SHA_384", 48],
  ECC_NIST_P521: ["ES512", "ECDSA_SHA_512", 66],
  ECC_NIST_EDWARDS25519: ["EdDSA", "ED25519_SHA_512"],
  HMAC_256: ["HS256", "HMAC_SHA_256"],
  HMAC_384: ["HS384", "HMAC_SHA_384"],
  HMAC_512: ["HS512", "HMAC_SHA_512"],
};
const [alg, algorithm, width] = ALGORITHMS[KeySpec];

// KMS gives the two numbers of ECDSA in DER; a token has them one after the other (RFC 7518, 3.4).
function joined(der) {
  let at = der[1] & 0x80 ? 3 : 2;
  const number = () => {
    const bytes = der.subarray(at + 2, at + 2 + der[at + 1]);
    at += 2 + der[at + 1];
    return Buffer.concat([Buffer.alloc(width), bytes]).subarray(-width);
  };
  return Buffer.concat([number(), number()]);
}

async function sign(Message) {
  if (MacAlgorithms) return (await kms.send(new GenerateMacCommand({ KeyId, Message, MacAlgorithm: algorithm }))).Mac;
  const { Signature } = await kms.send(new SignCommand({ KeyId, Message, MessageType: "RAW", SigningAlgorithm: algorithm }));
  return width ? joined(Buffer.from(Signature)) : Signature;
}

const encoded = (value) => Buffer.from(value).toString("base64url");
const input = `${encoded(JSON.stringify({ alg, typ: "JWT", kid }))}.${encoded(claims)}`;
console.log(`${input}.${encoded(await sign(Buffer.from(input)))}`);
