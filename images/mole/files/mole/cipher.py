# SPDX-License-Identifier: Apache-2.0
"""What needs a key. Static keys stand for those compiled into a product; nonces and session keys come from the seed.

Functions take the bytes and a Context (encodings.py) and return bytes.
"""

import hashlib

STATIC_KEY = hashlib.sha256(b"the mole's static key").digest()

# An RSA public key (modulus, exponent) whose private half nobody has: what is wrapped with it stays wrapped.
VENDOR_KEY = (int(
    "a5c491f834bd8763c81fee1246d8a836e46d93db3c5aabca4e05e867af7fd7dd3f214ec5efdf0434456a8c63b18dd24c"
    "ba22c8dfb4834b0991a08c5f6bf88c2566047c9ae67ab08cda21816f2cae00d7b543eaa53d8b8d27913876a9c27cde7f"
    "0652ace07ff57a5f429aa8b565148ad95f761406c00da6b6eabc671b50f58a10ad2fb9de66779b572f18102d2020be99"
    "34b86ad3556081518057c691cadd3dcebb5dea1a5e496834d975e3b1094319e73eb0c757bdc0d69535d49b431e8de2ad"
    "522309eea144548f7b8d26bf8c137acf9da02398087d2a63a6b7cf8d1e4040b2ab0c7c91b2a3fb1c15b76a661cdbff54"
    "9451f035a0c52cfaedae5f0074bfe603", 16), 65537)


def as_xor(data, _, key):
    return bytes(byte ^ key[i % len(key)] for i, byte in enumerate(data))


def as_add(data, _, value):
    return bytes((byte + value) % 256 for byte in data)


def as_chacha20(data, context, key=STATIC_KEY):
    """RFC 8439's cipher without a tag: a nonce of 12 bytes, then as many bytes as there were."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
    nonce = context.random.randbytes(12)
    # The library's nonce begins with the block counter, four bytes little-endian.
    cipher = Cipher(algorithms.ChaCha20(key, bytes(4) + nonce), mode=None).encryptor()
    return nonce + cipher.update(data)


def as_aes_gcm(data, context, key=STATIC_KEY):
    """A nonce of 12 bytes, the ciphertext, a tag of 16 bytes."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    nonce = context.random.randbytes(12)
    return nonce + AESGCM(key).encrypt(nonce, data, None)


def as_aes_gcm_rsa(data, context, public=VENDOR_KEY):
    """A fresh AES key wrapped by RSA (PKCS#1 v1.5, RFC 8017 7.2.1), behind its length in two bytes; then as aes-gcm.

    The padding is made here because libraries take theirs from the system, not from a seed.
    """
    modulus, exponent = public
    size = (modulus.bit_length() + 7) // 8
    key = context.random.randbytes(32)
    padding = bytes(context.random.randrange(1, 256) for _ in range(size - len(key) - 3))
    block = b"\0\2" + padding + b"\0" + key
    wrapped = pow(int.from_bytes(block, "big"), exponent, modulus).to_bytes(size, "big")
    return size.to_bytes(2, "big") + wrapped + as_aes_gcm(data, context, key)
