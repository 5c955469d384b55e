// The signer of examples/signing/ethereum.mjs beside a wallet that has the same private key: address, message, typed data, transaction.
//
//     node ethereum_account.mjs KEY_ID PRIVATE_KEY_IN_HEX

import assert from "node:assert/strict";
import { KMSClient } from "@aws-sdk/client-kms";
import { Transaction, verifyMessage, verifyTypedData, Wallet } from "ethers";
import { KmsSigner } from "./ethereum.mjs";

const [keyId, privateKey] = process.argv.slice(2);
const [signer, wallet] = [new KmsSigner(new KMSClient(), keyId), new Wallet(`0x${privateKey}`)];
assert.equal(await signer.getAddress(), wallet.address);
// s is the upper value in half of all signatures, and r is short in one of 256.
for (let number = 0; number < 24; number++) {
  assert.equal(verifyMessage(`message ${number}`, await signer.signMessage(`message ${number}`)), wallet.address);
}
const typed = [{ name: "test", chainId: 1 }, { Order: [{ name: "amount", type: "uint256" }] }, { amount: 7n }];
assert.equal(verifyTypedData(...typed, await signer.signTypedData(...typed)), wallet.address);
const fields = { type: 2, chainId: 1, to: wallet.address, value: 1n, nonce: 0, gasLimit: 21000n, maxFeePerGas: 9n, maxPriorityFeePerGas: 1n };
const sent = Transaction.from(await signer.signTransaction(fields));
assert.equal(sent.from, wallet.address);
assert.equal(sent.unsignedHash, Transaction.from(await wallet.signTransaction(fields)).unsignedHash);
console.log(wallet.address);
