"""An executor without the SDK, from docs/executor-contract.md alone.

Stateless: whatever it says follows from the command, so a command that comes twice, or comes again
because the process ended in mid-work, gives the very same bytes, and dispatch takes them once.
"""

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

from kafka import KafkaConsumer, KafkaProducer

from bus import Bus, headers, now
from proof import Key, derived_id, digest

MANIFEST = json.loads(Path(__file__).with_name("manifest.json").read_text())
TOOL, VERSION, LIMITS = MANIFEST["tool"], MANIFEST["version"], MANIFEST["limits"]
RUNS = 3


def items(command, name):
    given = command["evidence"].get(name, [])
    return given if isinstance(given, list) else [given]


def execute(command):
    """The tool itself: what it concludes from the command, and nothing else."""
    counts = {one["reference"]: len(one["text"].split()) for one in items(command, "text")}
    return {
        "package_type": "wordcount_result_package",
        "operating_tool": TOOL,
        "words": sum(counts.values()),
        "texts": counts,
    }


def assess(command):
    """Required classes by weight: 100 is sufficient, below the floor is insufficient."""
    required = {name: one for name, one in MANIFEST["evidence"].items() if one["required"]}
    missing = sorted(name for name in required if not items(command, name))
    total = sum(one["weight"] for one in required.values())
    score = 100 * (total - sum(required[name]["weight"] for name in missing)) // total
    if not missing:
        return "sufficient", 100, missing
    score = min(score, 99)
    return ("partial" if score >= MANIFEST["evidence_floor"] else "insufficient"), score, missing


def ticket(command, kind, status, **more):
    same = ("work_order_id", "agent_task_run_id", "task_token", "requested_tool")
    return {
        "object_type": "agent_exception_ticket",
        "exception_id": derived_id("ex", command["work_order_id"], kind, command["attempt"]),
        **{name: command[name] for name in same},
        "exception_type": kind,
        "status": status,
        "safe_to_replay": True,
        "created_at": command["issued_at"],
        "issued_at": command["issued_at"],
        **more,
    }


def concluded(command, package):
    status, score, missing = assess(command)
    steps = [{"action": "add_evidence", "about": name, "detail": f"Send {name}."} for name in missing]
    machine_result = {
        "tool": TOOL,
        "evidence_status": status,
        "evidence_score": score,
        "open_items": [{"code": "missing", "about": name} for name in missing],
        "next_actions": steps or [{"action": "review", "detail": "Nothing is open."}],
        "result_package": {**package, "evidence_status": status, "evidence_score": score},
    }
    gap = ticket(
        command, "evidence_gap", "waiting_on_requesting_agent", severity="medium",
        summary="; ".join(f"{name} is missing" for name in missing), evidence_status=status,
        missing_items=missing, next_action="add_evidence",
    )
    summary = f"{package['words']} words in {len(package['texts'])} texts; the evidence is {status}."
    return contract(command, machine_result, summary, [gap] if missing else [])


def failed(command, error):
    summary = f"{TOOL} could not conclude: {error}"
    machine_result = {
        "tool": TOOL,
        "evidence_status": "insufficient",
        "evidence_score": 0,
        "open_items": [{"code": "tool_failed", "about": TOOL, "detail": summary}],
        "next_actions": [{"action": "replay_from_checkpoint", "about": TOOL}],
        "result_package": {"package_type": "wordcount_result_package", "operating_tool": TOOL},
    }
    pause = ticket(
        command, "tool_execution_pause", "open", severity="high", summary=summary,
        evidence_status="not_applicable", next_action="replay_from_checkpoint",
    )
    return contract(command, machine_result, summary, [pause])


def contract(command, machine_result, human_summary, exceptions):
    ids = {**command["ids"], "work_order": command["work_order_id"]}
    ids["execution_command"] = command["tool_command_id"]
    others = [name for name in command["proof_requirements"] if name != "result_contract"]
    is_due = "callback_url" in command and command["callback_policy"] != "status_polling_only"
    status = {"sufficient": "ready", "partial": "partial", "insufficient": "failed"}
    same = (
        "work_order_id", "task_token", "agent_task_run_id", "execution_binding_id",
        "requested_tool", "requested_capability", "issued_at",
    )
    return {
        "object_type": "agent_result_contract",
        "contract_version": "2.0",
        "result_contract_id": ids["result_contract"],
        **{name: command[name] for name in same},
        "lifecycle_state": "result_ready",
        "result_status": status[machine_result["evidence_status"]],
        "machine_result": machine_result,
        "human_summary": human_summary,
        "proof_objects": {name: ids[name] for name in others},
        "receipts": {
            name: ids[name] for name in ("settlement_receipt", "usage_receipt") if name in others
        },
        "callback": {
            "callback_event_id": ids["callback_delivery"],
            **({"callback_url": command["callback_url"]} if is_due else {}),
            "callback_status": "pending" if is_due else "ready",
        },
        "exceptions": exceptions,
    }


