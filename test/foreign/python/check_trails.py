"""Checks every envelope of every bundle with implementations that are not Prooftrail's.

    python check_trails.py DIR

DIR is what `prooftrail demo --once --out DIR` leaves. DSSE is securesystemslib's, canonical JSON is
rfc8785's, key ids are RFC 7638 thumbprints made here.
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

import rfc8785
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

LINK = "https://prooftrail.dev/link/v1"
TRAIL = "https://prooftrail.dev/trail/v1"


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def read_keys(path: Path) -> dict[str, SSlibKey]:
    keys = {}
    for jwk in json.loads(path.read_bytes())["keys"]:
        members = {name: jwk[name] for name in ("crv", "kty", "x")}
        thumbprint = hashlib.sha256(rfc8785.dumps(members)).digest()
        kid = base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
        assert kid == jwk["kid"], f"{jwk['kid']} is not the thumbprint"
        assert kid not in keys, f"{kid} is there twice"
        raw = base64.urlsafe_b64decode(jwk["x"] + "=" * (-len(jwk["x"]) % 4))
        keys[kid] = SSlibKey(kid, "ed25519", "ed25519", {"public": raw.hex()})
    return keys


def check_link(link: dict, keys: dict[str, SSlibKey], seen: dict[str, str]) -> None:
    name, raw = link["name"], link["envelope"]
    assert sorted(raw) == ["payload", "payloadType", "signatures"], f"{name}: members"
    assert len(raw["signatures"]) == 1, f"{name}: signatures"
    key = keys[raw["signatures"][0]["keyid"]]
    # a copy: from_dict writes into what it reads
    envelope = Envelope.from_dict(json.loads(json.dumps(raw)))
    envelope.verify([key], 1)
    statement = json.loads(envelope.payload)
    assert envelope.payload_type == "application/vnd.in-toto+json", f"{name}: payload type"
    assert rfc8785.dumps(statement) == envelope.payload, f"{name}: payload is not canonical"
    assert statement["_type"] == "https://in-toto.io/Statement/v1", f"{name}: statement type"
    subjects = statement["subject"]
    if statement["predicateType"] == TRAIL:
        assert name.split("/")[0] == "attestation", f"{name}: holds a seal"
        assert link["digest"] == digest(envelope.payload), f"{name}: digest"
        sealed = {one["name"]: "sha256:" + one["digest"]["sha256"] for one in subjects}
        assert sealed == seen, f"{name}: seals {sorted(sealed)}"
    else:
        assert statement["predicateType"] == LINK, f"{name}: predicate type"
        predicate = statement["predicate"]
        of_object = digest(rfc8785.dumps(predicate["object"]))
        assert link["digest"] == of_object, f"{name}: digest"
        kind = name.split("/")[0]
        assert subjects == [{"name": kind, "digest": {"sha256": of_object[7:]}}], f"{name}: subject"
        for one in predicate["after"]:
            assert seen.get(one["name"]) == one["digest"], f"{name}: follows {one['name']}"
    seen[name] = link["digest"]


def main() -> None:
    folder = Path(sys.argv[1])
    keys = read_keys(folder / "keys.json")
    print(f"ok keys.json: {len(keys)} keys, each kid is its RFC 7638 thumbprint")
    files = sorted(folder.glob("*.trail.json"))
    assert files, f"{folder} has no *.trail.json"
    for file in files:
        bundle = json.loads(file.read_bytes())
        seen: dict[str, str] = {}
        for link in bundle["links"]:
            check_link(link, keys, seen)
        print(
            f"ok {bundle['work_order_id']}: {len(seen)} envelopes verify (DSSE, Ed25519), payloads"
            " are RFC 8785, digests, after and seal fit"
        )


if __name__ == "__main__":
    main()
