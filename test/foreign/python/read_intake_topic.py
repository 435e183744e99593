"""Reads the intake topic with a Kafka client and an Avro library that are not Prooftrail's.

    python read_intake_topic.py doctor.json

doctor.json is the output of `prooftrail doctor --json` on a running stack: it names the brokers and
the registry. Each value is framed as 0x00, schema id, Avro; the writer's schema comes from the
registry's Confluent API by that id.
"""

import json
import struct
import sys
from io import BytesIO
from uuid import uuid4

import fastavro
import requests
from confluent_kafka import Consumer, TopicPartition

TOPIC = "prooftrail.work-order.submitted.v1"


def fetch_schema(registry: str, schema_id: int) -> dict:
    answer = requests.get(f"{registry}/schemas/ids/{schema_id}", timeout=10)
    answer.raise_for_status()
    return fastavro.parse_schema(json.loads(answer.json()["schema"]))


def read_all(consumer: Consumer) -> list:
    """Every message that is on the topic now, from the first offset of each partition."""
    partitions = consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions
    open_until = {}
    for partition in partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(TOPIC, partition), timeout=10)
        if high > low:
            open_until[partition] = high
    consumer.assign([TopicPartition(TOPIC, partition, 0) for partition in open_until])
    messages = []
    while open_until:
        message = consumer.poll(10)
        assert message is not None, "no message within 10 s"
        assert message.error() is None, message.error()
        messages.append(message)
        if message.offset() + 1 >= open_until.get(message.partition(), 0):
            open_until.pop(message.partition(), None)
    return messages


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        stack = json.load(file)
    brokers = ",".join(stack["kafka"]["brokers"])
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": f"foreign-{uuid4()}"})
    messages = read_all(consumer)
    consumer.close()
    assert messages, f"{TOPIC} is empty"
    schemas: dict[int, dict] = {}
    for message in messages:
        magic, schema_id = struct.unpack(">bI", message.value()[:5])
        assert magic == 0, "the first byte is not 0"
        if schema_id not in schemas:
            schemas[schema_id] = fetch_schema(stack["registry"]["url"], schema_id)
        rest = BytesIO(message.value()[5:])
        value = fastavro.schemaless_reader(rest, schemas[schema_id], None)
        assert rest.read() == b"", "bytes are left over"
        order = value["object"]
        assert message.key().decode() == order["work_order_id"], "the key is not the id"
        headers = {name: text.decode() for name, text in message.headers() or []}
        evidence = sorted(json.loads(order["evidence"]))
        print(
            f"ok {order['work_order_id']}: schema {schema_id}, {order['requested_tool']} for"
            f" {order['agent_id']}, evidence {', '.join(evidence)}; headers {', '.join(sorted(headers))}"
        )


if __name__ == "__main__":
    main()
