"""Unwraps what kms-byok wraps, without OpenSSL: RSAES-OAEP (RFC 8017), AES (FIPS 197) and AES key wrap with padding (RFC 5649) in
plain Python, written from those texts. It shares no line with the code that wraps, and none with the embedded KMS.

Standard input has one job a line, `KEY ALGORITHM BLOB`: a PKCS#1 RSA private key and a blob in hex, and KMS's name of the algorithm.
Standard output has one line for each: the key material in hex, or `refused: ` and why.

Not constant in time: for tests.
"""

import hashlib
import sys


class Refused(Exception):
    pass


# ---- RSA (RFC 8017) ----


def der_integers(der):
    """The integers of a DER SEQUENCE: RSAPrivateKey (section A.1.2) is version, n, e, d and what speeds things up."""

    def element(data):
        tag, length, at = data[0], data[1], 2
        if length & 0x80:
            count = length & 0x7F
            length, at = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
        return tag, data[at : at + length], data[at + length :]

    tag, contents, rest = element(der)
    if tag != 0x30 or rest:
        raise ValueError("no DER SEQUENCE")
    integers = []
    while contents:
        tag, value, contents = element(contents)
        if tag != 0x02:
            raise ValueError("no INTEGER")
        integers.append(int.from_bytes(value, "big"))
    return integers


