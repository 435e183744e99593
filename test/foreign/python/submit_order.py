"""An agent in Python: signs a work order and publishes it, with nothing of Prooftrail's.

    python submit_order.py doctor.json private.jwk agent_id callback_url

doctor.json is the output of `prooftrail doctor --json` on a running stack; private.jwk is the
private Ed25519 JWK of the registered agent. The schema is fetched whole by its subject.
"""

import base64
import hashlib
import json
import struct
import sys
from datetime import datetime, timedelta, timezone
from io import BytesIO
from uuid import uuid4

import fastavro
import requests
import rfc8785
from confluent_kafka import Producer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import CryptoSigner, SSlibKey

TOPIC = "prooftrail.work-order.submitted.v1"


def time_text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def work_order_id(agent_id: str, idempotency_key: str) -> str:
    first = hashlib.sha256(rfc8785.dumps([agent_id, idempotency_key])).digest()[:20]
    return "wo_" + base64.b32encode(first).decode().lower().rstrip("=")


def signer_from(path: str) -> CryptoSigner:
    with open(path, encoding="utf-8") as file:
        jwk = json.load(file)
    raw = {name: base64.urlsafe_b64decode(jwk[name] + "=" * (-len(jwk[name]) % 4)) for name in "dx"}
    members = {name: jwk[name] for name in ("crv", "kty", "x")}
    thumbprint = hashlib.sha256(rfc8785.dumps(members)).digest()
    kid = base64.urlsafe_b64encode(thumbprint).decode().rstrip("=")
    key = SSlibKey(kid, "ed25519", "ed25519", {"public": raw["x"].hex()})
    return CryptoSigner(Ed25519PrivateKey.from_private_bytes(raw["d"]), key)


def sign_link(order: dict, signer: CryptoSigner) -> dict:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {
                "name": "work_order",
                "digest": {"sha256": hashlib.sha256(rfc8785.dumps(order)).hexdigest()},
            }
        ],
        "predicateType": "https://prooftrail.dev/link/v1",
        "predicate": {"object": order, "after": []},
    }
    envelope = Envelope(rfc8785.dumps(statement), "application/vnd.in-toto+json", {})
    signature = base64.b64encode(bytes.fromhex(envelope.sign(signer).signature)).decode()
    key_id = signer.public_key.keyid
    return {"object": order, "after": [], "key_id": key_id, "signature": signature}


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        stack = json.load(file)
    agent_id, callback_url = sys.argv[3:5]
    idempotency_key, now = str(uuid4()), datetime.now(timezone.utc)
    order = {
        "object_type": "work_order",
        "work_order_id": work_order_id(agent_id, idempotency_key),
        "schema_version": "prooftrail-work-order/v1",
        "agent_id": agent_id,
        "idempotency_key": idempotency_key,
        "requested_tool": "tokenops",
        "requested_capability": "settlement_evidence_review",
        "execution_mode": "controlled_pilot",
        "evidence": {
            name: {"reference": f"files/{name}"}
            for name in (
                "settlement_reference",
                "payment_request_artifact",
                "credit_ledger_entry",
                "callback_destination",
                "public_safe_file_manifest",
            )
        },
        "callback_url": callback_url,
        "issued_at": time_text(now),
        "expires_at": time_text(now + timedelta(hours=1)),
    }
    link = sign_link(order, signer_from(sys.argv[2]))
    # on the bus, members of free form travel as JSON text in canonical form
    record = {**link, "object": {**order, "evidence": rfc8785.dumps(order["evidence"]).decode()}}

    url = f"{stack['registry']['url']}/subjects/{TOPIC}-value/versions/latest"
    registered = requests.get(url, timeout=10).json()
    body = BytesIO()
    schema = fastavro.parse_schema(json.loads(registered["schema"]))
    fastavro.schemaless_writer(body, schema, record)
    value = struct.pack(">bI", 0, registered["id"]) + body.getvalue()

    failed: list = []
    producer = Producer({"bootstrap.servers": ",".join(stack["kafka"]["brokers"]), "acks": "all"})
    producer.produce(
        TOPIC, key=order["work_order_id"], value=value, on_delivery=lambda e, _: e and failed.append(e)
    )
    producer.flush(20)
    assert not failed, failed
    print(order["work_order_id"])


if __name__ == "__main__":
    main()
