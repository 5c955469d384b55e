// A JWT as a service verifies it that knows a JWKS and nothing else: the key is found by its kid.
//
//     node jwt_verify.mjs JWKS ALG TOKEN

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createLocalJWKSet, importJWK, jwtVerify } from "jose";

const [jwks, alg, token] = process.argv.slice(2);
const set = JSON.parse(readFileSync(jwks, "utf8"));
// A secret is in no set of public keys.
const keys = alg.startsWith("HS") ? await importJWK(set.keys[0], alg) : createLocalJWKSet(set);
const { payload, protectedHeader } = await jwtVerify(token, keys, { algorithms: [alg] });
assert.equal(protectedHeader.alg, alg);
console.log(payload.sub);