def mgf1(seed, length, digest):
    """Section B.2.1."""
    mask = b""
    for counter in range(-(-length // digest().digest_size)):
        mask += digest(seed + counter.to_bytes(4, "big")).digest()
    return mask[:length]


def xor(one, other):
    assert len(one) == len(other)
    return bytes(a ^ b for a, b in zip(one, other))


def rsadp(key, c):
    """Section 5.1.2, in the form with the Chinese remainder theorem."""
    _, n, e, _, p, q, dp, dq, qinv = key
    m1, m2 = pow(c, dp, p), pow(c, dq, q)
    m = m2 + q * ((m1 - m2) * qinv % p)
    assert pow(m, e, n) == c
    return m


def oaep_decrypt(key, ciphertext, digest):
    """Section 7.1.2, with an empty label and the same hash for MGF1."""
    n = key[1]
    k, h = -(-n.bit_length() // 8), digest().digest_size
    if len(ciphertext) != k or int.from_bytes(ciphertext, "big") >= n:
        raise Refused("the ciphertext does not fit the modulus")
    encoded = rsadp(key, int.from_bytes(ciphertext, "big")).to_bytes(k, "big")
    first, masked_seed, masked_db = encoded[0], encoded[1 : 1 + h], encoded[1 + h :]
    seed = xor(masked_seed, mgf1(masked_db, h, digest))
    db = xor(masked_db, mgf1(seed, k - h - 1, digest))
    label, padded = db[:h], db[h:]
    one = padded.find(b"\x01")
    if first or label != digest(b"").digest() or one < 0 or padded[:one].strip(b"\0"):
        raise Refused("the OAEP encoding is not valid")
    return padded[one + 1 :]


# ---- AES (FIPS 197), deciphering one block ----


def times(a, b):
    """Multiplication in GF(2^8) with the polynomial x^8 + x^4 + x^3 + x + 1 (section 4.2)."""
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = a << 1 ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def substitution():
    """The S-box (section 5.1.1): the inverse, then an affine map."""
    inverse = [0] * 256
    for a in range(1, 256):
        inverse[a] = next(b for b in range(1, 256) if times(a, b) == 1)
    rotate = lambda x, by: (x << by | x >> 8 - by) & 0xFF
    return [x ^ rotate(x, 1) ^ rotate(x, 2) ^ rotate(x, 3) ^ rotate(x, 4) ^ 0x63 for x in inverse]


SBOX = substitution()
INVERSE_SBOX = [SBOX.index(x) for x in range(256)]
TIMES = {c: [times(c, x) for x in range(256)] for c in (9, 11, 13, 14)}


def round_keys(key):
    """Section 5.2, for any of the three key lengths."""
    words, count = [key[i : i + 4] for i in range(0, len(key), 4)], len(key) // 4
    rcon = 1
    for i in range(count, 4 * (count + 7)):
        word = words[i - 1]
        if i % count == 0:
            word = bytes(SBOX[x] for x in word[1:] + word[:1])
            word, rcon = bytes([word[0] ^ rcon]) + word[1:], times(rcon, 2)
        elif count > 6 and i % count == 4:
            word = bytes(SBOX[x] for x in word)
        words.append(xor(words[i - count], word))
    return [b"".join(words[i : i + 4]) for i in range(0, len(words), 4)]


def decipher(keys, block):
    """Section 5.3."""
    state = xor(block, keys[-1])
    for number in range(len(keys) - 2, -1, -1):
        # InvShiftRows and InvSubBytes: column c, row r comes from column c - r.
        state = bytes(INVERSE_SBOX[state[4 * ((c - r) % 4) + r]] for c in range(4) for r in range(4))
        state = xor(state, keys[number])
        if number:
            mixed = []
            for c in range(0, 16, 4):
                column = state[c : c + 4]
                for r in range(4):
                    terms = zip((14, 11, 13, 9), column[r:] + column[:r])
                    byte = 0
                    for factor, x in terms:
                        byte ^= TIMES[factor][x]
                    mixed.append(byte)
            state = bytes(mixed)
    return state


# ---- AES key wrap with padding (RFC 5649) ----


def unwrap_with_padding(key, wrapped):
    """Section 4.2; the unwrapping itself is RFC 3394, section 2.2.2."""
    if len(wrapped) % 8 or len(wrapped) < 16:
        raise Refused("the wrapped key has no length of key wrap")
    keys = round_keys(key)
    if len(wrapped) == 16:
        block = decipher(keys, wrapped)
        a, padded = block[:8], block[8:]
    else:
        a, r = wrapped[:8], [wrapped[i : i + 8] for i in range(8, len(wrapped), 8)]
        n = len(r)
        for j in range(5, -1, -1):
            for i in range(n, 0, -1):
                t = (n * j + i).to_bytes(8, "big")
                block = decipher(keys, xor(a, t) + r[i - 1])
                a, r[i - 1] = block[:8], block[8:]
        padded = b"".join(r)
    length = int.from_bytes(a[4:], "big")
    if a[:4] != bytes.fromhex("a65959a6") or not len(padded) - 8 < length <= len(padded) or padded[length:].strip(b"\0"):
        raise Refused("the integrity check of key wrap fails")
    return padded[:length]


# ---- what KMS calls it ----


def unwrap(key, algorithm, blob):
    key = der_integers(key)
    digest = {"SHA_1": hashlib.sha1, "SHA_256": hashlib.sha256}[algorithm[algorithm.index("SHA_") :]]
    if algorithm.startswith("RSAES_OAEP_"):
        return oaep_decrypt(key, blob, digest)
    k = -(-key[1].bit_length() // 8)
    aes_key = oaep_decrypt(key, blob[:k], digest)
    if len(aes_key) != 32:
        raise Refused("the AES key does not have 256 bits")
    return unwrap_with_padding(aes_key, blob[k:])


def self_test():
    """FIPS 197, C.3, and the two examples of RFC 5649, section 6: what is wrong here must not look like a wrong blob."""
    keys = round_keys(bytes(range(32)))
    assert decipher(keys, bytes.fromhex("8ea2b7ca516745bfeafc49904b496089")).hex() == "00112233445566778899aabbccddeeff"
    key = bytes.fromhex("5840df6e29b02af1ab493b705bf16ea1ae8338f4dcc176a8")
    wrapped = bytes.fromhex("138bdeaa9b8fa7fc61f97742e72248ee5ae6ae5360d1ae6a5f54f373fa543b6a")
    assert unwrap_with_padding(key, wrapped).hex() == "c37b7e6492584340bed12207808941155068f738"
    assert unwrap_with_padding(key, bytes.fromhex("afbeb0f07dfbf5419200f2ccb50bb24f")).hex() == "466f7250617369"


def main():
    self_test()
    for line in sys.stdin:
        key, algorithm, blob = line.split()
        try:
            print(unwrap(bytes.fromhex(key), algorithm, bytes.fromhex(blob)).hex())
        except Refused as why:
            print("refused:", why)


if __name__ == "__main__":
    main()
