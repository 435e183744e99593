"""A whole verifier, written from docs/wire-format.md and docs/verify.md alone.

    python verify_bundle.py BUNDLE KEYS      one file: "ok <verdict>", or "no <code> <link>: <why>" and exit 1
    python verify_bundle.py BUNDLE KEYS POLICY   the same, and who must have cosigned [10]
    python verify_bundle.py --vectors DIR    all of test/vectors: trails verify, tampered and lies do not
    python verify_bundle.py --stream         JSON lines { bundle, keys, honest } from stdin, texts; one answer each

The standard library and pyca/cryptography; numbers in brackets are sections of the wire format.
"""

import base64
import hashlib
import json
import math
import re
import sys
from copy import deepcopy
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ABSENT = object()
MAX_INT = 2**53 - 1
MINUTE = timedelta(minutes=1)


class Refused(Exception):
    def __init__(self, code: str, why: str, link: str = "") -> None:
        super().__init__(f"{code} {link}: {why}")
        self.code, self.link = code, link


def need(holds: bool, code: str, why: str, link: str = "") -> None:
    if not holds:
        raise Refused(code, why, link)


# --- section 1: JSON, times, digests


def parse(data, code: str, link: str = ""):
    def pairs(items):
        found = dict(items)
        need(len(found) == len(items), code, "a key is given twice", link)
        return found

    def constant(name):
        raise Refused(code, name, link)

    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        need(not text.startswith("\ufeff"), code, "a byte order mark", link)
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
    except (ValueError, RecursionError) as error:
        raise Refused(code, f"no JSON: {error}", link) from error
    check_json(value, code, link, 1)
    return value


def check_text(text: str, code: str, link: str) -> None:
    need(not any(0xD800 <= ord(one) <= 0xDFFF for one in text), code, "a lone surrogate", link)


def check_json(value, code: str, link: str, depth: int) -> None:
    need(value is not None, code, "null", link)
    if isinstance(value, str):
        check_text(value, code, link)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        need(math.isfinite(value), code, "a number that is not finite", link)
        whole = isinstance(value, int) or value.is_integer()
        need(not whole or abs(value) <= MAX_INT, code, "an integer too large", link)
    elif isinstance(value, (dict, list)):
        need(depth <= 64, code, "nesting too deep", link)
        for name, member in value.items() if isinstance(value, dict) else enumerate(value):
            need(name != "__proto__", code, "__proto__", link)
            if isinstance(name, str):
                check_text(name, code, link)
            check_json(member, code, link, depth + 1)


def jcs(value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(jcs, value)) + "]"
    names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
    return "{" + ",".join(f"{jcs(name)}:{jcs(value[name])}" for name in names) + "}"


