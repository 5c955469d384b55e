// The token of a GitHub App, signed by its key in AWS KMS: no private key is on this machine.
//
//     npm install @octokit/auth-app @aws-sdk/client-kms
//     node github-app.mjs alias/github-app APP_ID
//
// Permission: kms:Sign on the key.

import { KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { createAppAuth } from "@octokit/auth-app";

const [KeyId, appId] = process.argv.slice(2);
const kms = new KMSClient();
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

// GitHub takes tokens of at most ten minutes, and clocks differ.
async function createJwt(iss, timeDifference = 0) {
  const now = Math.floor(Date.now() / 1000) + timeDifference;
  const exp = now + 540;
  const input = `${encoded({ alg: "RS256", typ: "JWT" })}.${encoded({ iat: now - 30, exp, iss })}`;
  const { Signature } = await kms.send(new SignCommand({
    KeyId, Message: Buffer.from(input), MessageType: "RAW", SigningAlgorithm: "RSASSA_PKCS1_V1_5_SHA_256",
  }));
  return { jwt: `${input}.${Buffer.from(Signature).toString("base64url")}`, expiresAt: new Date(exp * 1000).toISOString() };
}

const { token } = await createAppAuth({ appId, createJwt })({ type: "app" });
console.log(token);