class Executor:
    def __init__(self, brokers, registry, key):
        self.bus, self.key = Bus(registry), key
        self.producer = KafkaProducer(bootstrap_servers=brokers, acks="all", max_request_size=4 << 20)
        self.consumer = KafkaConsumer(
            f"prooftrail.execution.commanded.{TOOL}.v1", bootstrap_servers=brokers,
            group_id=f"prooftrail.{TOOL}@{VERSION}", auto_offset_reset="earliest",
            enable_auto_commit=False, max_poll_records=1,
            max_poll_interval_ms=1000 * (LIMITS["deadline_seconds"] * RUNS + 60),
        )
        self.running = True

    def say(self, topic, key, value, cause="", traceparent=""):
        data = self.bus.encode(topic, value)
        said = headers(topic, key, data, TOOL, cause, traceparent)
        self.producer.send(topic, key=key.encode(), value=data, headers=said).get(timeout=30)

    def announce(self):
        said = {
            "tool": TOOL, "version": VERSION, "manifest": MANIFEST, "announced_at": now(),
            "key": {"kid": self.key.kid, "x": self.key.x}, "forced": True,
        }
        signed = self.key.record(said)
        self.say("prooftrail.tool.announced.v1", TOOL, signed)

    def conclude(self, command, beat):
        """The contract; None where the run's time is over: then another attempt follows."""
        error = None
        for run in range(RUNS):
            if run:
                time.sleep(4 ** (run - 1))
            started, pool = time.monotonic(), ThreadPoolExecutor(1)
            work = pool.submit(execute, command)
            pool.shutdown(wait=False)
            while True:
                try:
                    return concluded(command, work.result(LIMITS["heartbeat_seconds"] / 4))
                except NotYet:
                    is_over = time.monotonic() - started > LIMITS["deadline_seconds"]
                    beat("PT-3007 the run took too long" if is_over else None)
                    if is_over:
                        return None
                except Exception as reason:  # whatever the tool throws
                    error = reason
                    break
        return failed(command, error)

    def handle(self, message):
        key, carried = message.key.decode(), {name: text.decode() for name, text in message.headers}
        link = self.bus.decode(message.value)
        command = link["object"]
        if command["manifest_version"] != VERSION or command["deadline"] < now():
            return  # another version is another group's; past its deadline nothing counts
        cause, trace = carried.get("ce_id", ""), carried.get("traceparent", "")
        about = {
            "work_order_id": key, "tool": TOOL, "attempt": command["attempt"],
            "tool_command_id": command["tool_command_id"],
        }
        sequence = 0

        def beat(note):
            nonlocal sequence
            sequence += 1
            state = "started" if sequence == 1 else "running"
            said = {**about, "sequence": sequence, "state": state, "at": now()}
            if note is not None:
                said["note"] = note
            signed = self.key.record({**said, "key_id": self.key.kid})
            self.say("prooftrail.execution.progressed.v1", key, signed, cause, trace)

        made = self.conclude(command, beat)
        if made is None:
            return
        after = [{"name": "execution_command", "digest": digest(command)}]
        signed = self.key.link("result_contract", made, after)
        said = {**about, "result_contract": signed}
        self.say("prooftrail.result.produced.v1", key, said, cause, trace)
        print(f"{key} attempt {command['attempt']}: {made['result_status']}", flush=True)

    def run(self):
        while self.running:
            for messages in self.consumer.poll(timeout_ms=500).values():
                for message in messages:
                    self.handle(message)
                    self.consumer.commit()
        self.consumer.close()
        self.producer.close()


if __name__ == "__main__":
    own_key = Key(json.loads(Path(os.environ["KEY_FILE"]).read_text()))
    executor = Executor(
        os.environ["KAFKA_BROKERS"].split(","), os.environ["SCHEMA_REGISTRY_URL"], own_key
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: setattr(executor, "running", False))
    executor.announce()
    print(f"{TOOL} {VERSION} takes commands", flush=True)
    executor.run()
