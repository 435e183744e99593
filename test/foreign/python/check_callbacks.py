"""Checks received callbacks with the Standard Webhooks library for Python.

    python check_callbacks.py DIR

DIR is what `prooftrail demo --once --out DIR` leaves. The HMAC signature (v1) is the library's to
check, the Ed25519 one (v1a) that of pyca/cryptography. What was received is older than the
library's tolerance for a replay, so its clock is set to the callback's own time.
"""

import base64
import hashlib
import json
import sys
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, webhooks


def webhook_keys(path: Path) -> list[Ed25519PublicKey]:
    jwks = json.loads(path.read_bytes())["keys"]
    found = [one["x"] for one in jwks if "webhook" in one["roles"]]
    raw = [base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)) for x in found]
    return [Ed25519PublicKey.from_public_bytes(one) for one in raw]


def main() -> None:
    folder = Path(sys.argv[1])
    secret = json.loads((folder / "secrets.json").read_bytes())["webhook_secret"]
    [key] = webhook_keys(folder / "keys.json")
    files = sorted((folder / "callbacks").glob("*.json"))
    assert files, f"{folder} has no callbacks"
    for file in files:
        received = json.loads(file.read_bytes())
        headers = received["headers"]
        body = base64.b64decode(received["body_base64"])
        assert received["method"] == "POST", "method"
        assert file.stem == headers["webhook-id"], "file name"
        sent = datetime.fromtimestamp(int(headers["webhook-timestamp"]), timezone.utc)
        with mock.patch.object(webhooks, "datetime", wraps=datetime) as clock:
            clock.now.return_value = sent
            payload = Webhook(secret).verify(body.decode(), headers)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        [v1a] = [
            text[4:] for text in headers["webhook-signature"].split() if text.startswith("v1a,")
        ]
        key.verify(base64.b64decode(v1a), signed)
        assert headers["prooftrail-callback-event"] == payload["event_type"], "event header"
        of_body = "sha256:" + hashlib.sha256(body).hexdigest()
        assert headers["prooftrail-callback-hash"] == of_body, "hash header"
        tampered = body.replace(b"callback_event_id", b"callback_event_iD", 1)
        try:
            with mock.patch.object(webhooks, "datetime", wraps=datetime) as clock:
                clock.now.return_value = sent
                Webhook(secret).verify(tampered.decode(), headers)
        except webhooks.WebhookVerificationError:
            pass
        else:
            raise AssertionError("a changed body verifies")
        print(f"ok {file.stem}: v1 (HMAC) and v1a (Ed25519) verify, {payload['event_type']}")


if __name__ == "__main__":
    main()
