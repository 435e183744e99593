"""Canonical bytes, ids, links and keys: the part that test/vectors can check."""

import base64
import hashlib

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def digest(value):
    return "sha256:" + hashlib.sha256(rfc8785.dumps(value)).hexdigest()


def derived_id(prefix, *parts):
    """`<prefix>_` + base32 of the first 20 bytes of SHA-256 over the JCS of the parts."""
    first = hashlib.sha256(rfc8785.dumps(list(parts))).digest()[:20]
    return f"{prefix}_" + base64.b32encode(first).decode().lower().rstrip("=")


def statement(name, obj, after):
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest(obj)[7:]}}],
        "predicateType": "https://prooftrail.dev/link/v1",
        "predicate": {"object": obj, "after": after},
    }


def pre_authentication_encoding(payload):
    kind = b"application/vnd.in-toto+json"
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


class Key:
    """A private Ed25519 JWK; its id is the RFC 7638 thumbprint."""

    def __init__(self, jwk):
        self.x = jwk["x"]
        self.private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(jwk["d"] + "="))
        members = {"crv": "Ed25519", "kty": "OKP", "x": self.x}
        thumbprint = hashlib.sha256(rfc8785.dumps(members)).digest()
        self.kid = base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")

    def sign(self, data):
        return base64.b64encode(self.private.sign(data)).decode()

    def record(self, said):
        """What is no link: signed whole, over the canonical bytes of all other members."""
        return {**said, "signature": self.sign(rfc8785.dumps(said))}

    def link(self, name, obj, after):
        payload = rfc8785.dumps(statement(name, obj, after))
        signature = self.sign(pre_authentication_encoding(payload))
        return {"object": obj, "after": after, "key_id": self.kid, "signature": signature}
