"""sha256 by the library that opens the gallery: the standard library's would load a second OpenSSL."""

from cryptography.hazmat.primitives.hashes import SHA256, Hash


def sha256(content: bytes) -> str:
    """Lower-case hexadecimal, 64 digits."""
    digest = Hash(SHA256())
    digest.update(content)
    return digest.finalize().hex()
