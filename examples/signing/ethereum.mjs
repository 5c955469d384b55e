// An Ethereum account whose key is in AWS KMS: a signer for ethers.
//
//     npm install ethers @aws-sdk/client-kms
//     node ethereum.mjs alias/wallet 'what is to be signed'
//
// Permissions: kms:GetPublicKey and kms:Sign on the key, of key spec ECC_SECG_P256K1.

import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import { AbstractSigner, computeAddress, getBytes, hashMessage, hexlify, keccak256, recoverAddress, resolveProperties, Signature, toBeHex, Transaction, TypedDataEncoder } from "ethers";

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

export class KmsSigner extends AbstractSigner {
  constructor(kms, keyId, provider) {
    super(provider);
    Object.assign(this, { kms, keyId });
  }

  connect(provider) {
    return new KmsSigner(this.kms, this.keyId, provider);
  }

  async getAddress() {
    const { PublicKey } = await this.kms.send(new GetPublicKeyCommand({ KeyId: this.keyId }));
    return computeAddress(hexlify(PublicKey.slice(-65)));
  }

  async signMessage(message) {
    return (await this.signDigest(hashMessage(message))).serialized;
  }

  async signTypedData(domain, types, value) {
    return (await this.signDigest(TypedDataEncoder.hash(domain, types, value))).serialized;
  }

  async signTransaction(request) {
    const { from, ...fields } = await resolveProperties(request);
    const transaction = Transaction.from(fields);
    transaction.signature = await this.signDigest(keccak256(transaction.unsignedSerialized));
    return transaction.serialized;
  }

  async signDigest(digest) {
    const request = { KeyId: this.keyId, Message: getBytes(digest), MessageType: "DIGEST", SigningAlgorithm: "ECDSA_SHA_256" };
    const der = (await this.kms.send(new SignCommand(request))).Signature;
    const end = 4 + der[3];
    const r = BigInt(hexlify(der.slice(4, end)));
    const s = BigInt(hexlify(der.slice(end + 2)));
    // Ethereum takes the lower of the two values of s (EIP-2), and wants to know which point was meant.
    const numbers = { r: toBeHex(r, 32), s: toBeHex(s > ORDER / 2n ? ORDER - s : s, 32) };
    const address = await this.getAddress();
    const found = [27, 28].map((v) => Signature.from({ ...numbers, v })).find((each) => recoverAddress(digest, each) === address);
    if (!found) throw new Error("KMS has signed with another key");
    return found;
  }
}

if (import.meta.main ?? process.argv[1] === import.meta.filename) {
  const [keyId, message] = process.argv.slice(2);
  const signer = new KmsSigner(new KMSClient(), keyId);
  console.log(JSON.stringify({ address: await signer.getAddress(), signature: await signer.signMessage(message) }));
}