def number(value: float) -> str:
    """As ECMAScript writes it (RFC 8785, section 3.2.2.3)."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point -= len(fraction) - len(fraction.lstrip("0")) + 1
    digits = digits.rstrip("0") or "0"
    if whole == "0":
        point += 0
    if 0 < point <= 21:
        if len(digits) <= point:
            return sign + digits + "0" * (point - len(digits))
        return sign + digits[:point] + "." + digits[point:]
    if -6 < point <= 0:
        return sign + "0." + "0" * -point + digits
    power = point - 1
    rest = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{rest}e{'+' if power > 0 else '-'}{abs(power)}"


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def digest_of(data) -> str:
    return "sha256:" + sha(data if isinstance(data, bytes) else jcs(data).encode()).hex()


def b64(text) -> bytes | None:
    if not isinstance(text, str):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def is_text(value) -> bool:
    return isinstance(value, str) and value != ""


def is_count(value) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return float(value).is_integer() and 0 <= value <= MAX_INT


def is_digest(value) -> bool:
    return isinstance(value, str) and re.fullmatch(r"sha256:[0-9a-f]{64}", value) is not None


TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z")


def time_of(value) -> datetime | None:
    found = TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    *parts, ms = map(int, found.groups())
    try:
        at = datetime(*parts, ms * 1000, tzinfo=timezone.utc)
    except ValueError:
        return None
    return at if at.year >= 1970 else None


def within(at: datetime, other: datetime, minutes: int) -> bool:
    """Whether `at` is at most some minutes before `other`."""
    return other - at <= minutes * MINUTE


def same(one, other) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    return jcs(one) == jcs(other)


def get(value, *names):
    for name in names:
        value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
    return value


def closed(value, names, optional=()) -> bool:
    if not isinstance(value, dict):
        return False
    return set(names) <= set(value) and set(value) <= set(names) | set(optional)


# --- section 2: ids


def handle(parts) -> str:
    return base64.b32encode(sha(jcs(parts).encode())[:20]).decode().lower().rstrip("=")


def derive(prefix: str, work_order: str, n: int) -> str:
    return f"{prefix}_{handle([work_order, prefix, n])}"


MEMBERS = {
    "work_order_id": ("work_order", "wo"),
    "decision_id": ("intake_decision", "dec"),
    "tool_command_id": ("execution_command", "cmd"),
    "evidence_checklist_id": ("evidence_checklist", "ec"),
    "readiness_result_id": ("readiness_result", "rr"),
    "reconciliation_result_id": ("reconciliation_result", "recon"),
    "result_contract_id": ("result_contract", "rc"),
    "receipt_id": ("usage_receipt", "usage"),
    "callback_event_id": ("callback_delivery", "cb"),
    "ledger_entry_id": ("ledger_entry", "le"),
    "attestation_id": ("attestation", "att"),
    "settlement_id": ("settlement_receipt", "stl"),
}
OWN = {kind: (member, prefix) for member, (kind, prefix) in MEMBERS.items()}

# --- section 4: who may sign what

SIGNERS = {
    "work_order": ["agent"],
    "recovery_request": ["agent", "operator"],
    "expiry": ["dispatch", "receipt"],
    "intake_decision": ["intake"],
    "execution_command": ["dispatch"],
    "evidence_checklist": ["executor"],
    "readiness_result": ["executor"],
    "reconciliation_result": ["executor"],
    "result_contract": ["executor"],
    "settlement_receipt": ["receipt"],
    "usage_receipt": ["receipt"],
    "callback_delivery": ["callback"],
    "ledger_entry": ["attestation"],
    "attestation": ["attestation"],
    "operator_decision": ["operator"],
    "exception_ticket": ["dispatch", "executor", "receipt", "callback", "attestation"],
}
ROLES = {role for roles in SIGNERS.values() for role in roles} | {"log", "webhook"}
TOOL_LINKS = ["evidence_checklist", "readiness_result", "reconciliation_result"]
RESULT_LINKS = ["execution_command", *TOOL_LINKS, "result_contract", "usage_receipt"]
LATER = [
    *RESULT_LINKS,
    *["settlement_receipt", "callback_delivery", "recovery_request", "operator_decision"],
    *["exception_ticket", "expiry"],
]
# section 6: how an order ended without a result, and the links that say so; the first names its trail
ENDINGS = {
    "refused": ["intake_decision"],
    "released": ["recovery_request", "expiry"],
    "expired": ["expiry"],
}
SMALL_ORDER = {
    "00" * 32,
    "01" + "00" * 31,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ec" + "ff" * 30 + "7f",
    "ed" + "ff" * 30 + "7f",
    "ee" + "ff" * 30 + "7f",
}


def raw_key(x) -> bytes | None:
    if not isinstance(x, str) or re.fullmatch(r"[A-Za-z0-9_-]{43}", x) is None:
        return None
    raw = base64.urlsafe_b64decode(x + "=")
    if base64.urlsafe_b64encode(raw).decode().rstrip("=") != x:
        return None
    bare = raw[:31] + bytes([raw[31] & 0x7F])
    return None if bare.hex() in SMALL_ORDER else raw


def read_keys(data) -> dict:
    value = parse(data, "KEY_SET")
    keys = get(value, "keys")
    need(isinstance(keys, list), "KEY_SET", "no keys")
    found = {}
    for key in keys:
        names = ["kty", "crv", "x", "use", "alg", "kid", "party", "roles"]
        counts = ["nbf", "exp", "revoked_at", "revoked_at_log_size"]
        need(closed(key, names, counts), "KEY_SET", "members")
        fixed = [key[name] for name in ("kty", "crv", "use", "alg")]
        need(fixed == ["OKP", "Ed25519", "sig", "EdDSA"], "KEY_SET", "no Ed25519 signature key")
        raw = raw_key(key["x"])
        need(raw is not None, "KEY_SET", "x")
        thumb = sha(jcs({"crv": "Ed25519", "kty": "OKP", "x": key["x"]}).encode())
        kid = base64.urlsafe_b64encode(thumb).decode().rstrip("=")
        need(key["kid"] == kid and kid not in found, "KEY_SET", "kid")
        need(is_text(key["party"]), "KEY_SET", "party")
        roles = key["roles"]
        fits = isinstance(roles, list) and roles and all(isinstance(one, str) and one in ROLES for one in roles)
        need(bool(fits), "KEY_SET", "roles")
        need(all(is_count(key[name]) for name in counts if name in key), "KEY_SET", "times")
        found[kid] = {**key, "raw": raw}
    return found


def verifies(raw: bytes, signature: bytes, signed: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


# --- section 3: links and envelopes


class Link:
    def __init__(self, raw: dict, position: int) -> None:
        self.name, self.digest, self.position = raw["name"], raw["digest"], position
        found = re.fullmatch(r"([a-z_]+)(?:/([1-9][0-9]{0,5}))?", self.name)
        known = found is not None and found[1] in SIGNERS
        need(known, "LINK_ORDER", "no link has this name", self.name)
        self.kind, self.n = found[1], int(found[2] or 0)
        [signature] = raw["envelope"]["signatures"]
        self.keyid, self.sig = signature["keyid"], b64(signature["sig"])
        self.payload = b64(raw["envelope"]["payload"])
        statement = parse(self.payload, "LINK_FORM", self.name)
        need(isinstance(statement, dict), "LINK_FORM", "no object", self.name)
        canonical = jcs(statement).encode() == self.payload
        need(canonical, "LINK_FORM", "the payload is not canonical", self.name)
        self.statement_digest = digest_of(self.payload)
        self.read(statement)

    def form(self, holds: bool, why: str) -> None:
        need(holds, "LINK_FORM", why, self.name)

    def read(self, statement: dict) -> None:
        self.form(closed(statement, ["_type", "predicateType", "subject", "predicate"]), "members")
        self.form(statement["_type"] == "https://in-toto.io/Statement/v1", "_type")
        subjects, predicate = statement["subject"], statement["predicate"]
        self.form(isinstance(subjects, list), "subject")
        for one in subjects:
            fits = closed(one, ["name", "digest"]) and closed(one["digest"], ["sha256"])
            fits = fits and isinstance(one["name"], str) and isinstance(one["digest"]["sha256"], str)
            self.form(fits, "a subject")
        if self.kind == "attestation":
            self.form(statement["predicateType"] == "https://prooftrail.dev/trail/v1", "predicateType")
            self.form(isinstance(predicate, dict), "predicate")
            self.object, self.after = predicate, []
            need(self.digest == self.statement_digest, "LINK_DIGEST", "digest", self.name)
            return
        self.form(statement["predicateType"] == "https://prooftrail.dev/link/v1", "predicateType")
        self.form(closed(predicate, ["object", "after"]), "predicate")
        self.object, self.after = predicate["object"], predicate["after"]
        self.form(isinstance(self.object, dict) and isinstance(self.after, list), "object or after")
        for ref in self.after:
            fits = closed(ref, ["name", "digest"]) and all(isinstance(one, str) for one in ref.values())
            self.form(fits, "a reference")
        self.form(len(subjects) == 1 and subjects[0]["name"] == self.kind, "subject")
        digest = digest_of(self.object)
        fits = "sha256:" + subjects[0]["digest"]["sha256"] == digest == self.digest
        need(fits, "LINK_DIGEST", "the digest is another", self.name)

    # questions about the object
    def get(self, *names):
        return get(self.object, *names)

    def want(self, holds: bool, why: str, code: str = "OBJECT_FORM") -> None:
        need(holds, code, why, self.name)

    def equal(self, name: str, value) -> None:
        self.want(same(self.get(name), value), f"{name} is another", "OBJECT_MISMATCH")

    def texts(self, *names: str) -> None:
        for name in names:
            self.want(is_text(self.get(name)), f"{name} is no text")

    def type(self, value: str) -> None:
        self.want(self.get("object_type") == value, "object_type")


# --- the verifier


class Verifier:
    def __init__(self, bundle, keys, policy=None) -> None:
        self.keys = read_keys(keys)
        self.read_bundle(bundle)
        self.arrange()
        self.check_signatures()
        self.check_ids()
        self.check_order()
        self.check_expiries()
        for result in self.results:
            self.check_command(result)
            self.check_contract(result)
            self.check_receipts(result)
            self.check_deliveries(result)
        for number in range(len(self.revisions)):
            self.check_entry(number)
            self.check_seal(number)
        self.check_log()
        if policy is not None:
            self.check_policy(read_policy(policy))
        self.verdict = self.revisions[-1]["entry"].get("verdict")

    # section 6: form of the bundle
    def read_bundle(self, data) -> None:
        code = "BUNDLE_FORM"
        bundle = parse(data, "BUNDLE_JSON")
        need(closed(bundle, ["format", "work_order_id", "pilot", "links", "log"]), code, "members")
        need(bundle["format"] == "prooftrail-bundle/v1", code, "format")
        need(is_text(bundle["work_order_id"]), code, "work_order_id")
        need(self.is_pilot(bundle["pilot"]), code, "pilot")
        log = bundle["log"]
        need(closed(log, ["origin", "index", "proof", "checkpoint"]), code, "log")
        fits = is_text(log["origin"]) and is_text(log["checkpoint"]) and is_count(log["index"])
        need(fits and isinstance(log["proof"], list), code, "log")
        need(all(len(b64(one) or b"") == 32 for one in log["proof"]), code, "proof")
        links = bundle["links"]
        need(isinstance(links, list) and len(links) <= 2000, code, "links")
        for link in links:
            need(closed(link, ["name", "digest", "envelope"]), code, "a link")
            need(isinstance(link["name"], str) and isinstance(link["digest"], str), code, "a link")
            self.check_envelope(link["envelope"], link["name"])
        self.work_order, self.pilot, self.log = bundle["work_order_id"], bundle["pilot"], log
        self.links = [Link(link, at) for at, link in enumerate(links)]

    @staticmethod
    def check_envelope(envelope, name: str) -> None:
        code = "BUNDLE_FORM"
        need(closed(envelope, ["payload", "payloadType", "signatures"]), code, "envelope", name)
        need(envelope["payloadType"] == "application/vnd.in-toto+json", code, "payloadType", name)
        need(b64(envelope["payload"]) is not None, code, "payload", name)
        signatures = envelope["signatures"]
        one = signatures[0] if isinstance(signatures, list) and len(signatures) == 1 else None
        need(closed(one, ["keyid", "sig"]), code, "signatures", name)
        fits = isinstance(one["keyid"], str) and len(b64(one["sig"]) or b"") == 64
        need(fits, code, "signature", name)

    @staticmethod
    def is_pilot(value) -> bool:
        names = ["tool", "execution_mode", "runtime_state"]
        if not closed(value, [*names, "proof_trail"], ["pilot_id"]):
            return False
        trail = value["proof_trail"]
        texts = all(is_text(value[name]) for name in names) and is_text(value.get("pilot_id", "x"))
        return texts and isinstance(trail, list) and all(isinstance(one, str) for one in trail)

    # section 6: names, order, header, results; section 3: what follows what
    def arrange(self) -> None:
        seen: dict[str, int] = {}
        for link in self.links:
            n = seen.get(link.kind, 0)
            seen[link.kind] = n + 1
            name = link.kind if n == 0 else f"{link.kind}/{n}"
            need(link.name == name, "LINK_ORDER", f"should be {name}", link.name)
        trail = self.pilot["proof_trail"]
        head = [link.name for link in self.links[: len(trail)]]
        need(head == trail, "LINK_ORDER", "the first links are not the proof trail")
        self.split()
        self.follow()
        self.ending = self.ending_of(self.pilot)
        self.check_header(self.pilot, len(self.revisions) - 1)
        if self.ending:
            need(len(self.revisions) == 1, "LINK_ORDER", "a trail without a run has no revision")
        self.order = self.links[0]
        newest = get(self.revisions[-1]["entry"].object, "pilot", "tool")
        known = self.pilot["tool"] in (self.order.get("requested_tool"), newest)
        need(known, "PILOT", "tool")
        self.results = [] if self.ending else self.collect()

    def split(self) -> None:
        self.revisions, facts, at = [], [], 0
        while at < len(self.links):
            link = self.links[at]
            seal = self.links[at + 1] if at + 1 < len(self.links) else None
            if link.kind == "ledger_entry" and seal is not None and seal.kind == "attestation":
                self.check_facts(facts, link.name)
                self.revisions.append({"facts": facts, "entry": link, "seal": seal})
                facts, at = [], at + 2
            else:
                facts, at = [*facts, link], at + 1
        need(not facts and len(self.revisions) > 0, "LINK_ORDER", "links behind the last seal")

    def check_facts(self, facts: list, entry: str) -> None:
        if not self.revisions:
            return
        need(len(facts) > 0, "LINK_ORDER", "nothing new", entry)
        for link in facts:
            need(link.kind in LATER, "LINK_ORDER", "no revision can add this", link.name)
        found = [link.kind for link in facts if link.kind in RESULT_LINKS]
        expected = [name for name in self.pilot["proof_trail"] if name in RESULT_LINKS]
        need(not found or found == expected, "LINK_ORDER", "not one more result", entry)

    def follow(self) -> None:
        self.parents: dict[str, list[Link]] = {}
        for at, link in enumerate(self.links):
            before = self.links[:at]
            parents = []
            for ref in link.after:
                alike = [
                    one
                    for one in before
                    if one.digest == ref["digest"] and ref["name"] in (one.name, one.kind)
                ]
                need(len(alike) > 0, "LINK_AFTER", f"no earlier {ref['name']}", link.name)
                parents.append(alike[0])
            twice = len({one.name for one in parents}) < len(parents)
            need(not twice, "LINK_AFTER", "the same twice", link.name)
            if link.kind in ("work_order", "settlement_receipt"):
                need(not link.after, "LINK_AFTER", "it follows something", link.name)
            elif link.kind != "attestation":
                need(len(link.after) > 0, "LINK_AFTER", "it follows nothing", link.name)
            if link.kind == "ledger_entry":
                all_of = [{"name": one.name, "digest": one.digest} for one in before]
                need(same(link.after, all_of), "LINK_AFTER", "not all before it", link.name)
            issued = time_of(link.get("issued_at"))
            need(issued is not None, "OBJECT_TIME", "issued_at", link.name)
            link.issued = issued
            for parent in parents:
                fits = within(issued, parent.issued, 5)
                need(fits, "OBJECT_TIME", f"before {parent.name}", link.name)
            self.parents[link.name] = parents

    def behind(self, link: Link, earlier: Link) -> bool:
        waiting, seen = [link], set()
        while waiting:
            for parent in self.parents[waiting.pop().name]:
                if parent is earlier:
                    return True
                if parent.name not in seen:
                    seen.add(parent.name)
                    waiting.append(parent)
        return False

    @staticmethod
    def ending_of(pilot: dict) -> str | None:
        for ending, kinds in ENDINGS.items():
            if pilot["runtime_state"] == ending or kinds[0] in pilot["proof_trail"]:
                return ending
        return None

    def check_header(self, pilot: dict, revision: int, link: str = "") -> None:
        trail, state, code = pilot["proof_trail"], pilot["runtime_state"], "PILOT"
        ending = self.ending_of(pilot)
        if ending:
            need("pilot_id" not in pilot and state == ending, code, ending, link)
            expected = ["work_order", *ENDINGS[ending], "ledger_entry", "attestation"]
            need(trail == expected, code, "proof_trail", link)
            return
        first = {"controlled_pilot": "ready_for_operator_review", "standard": "closed"}
        mode = pilot["execution_mode"]
        need(mode in first, code, "execution_mode", link)
        need((mode == "controlled_pilot") == ("pilot_id" in pilot), code, "pilot_id", link)
        later = ["replay_ready", "operating", "queued", "callback_pending", "exception_open"]
        allowed = [first[mode]] if revision == 0 else [*first.values(), *later]
        need(state in allowed, code, "runtime_state", link)
        own = [name for name in trail if name in TOOL_LINKS]
        settled = [name for name in trail if name == "settlement_receipt"][:1]
        expected = ["work_order", "execution_command", *own, "result_contract", *settled]
        expected += ["usage_receipt", "callback_delivery", "ledger_entry", "attestation"]
        need(trail == expected and len(set(trail)) == len(trail), code, "proof_trail", link)

    def collect(self) -> list:
        results = []
        for number, revision in enumerate(self.revisions):
            by_kind = {link.kind: link for link in reversed(revision["facts"])}
            if "result_contract" not in by_kind:
                continue
            usage = by_kind["usage_receipt"]
            earlier = self.links[: usage.position]
            settled = [one for one in earlier if one.kind == "settlement_receipt"]
            result = {
                "command": by_kind["execution_command"],
                "own": [one for one in revision["facts"] if one.kind in TOOL_LINKS],
                "contract": by_kind["result_contract"],
                "usage": usage,
                "settlement": settled[-1] if settled else None,
                "deliveries": [],
                "number": by_kind["result_contract"].n,
                "revision": number,
            }
            self.check_result_order(result)
            results.append(result)
        for link in self.links:
            if link.kind != "callback_delivery":
                continue
            of = [one for one in results if self.behind(link, one["contract"])]
            need(len(of) > 0, "LINK_AFTER", "it follows no contract", link.name)
            of[-1]["deliveries"].append(link)
        for result in results:
            entry = self.revisions[result["revision"]]["entry"]
            deliveries = result["deliveries"]
            fits = deliveries and deliveries[0].position < entry.position
            need(bool(fits), "LINK_ORDER", "no callback in its revision", result["contract"].name)
        return results

    def check_result_order(self, result: dict) -> None:
        command, contract, usage = result["command"], result["contract"], result["usage"]
        pairs = [(command, self.links[0]), (contract, command)]
        pairs += [(link, command) for link in result["own"]]
        for link, earlier in pairs:
            need(self.behind(link, earlier), "LINK_AFTER", f"not behind {earlier.name}", link.name)
        for earlier in [contract, *filter(None, [result["settlement"]])]:
            fits = earlier in self.parents[usage.name]
            need(fits, "LINK_AFTER", f"does not name {earlier.name}", usage.name)

    # section 4
    def index_of(self, revision: int):
        if revision + 1 == len(self.revisions):
            return self.log["index"]
        return self.revisions[revision + 1]["entry"].get("follows", "index")

    def check_signatures(self) -> None:
        for number, revision in enumerate(self.revisions):
            for link in [*revision["facts"], revision["entry"], revision["seal"]]:
                self.check_signature(link, self.index_of(number))

    def check_signature(self, link: Link, index) -> None:
        key = self.keys.get(link.keyid)
        need(key is not None, "KEY_UNKNOWN", link.keyid, link.name)
        roles = [role for role in SIGNERS[link.kind] if role in key["roles"]]
        need(len(roles) > 0, "KEY_ROLE", key["party"], link.name)
        party = {"agent": self.order.get("agent_id"), "executor": self.pilot["tool"]}
        fits = any(key["party"] == party.get(role, key["party"]) for role in roles)
        need(fits, "KEY_PARTY", key["party"], link.name)
        head = f"DSSEv1 28 application/vnd.in-toto+json {len(link.payload)} ".encode()
        good = verifies(key["raw"], link.sig, head + link.payload)
        need(good, "LINK_SIGNATURE", "the signature does not hold", link.name)
        seconds = link.issued.timestamp()
        need(key.get("nbf", 0) <= seconds, "KEY_NOT_YET_VALID", "nbf", link.name)
        need(seconds < key.get("exp", math.inf), "KEY_EXPIRED", "exp", link.name)
        need(seconds < key.get("revoked_at", math.inf), "KEY_REVOKED", "revoked_at", link.name)
        size = key.get("revoked_at_log_size")
        counts = size is None or (is_count(index) and index < size)
        need(counts, "KEY_REVOKED", "revoked", link.name)

    # section 2
    def check_ids(self) -> None:
        known: dict[str, set] = {}
        for link in self.links:
            self.check_own_id(link)
            if link.kind in OWN:
                known.setdefault(link.kind, set()).add(link.get(OWN[link.kind][0]))
        known["intake_decision"] = {derive("dec", self.work_order, 0)}
        attempts = [int(one["command"].get("attempt")) for one in self.results]
        for n in range(max(attempts, default=0)):
            known["execution_command"].add(derive("cmd", self.work_order, n))
        tokens = [one.get("task_token") for one in self.links if one.get("task_token") is not ABSENT]
        binding = derive("eb", self.work_order, 0)
        task = {
            "agent_task_run_id": derive("run", self.work_order, 0),
            "execution_binding_id": binding,
            "binding_id": binding,
            "requested_tool": self.pilot["tool"],
            "operating_tool": self.pilot["tool"],
            "task_token": tokens[0] if tokens else ABSENT,
        }
        for link in self.links:
            for member, value in task.items():
                fits = link.get(member) is ABSENT or same(link.get(member), value)
                link.want(fits, f"{member} is not the trail's", "OBJECT_ID")
            token = link.get("task_token")
            fits = token is ABSENT or re.fullmatch(r"tt_[a-z2-7]{32}", str(token)) is not None
            link.want(fits, "task_token", "OBJECT_ID")
            self.check_members(link.object, link, known)

    def check_own_id(self, link: Link) -> None:
        if link.kind != "settlement_receipt":
            link.want(link.get("work_order_id") == self.work_order, "work_order_id", "OBJECT_ID")
        if link.kind == "exception_ticket":
            self.check_ticket_id(link, link.object)
        if link.kind not in OWN:
            return
        member, prefix = OWN[link.kind]
        allowed: list[str] = []
        if link.kind == "work_order":
            agent, key = link.get("agent_id"), link.get("idempotency_key")
            if is_text(agent) and is_text(key):
                allowed = ["wo_" + handle([agent, key])]
        elif link.kind == "settlement_receipt":
            account, reference = link.get("agent_account_id"), link.get("provider_reference")
            if is_text(account) and is_text(reference):
                allowed = ["stl_" + handle([account, reference, n]) for n in range(64)]
        else:
            n = self.number_of(link)
            allowed = [] if n is None else [derive(prefix, self.work_order, n)]
        link.want(link.get(member) in allowed, f"{member} is not derived", "OBJECT_ID")

    def number_of(self, link: Link) -> int | None:
        if link.kind == "execution_command":
            attempt = link.get("attempt")
            return int(attempt) - 1 if is_count(attempt) and 1 <= attempt <= 1000 else None
        if link.kind == "callback_delivery":
            of = [one["number"] for one in self.results if link in one["deliveries"]]
            return of[0] if of else None
        return 0 if link.kind == "intake_decision" else link.n

    def check_ticket_id(self, link: Link, ticket: dict) -> None:
        type_, id_ = get(ticket, "exception_type"), get(ticket, "exception_id")
        allowed = [] if not is_text(type_) else [
            "ex_" + handle([self.work_order, type_, n]) for n in range(64)
        ]
        link.want(isinstance(id_, str) and id_ in allowed, "exception_id", "OBJECT_ID")

    def check_members(self, value, link: Link, known: dict) -> None:
        if isinstance(value, list):
            for one in value:
                self.check_members(one, link, known)
        elif isinstance(value, dict):
            for name, member in value.items():
                if name in MEMBERS:
                    fits = isinstance(member, str) and member in known.get(MEMBERS[name][0], ())
                    link.want(fits, f"{name} names nothing of this trail", "OBJECT_ID")
                elif not name.startswith("evidence"):
                    self.check_members(member, link, known)

    # sections 5.1 and 5.2
    def check_order(self) -> None:
        order = self.order
        order.type("work_order")
        order.texts("agent_id", "idempotency_key")
        order.equal("requested_tool", self.pilot["tool"])
        order.equal("execution_mode", self.pilot["execution_mode"])
        if self.ending == "refused":
            return self.check_decision(self.links[1])
        order.want(order.get("schema_version") == "prooftrail-work-order/v1", "schema_version")
        order.texts("requested_capability")
        order.want(isinstance(order.get("evidence"), dict), "evidence")
        expires = time_of(order.get("expires_at"))
        order.want(expires is not None and expires > order.issued, "expires_at")
        if self.ending:
            return None
        if order.get("proof_requirements") is not ABSENT:
            order.equal("proof_requirements", self.pilot["proof_trail"])
        asked, said = order.get("pilot_id"), get(self.pilot, "pilot_id")
        fits = asked is ABSENT or said is ABSENT or asked == said
        order.want(fits, "pilot_id", "PILOT")

    # section 5.9
    def check_expiries(self) -> None:
        for expiry in self.links:
            if expiry.kind != "expiry":
                continue
            expiry.type("run_expiry")
            expiry.texts("state")
            expiry.want(expiry.get("ends") in ("run", "replay"), "ends")
            since = time_of(expiry.get("open_since"))
            expiry.want(since is not None and since <= expiry.issued, "open_since")
            if self.ending:
                expiry.want(expiry.get("ends") == "run", "ends", "VERDICT")
                expiry.equal("work_order_digest", self.order.digest)
        if self.ending == "released":
            self.check_release(*self.links[1:3])

    def check_release(self, act: Link, expiry: Link) -> None:
        action = act.get("recovery_action")
        act.want(action == "release_credit_allocation", "recovery_action", "VERDICT")
        on_order = [one.name for one in self.parents[act.name]] == ["work_order"]
        need(on_order, "LINK_AFTER", "no act on the order alone", act.name)
        need(act in self.parents[expiry.name], "LINK_AFTER", "it does not name the act", expiry.name)
        need("operator" in self.keys[act.keyid]["roles"], "KEY_ROLE", "no operator", act.name)

    def check_decision(self, decision: Link) -> None:
        decision.type("intake_decision")
        decision.want(decision.get("decision") == "rejected", "decision", "VERDICT")
        decision.equal("work_order_digest", self.order.digest)
        decision.texts("policy_version")
        codes, reasons = decision.get("reason_codes"), decision.get("reasons")
        decision.want(isinstance(codes, list) and len(codes) > 0, "reason_codes")
        for code in codes:
            fits = isinstance(code, str) and re.fullmatch(r"PT-1[0-9]{3}", code) is not None
            decision.want(fits, "reason_codes")
        decision.want(isinstance(reasons, list), "reasons")
        decision.want(all(is_text(get(one, "detail")) for one in reasons), "reasons")
        given = [get(one, "code") for one in reasons]
        fits = all(isinstance(one, str) for one in given) and set(given) == set(codes)
        decision.want(fits, "reasons")

    # section 5.3
    def allocated(self, result: dict, name: str, id_) -> bool:
        k = result["number"]
        if name == "work_order":
            return id_ == self.work_order
        if name == "execution_command":
            return same(id_, result["command"].get("tool_command_id"))
        if name == "settlement_receipt":
            settlement = result["settlement"]
            return settlement is not None and same(id_, settlement.get("settlement_id"))
        if name in ("ledger_entry", "attestation"):
            last = 0 if k == 0 else len(self.revisions) - 1
            return id_ in [derive(OWN[name][1], self.work_order, n) for n in range(last + 1)]
        return id_ == derive(OWN[name][1], self.work_order, k)

    def check_command(self, result: dict) -> None:
        command, order = result["command"], self.order
        command.type("execution_command")
        command.texts("task_token", "agent_task_run_id", "execution_binding_id", "manifest_version")
        command.want(is_digest(command.get("manifest_digest")), "manifest_digest")
        deadline = time_of(command.get("deadline"))
        command.want(deadline is not None and deadline >= command.issued, "deadline")
        for name in ("requested_capability", "callback_url", "agent_id", "execution_mode"):
            command.equal(name, order.get(name))
        command.equal("requested_tool", self.pilot["tool"])
        command.equal("proof_requirements", self.pilot["proof_trail"])
        asked, said = command.get("pilot_id"), get(self.pilot, "pilot_id")
        command.want(asked is ABSENT or said is ABSENT or asked == said, "pilot_id", "PILOT")
        hold = command.get("hold")
        fits = is_text(get(hold, "account")) and is_text(get(hold, "credit_entry"))
        command.want(fits and is_count(get(hold, "credits_held")), "hold")
        first = self.results[0]["command"]
        command.want(same(hold, first.get("hold")), "hold", "CREDITS")
        command.want(isinstance(command.get("ids"), dict), "ids", "OBJECT_ID")
        for name in self.pilot["proof_trail"]:
            fits = self.allocated(result, name, command.get("ids", name))
            command.want(fits, f"ids.{name}", "OBJECT_ID")

    # sections 5.4 and 5.5
    def check_contract(self, result: dict) -> None:
        contract, command = result["contract"], result["command"]
        contract.type("agent_result_contract")
        contract.want(contract.get("contract_version") == "2.0", "contract_version")
        contract.want(contract.get("lifecycle_state") == "result_ready", "lifecycle_state")
        contract.texts("human_summary", "agent_task_run_id", "execution_binding_id")
        for name in ("requested_tool", "task_token", "requested_capability"):
            contract.equal(name, command.get(name))
        self.check_machine(contract)
        self.check_tickets(contract)
        names = [name for name in self.pilot["proof_trail"] if name != "result_contract"]
        proof = contract.get("proof_objects")
        contract.want(closed(proof, names), "proof_objects")
        for name in names:
            fits = self.allocated(result, name, proof[name])
            contract.want(fits, f"proof_objects.{name}", "OBJECT_ID")
        receipts = {"usage_receipt": result["usage"].get("receipt_id")}
        if result["settlement"] is not None:
            receipts["settlement_receipt"] = result["settlement"].get("settlement_id")
        contract.equal("receipts", receipts)
        event = derive("cb", self.work_order, result["number"])
        contract.want(contract.get("callback", "callback_event_id") == event, "event", "OBJECT_ID")
        url = self.order.get("callback_url")
        fits = same(contract.get("callback", "callback_url"), url)
        contract.want(fits, "callback_url", "OBJECT_MISMATCH")
        expected = "ready" if url is ABSENT else "pending"
        fits = contract.get("callback", "callback_status") == expected
        contract.want(fits, "callback_status", "OBJECT_MISMATCH")
        if result["number"] == 0 and command.get("attempt") == 1:
            end = time_of(self.order.get("expires_at")) + 65 * MINUTE
            contract.want(contract.issued <= end, "behind the hold", "OBJECT_TIME")
        said = {name: contract.get("machine_result", name) for name in ("evidence_status", "evidence_score")}
        said["result_status"] = contract.get("result_status")
        for link in [*result["own"], result["usage"]]:
            for name, value in said.items():
                fits = link.get(name) is ABSENT or same(link.get(name), value)
                link.want(fits, name, "OBJECT_MISMATCH")

    def check_machine(self, contract: Link) -> None:
        machine = contract.get("machine_result")
        fits = get(machine, "tool") == self.pilot["tool"]
        contract.want(fits, "machine_result.tool", "OBJECT_MISMATCH")
        contract.want(isinstance(get(machine, "open_items"), list), "open_items")
        actions = get(machine, "next_actions")
        contract.want(isinstance(actions, list) and len(actions) > 0, "next_actions")
        package = get(machine, "result_package")
        contract.want(isinstance(package, dict), "result_package")
        score, evidence = get(machine, "evidence_score"), get(machine, "evidence_status")
        contract.want(is_count(score) and score <= 100, "evidence_score")
        gives = {"sufficient": "ready", "partial": "partial", "insufficient": "failed"}
        contract.want(isinstance(evidence, str) and evidence in gives, "evidence_status")
        fits = contract.get("result_status") == gives[evidence]
        contract.want(fits and (score == 100) == (evidence == "sufficient"), "status", "EVIDENCE")
        again = {
            "operating_tool": self.pilot["tool"],
            "evidence_status": evidence,
            "evidence_score": score,
        }
        for name, value in again.items():
            fits = name not in package or same(package[name], value)
            contract.want(fits, f"result_package.{name}", "EVIDENCE")

    def check_tickets(self, contract: Link) -> None:
        tickets = contract.get("exceptions")
        contract.want(isinstance(tickets, list) and len(tickets) <= 64, "exceptions")
        run = derive("run", self.work_order, 0)
        mine = {"work_order_id": self.work_order, "agent_task_run_id": run, "requested_tool": self.pilot["tool"]}
        for ticket in tickets:
            contract.want(get(ticket, "object_type") == "agent_exception_ticket", "exceptions")
        for ticket in tickets:
            self.check_ticket_id(contract, ticket)
            for name, value in mine.items():
                contract.want(get(ticket, name) == value, "a ticket of another run", "OBJECT_ID")
        ids = {ticket["exception_id"] for ticket in tickets}
        contract.want(len(ids) == len(tickets), "a ticket twice", "OBJECT_ID")
        if contract.get("result_status") != "partial":
            return
        gaps = [one for one in tickets if one.get("exception_type") == "evidence_gap"]
        missing = gaps[0].get("missing_items") if len(gaps) == 1 else None
        contract.want(isinstance(missing, list) and len(missing) > 0, "missing_items", "EVIDENCE")
        about = [get(one, "about") for one in contract.get("machine_result", "open_items")]
        fits = len(about) > 0 and all(any(same(one, item) for one in about) for item in missing)
        contract.want(fits, "open_items", "EVIDENCE")

    # sections 5.6 and 5.7
    def check_receipts(self, result: dict) -> None:
        usage, contract, settlement = result["usage"], result["contract"], result["settlement"]
        tool = self.pilot["tool"]
        usage.type("usage_receipt")
        usage.equal("receipt_type", f"{tool}_usage_receipt")
        usage.equal("operating_tool", tool)
        usage.equal("requested_tool", tool)
        for name in ("result_status", "requested_capability"):
            usage.equal(name, contract.get(name))
        usage.equal("evidence_status", contract.get("machine_result", "evidence_status"))
        usage.texts("agent_task_run_id", "task_token")
        if settlement is not None:
            usage.equal("settlement_reference", settlement.get("settlement_id"))
        names = ("credits_held", "credits_debited", "credits_released", "remaining_credits")
        amounts = [usage.get(name) for name in names]
        usage.want(all(map(is_count, amounts)), "credits", "CREDITS")
        held, debited, released, remaining = amounts
        usage.want(held == debited + released, "held", "CREDITS")
        free = contract.get("result_status") != "failed" or debited == 0
        usage.want(free, "a failed result debits nothing", "CREDITS")
        account = usage.get("credit_ledger_entry")
        fits = same(get(account, "credits_debited"), debited)
        fits = fits and same(get(account, "remaining_credits"), remaining)
        usage.want(fits, "credit_ledger_entry", "CREDITS")
        funded = get(account, "credits_funded")
        usage.want(is_count(funded) and funded >= remaining + debited, "funded", "CREDITS")
        usage.want(is_text(get(account, "agent_account_id")), "agent_account_id")
        if result["number"] == 0:
            hold = result["command"].get("hold")
            fits = same(get(hold, "credits_held"), held)
            fits = fits and get(hold, "account") == account["agent_account_id"]
            usage.want(fits, "hold", "CREDITS")
        if settlement is not None:
            self.check_settlement(settlement, account)

    @staticmethod
    def check_settlement(settlement: Link, account: dict) -> None:
        settlement.type("settlement_receipt")
        fixed = {
            "receipt_type": "agent_settlement_receipt",
            "settlement_status": "credits_funded",
            "usage_receipt_policy": "usage_receipts_record_credits_consumed_after_work_runs",
        }
        for name, value in fixed.items():
            settlement.want(settlement.get(name) == value, name)
        settlement.texts("settlement_provider")
        settlement.equal("agent_account_id", account["agent_account_id"])
        funded = settlement.get("credits_funded")
        fits = is_count(funded) and funded <= account["credits_funded"]
        settlement.want(fits, "credits_funded", "CREDITS")
        for name in ("credits_debited", "credits_held", "credits_consumed", "remaining_credits"):
            settlement.want(settlement.get(name) is ABSENT, name, "CREDITS")

    # section 5.8
    def check_deliveries(self, result: dict) -> None:
        url = self.order.get("callback_url")
        hashes = [one.get("callback_hash") for one in result["deliveries"]]
        for link, hash_ in zip(result["deliveries"], hashes):
            link.type("callback_delivery")
            link.texts("agent_task_run_id")
            attempt, status = link.get("attempt"), link.get("callback_status")
            link.want(is_count(attempt), "attempt")
            link.want(isinstance(link.get("attempts"), list), "attempts")
            link.want(is_digest(hash_) or (url is ABSENT and hash_ is ABSENT), "callback_hash")
            link.equal("callback_url", url)
            if url is ABSENT:
                fits = status == "ready" and attempt == 0
            else:
                http = link.get("http_status")
                answered = is_count(http) and 200 <= http <= 299
                fits = status in ("pending", "delivered", "failed", "parked") and attempt != 0
                fits = fits and answered == (status == "delivered")
            link.want(fits, "callback_status", "OBJECT_MISMATCH")
            link.want(same(hash_, hashes[0]), "callback_hash", "OBJECT_MISMATCH")

    # section 5.10
    def contract_at(self, number: int) -> Link | None:
        found = [one["contract"] for one in self.results if one["revision"] <= number]
        return found[-1] if found else None

    def check_entry(self, number: int) -> None:
        entry = self.revisions[number]["entry"]
        contract = self.contract_at(number)
        entry.type("agent_task_run")
        entry.texts("agent_task_run_id")
        entry.want(time_of(entry.get("created_at")) is not None, "created_at")
        entry.equal("requested_tool", self.pilot["tool"])
        entry.equal("requested_capability", self.order.get("requested_capability"))
        entry.equal("revision", number)
        entry.want(entry.get("state") in STATES, "state")
        entry.want(entry.get("task_token") is ABSENT, "task_token", "ENTRY")
        verdict = self.ending or contract.get("result_status")
        entry.want(same(entry.get("verdict"), verdict), "verdict", "VERDICT")
        evidence = ABSENT if self.ending else contract.get("machine_result", "evidence_status")
        entry.equal("evidence_status", evidence)
        self.check_events(entry)
        facts = [
            {
                "name": one.name,
                "digest": one.digest,
                "statement_digest": one.statement_digest,
                "key_id": one.keyid,
            }
            for one in self.revisions[number]["facts"]
        ]
        entry.want(same(entry.get("objects"), facts), "objects", "ENTRY")
        credits = entry.get("credits")
        usages = [one["usage"] for one in self.results if one["revision"] <= number]
        for name in ("held", "debited", "released"):
            total = sum(usage.get(f"credits_{name}") for usage in usages)
            fits = is_count(get(credits, name)) and credits[name] == total
            entry.want(fits, f"credits.{name}", "CREDITS")
        entry.want(credits["held"] == credits["debited"] + credits["released"], "held", "CREDITS")
        self.check_follows(entry, number)
        self.check_pilot(entry, number)

    def check_events(self, entry: Link) -> None:
        events = entry.get("events")
        fits = isinstance(events, list) and all(isinstance(one, dict) for one in events)
        entry.want(fits and (self.ending == "refused" or len(events) > 0), "events")
        last = None
        for event in events:
            entry.want(get(event, "event_type") in EVENTS, "event_type")
            entry.want(get(event, "to_state") in TO_STATES, "to_state")
            run = get(event, "agent_task_run_id")
            entry.want(same(run, entry.get("agent_task_run_id")), "an event's run", "OBJECT_ID")
            at = time_of(get(event, "occurred_at"))
            entry.want(at is not None and (last is None or at >= last), "occurred_at", "OBJECT_TIME")
            last = at

    def check_follows(self, entry: Link, number: int) -> None:
        if number == 0:
            entry.want(entry.get("follows") is ABSENT, "follows", "ENTRY")
            return
        before = self.revisions[number - 1]["entry"]
        fits = entry.get("follows", "name") == before.name
        fits = fits and entry.get("follows", "digest") == before.digest
        entry.want(fits, "follows", "ENTRY")
        index, own = entry.get("follows", "index"), self.index_of(number)
        entry.want(is_count(index) and is_count(own) and index < own, "follows.index", "ENTRY")

    def check_pilot(self, entry: Link, number: int) -> None:
        pilot = entry.get("pilot")
        entry.want(pilot is not ABSENT and self.is_pilot(pilot), "pilot", "PILOT")
        self.check_header(pilot, number, entry.name)
        expected = dict(self.pilot)
        if number + 1 < len(self.revisions):
            expected["runtime_state"] = pilot["runtime_state"]
        entry.want(same(pilot, expected), "pilot", "PILOT")

    # section 5.11
    def check_seal(self, number: int) -> None:
        entry, seal = self.revisions[number]["entry"], self.revisions[number]["seal"]
        predicate = {
            "attestation_id": derive("att", self.work_order, number),
            "attestation_type": "agent_result_attestation",
            "work_order_id": self.work_order,
            "revision": number,
        }
        for name in ("pilot", "verdict", "requested_tool", "issued_at"):
            predicate[name] = entry.get(name)
        contract = self.contract_at(number)
        if contract is not None:
            predicate["result_status"] = contract.get("result_status")
            predicate["evidence_status"] = contract.get("machine_result", "evidence_status")
            package = contract.get("machine_result", "result_package")
            predicate["result_package_hash"] = digest_of(package)
        statement = {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [
                {"name": one.name, "digest": {"sha256": one.digest[7:]}}
                for one in self.links[: seal.position]
            ],
            "predicateType": "https://prooftrail.dev/trail/v1",
            "predicate": predicate,
        }
        seal.want(jcs(statement).encode() == seal.payload, "not the seal of this trail", "SEAL")

    # section 7
    def check_log(self) -> None:
        newest = self.revisions[-1]["entry"]
        size, root = self.open_checkpoint(newest)
        index = int(self.log["index"])
        need(index < size, "LOG_INCLUSION", "the index is beyond the log")
        leaf = b"\0" + newest.statement_digest.encode()
        node, last, computed = index, size - 1, sha(leaf)
        for sibling in map(b64, self.log["proof"]):
            need(last > 0, "LOG_INCLUSION", "the proof is too long")
            if node % 2 or node == last:
                computed = sha(b"\1" + sibling + computed)
                while node and node % 2 == 0:
                    node, last = node // 2, last // 2
            else:
                computed = sha(b"\1" + computed + sibling)
            node, last = node // 2, last // 2
        need(last == 0 and computed == root, "LOG_INCLUSION", "not a leaf of the log")

    def open_checkpoint(self, newest: Link) -> tuple[int, bytes]:
        code, origin, note = "LOG_CHECKPOINT", self.log["origin"], self.log["checkpoint"]
        text, gap, lines = note.rpartition("\n\n")
        need(gap != "" and note.endswith("\n") and lines != "", code, "no note")
        text += "\n"
        need(not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), code, "control characters")
        signatures = []
        for line in lines[:-1].split("\n"):
            found = re.fullmatch(r"— ([^\s+]+) (\S+)", line)
            data = b64(found[2]) if found else None
            need(data is not None and len(data) >= 5, code, "a signature line")
            signatures.append((found[1], data[:4], data[4:]))
        parts = text.split("\n")
        need(len(parts) == 4 and parts[3] == "" and parts[0] == origin, code, "not three lines")
        need(re.fullmatch(r"0|[1-9][0-9]{0,15}", parts[1]) is not None, code, "size")
        size, root = int(parts[1]), b64(parts[2])
        need(size <= MAX_INT and root is not None and len(root) == 32, code, "size or root")
        for key in self.keys.values():
            if "log" not in key["roles"] or key["party"] != origin:
                continue
            hash_ = sha(origin.encode() + b"\n\x01" + key["raw"])[:4]
            own = [sig for name, of, sig in signatures if name == origin and of == hash_]
            good = own and all(verifies(key["raw"], sig, text.encode()) for sig in own)
            ends = min(key.get("exp", math.inf), key.get("revoked_at", math.inf))
            alive = newest.issued.timestamp() < ends
            if good and alive and size <= key.get("revoked_at_log_size", math.inf):
                self.note = (text.encode(), signatures)
                return size, root
        raise Refused(code, "no key of this log signed it")

    # section 10
    def check_policy(self, policy: dict) -> None:
        text, signatures = self.note
        issued = self.revisions[-1]["entry"].issued.timestamp()
        ends = [math.inf]
        if policy["logs"] is not None:
            ends = [end for name, raw, end in policy["logs"] if end > issued and self.signed_by(name, raw)]
        need(ends != [], "POLICY_LOG_KEY", "no log key of the policy signed it in its time")
        counted = 0
        for name, raw, end in policy["witnesses"]:
            hash_ = sha(name.encode() + b"\n\x04" + raw)[:4]
            own = [sig for by, of, sig in signatures if by == name and of == hash_]
            times = [cosigned_at(raw, sig, text) for sig in own]
            if None in times:
                continue
            counted += any(issued - 300 <= at < min(end, max(ends)) for at in times)
        need(counted >= policy["at_least"], "POLICY_COSIGNATURES", f"{counted} count")

    def signed_by(self, name: str, raw: bytes) -> bool:
        text, signatures = self.note
        hash_ = sha(name.encode() + b"\n\x01" + raw)[:4]
        own = [sig for by, of, sig in signatures if by == name and of == hash_]
        return name == self.log["origin"] and own != [] and all(verifies(raw, sig, text) for sig in own)


# section 11


def read_list(data) -> dict:
    code = "KEY_LIST"
    one = parse(data, code)
    names = ["format", "origin", "version", "issued_at", "admins", "keys", "signatures"]
    need(closed(one, names, ["previous"]), code, "members")
    need(one["format"] == "prooftrail-key-list/v1" and is_text(one["origin"]), code, "format or origin")
    need(is_count(one["version"]) and one["version"] >= 1, code, "version")
    need(time_of(one["issued_at"]) is not None, code, "issued_at")
    need(is_digest(one["previous"]) if "previous" in one else one["version"] == 1, code, "previous")
    need(one["version"] > 1 or "previous" not in one, code, "the first follows none")
    admins = one["admins"]
    need(closed(admins, ["threshold", "keys"]) and isinstance(admins["keys"], list), code, "admins")
    raws = [raw_key(key["x"]) for key in admins["keys"] if closed(key, ["kty", "crv", "x"])]
    need(len(raws) == len(admins["keys"]) and None not in raws, code, "an admin's key")
    need(len(set(raws)) == len(raws), code, "an admin twice")
    need(is_count(admins["threshold"]) and 1 <= admins["threshold"] <= len(raws), code, "threshold")
    keys = read_keys(json.dumps({"keys": one["keys"]}))
    need(not any(key["raw"] in raws for key in keys.values()), code, "an admin signs nothing else")
    for signature in as_list(one["signatures"], code):
        need(closed(signature, ["keyid", "sig"]) and is_text(signature["keyid"]), code, "a signature")
    return one


def list_body(one: dict) -> bytes:
    return jcs({name: value for name, value in one.items() if name != "signatures"}).encode()


def enough(one: dict, admins: dict) -> bool:
    kind, body = b"application/vnd.prooftrail.key-list+json", list_body(one)
    signed = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    signers = set()
    for key in admins["keys"]:
        thumb = sha(jcs({"crv": "Ed25519", "kty": "OKP", "x": key["x"]}).encode())
        kid = base64.urlsafe_b64encode(thumb).decode().rstrip("=")
        for signature in one["signatures"]:
            sig = b64(signature["sig"]) if signature["keyid"] == kid else None
            if sig is not None and verifies(raw_key(key["x"]), sig, signed):
                signers.add(kid)
    return len(signers) >= admins["threshold"]


ENDS = ("exp", "revoked_at", "revoked_at_log_size")


def renews(key: dict, old: dict) -> bool:
    same_else = jcs({k: v for k, v in key.items() if k not in ENDS}) == jcs({k: v for k, v in old.items() if k not in ENDS})
    return same_else and all(key.get(end, math.inf) <= old.get(end, math.inf) for end in ENDS)


def follows(data, before) -> bool:
    try:
        one, old = read_list(data), read_list(before)
    except Refused:
        return False
    by_id = {key["kid"]: key for key in one["keys"]}
    return (
        enough(one, one["admins"])
        and enough(one, old["admins"])
        and one["origin"] == old["origin"]
        and one["version"] == old["version"] + 1
        and one.get("previous") == digest_of(list_body(old))
        and time_of(one["issued_at"]) >= time_of(old["issued_at"])
        and all(key["kid"] in by_id and renews(by_id[key["kid"]], key) for key in old["keys"])
    )


def cosigned_at(raw: bytes, signature: bytes, text: bytes) -> int | None:
    time = int.from_bytes(signature[:8], "big")
    signed = b"cosignature/v1\ntime %d\n" % time + text
    good = len(signature) == 72 and time <= MAX_INT and verifies(raw, signature[8:], signed)
    return time if good else None


def read_policy(data) -> dict:
    code = "POLICY_FORM"
    policy = parse(data, code)
    need(closed(policy, ["format", "witnesses", "at_least"], ["logs"]), code, "members")
    need(policy["format"] == "prooftrail-policy/v1", code, "format")
    witnesses = [read_vkey(one, 4) for one in as_list(policy["witnesses"], code)]
    logs = None
    if "logs" in policy:
        logs = [read_vkey(one, 1) for one in as_list(policy["logs"], code)]
        need(logs != [], code, "no logs")
    need(is_count(policy["at_least"]) and policy["at_least"] <= len(witnesses), code, "at_least")
    raws = [raw for _, raw, _ in witnesses + (logs or [])]
    need(len(set(raws)) == len(raws), code, "a key is given twice")
    return {"witnesses": witnesses, "logs": logs, "at_least": policy["at_least"]}


def as_list(value, code: str) -> list:
    need(isinstance(value, list), code, "no array")
    return value


def read_vkey(one, kind: int) -> tuple[str, bytes, float]:
    code = "POLICY_FORM"
    need(closed(one, ["vkey"], ["until"]) and isinstance(one["vkey"], str), code, "a key")
    name, _, rest = one["vkey"].partition("+")
    hash_, _, encoded = rest.partition("+")
    data = b64(encoded)
    need(re.fullmatch(r"[^\s+\x00-\x1f\x7f-\x9f]+", name) is not None, code, "the name of a key")
    need(data is not None and len(data) == 33 and data[0] == kind, code, "another type of key")
    raw = raw_key(base64.urlsafe_b64encode(data[1:]).decode().rstrip("="))
    need(raw is not None, code, "no key")
    need(hash_ == sha(name.encode() + b"\n" + data)[:4].hex(), code, "the key hash")
    until = time_of(one["until"]) if "until" in one else None
    need("until" not in one or until is not None, code, "until")
    return name, raw, until.timestamp() if until else math.inf


STATES = """quoted credit_pending funded run_created queued evidence_review tool_execution
result_packaged receipt_issued callback_ready callback_delivered closed paused failed""".split()
EVENTS = """run_created credit_reserved evidence_review_started evidence_status_changed
tool_execution_started result_package_ready credits_debited usage_receipt_issued
callback_payload_ready callback_delivered run_closed run_paused run_failed lifecycle_state_changed
preflight_checked contract_ready contract_accepted trust_approved settlement_intent_created
settlement_provider_confirmed credit_funded_from_settlement exception_opened replay_package_ready
callback_failed task_closed""".split()
TO_STATES = """created preflight_checked contract_ready contract_accepted trusted quoted
credit_pending credit_funded queued operating result_ready attested settlement_receipt_issued
usage_receipt_issued callback_pending callback_delivered exception_open replay_ready failed
closed""".split()


def judge(bundle, keys, policy=None) -> str | Refused:
    """The verdict, or why there is none."""
    try:
        return Verifier(bundle, keys, policy).verdict
    except Refused as refused:
        return refused


def vectors(folder: Path) -> int:
    def read(name):
        return json.loads((folder / name).read_bytes())

    wrong = 0

    def expect(good: bool, name: str, bundle, keys, policy=None) -> None:
        nonlocal wrong
        answer = judge(json.dumps(bundle), json.dumps(keys), policy and json.dumps(policy))
        if good != isinstance(answer, str):
            wrong += 1
            print(f"no {name}: {answer}")

    trails = {path.stem: read(f"trails/{path.name}") for path in sorted((folder / "trails").iterdir())}
    for name, one in trails.items():
        expect(True, name, one["bundle"], one["keys"])
    tampered = read("tampered.json")
    for one in tampered:
        of = trails[one["of"]]
        expect(False, f"tampered {one['pointer']}", changed(of["bundle"], one), of["keys"])
    lies = read("lies.json")
    for one in lies:
        expect(False, f"lie {one.get('what', one)}", one["bundle"], one["keys"])
    policies = read("policies.json")
    of = trails[policies["of"]]
    for one in policies["cases"]:
        bundle = deepcopy(of["bundle"])
        bundle["log"]["checkpoint"] = one["checkpoint"]
        expect(one["problems"] == [], f"policy: {one['what']}", bundle, of["keys"], one["policy"])
    lists = read("key-lists.json")
    for one in lists["cases"]:
        if follows(json.dumps(one["list"]), json.dumps(lists["first"])) != one["follows"]:
            wrong += 1
            print(f"no key list: {one['what']}")
    print(f"{'no' if wrong else 'ok'} vectors: {len(trails)} trails, {len(tampered)} tampered, {len(lies)} lies, {len(policies['cases'])} policies, {len(lists['cases'])} key lists, {wrong} wrong")
    return wrong


def changed(bundle, change: dict):
    copy = deepcopy(bundle)
    *steps, last = change["pointer"].split("/")[1:]
    at = copy
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at[step]
    place = int(last) if isinstance(at, list) else last
    if "value" in change:
        at[place] = change["value"]
    else:
        del at[place]
    return copy


def stream() -> int:
    wrong = total = 0
    for line in sys.stdin:
        one = json.loads(line)
        answer = judge(one["bundle"], one["keys"])
        total += 1
        if one["honest"] != isinstance(answer, str):
            wrong += 1
            print(f"no {one['what']}: {answer}")
    print(f"{'no' if wrong else 'ok'} {total} generated trails, {wrong} wrong")
    return wrong


def main() -> int:
    if sys.argv[1] == "--vectors":
        return vectors(Path(sys.argv[2]))
    if sys.argv[1] == "--stream":
        return stream()
    answer = judge(*(Path(path).read_bytes() for path in sys.argv[1:4]))
    print(f"ok {answer}" if isinstance(answer, str) else f"no {answer}")
    return 0 if isinstance(answer, str) else 1


if __name__ == "__main__":
    sys.exit(min(main(), 1))
