/**
 * Planted mistakes, one a line, each with the rule that must find it: a linter that has fallen
 * silent is worse than none. `canary.test.ts` compares; nothing else reads or runs this file.
 */
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { topics } from '@prooftrail/contracts/src/topics.ts' // expect: noRestrictedImports
import type { Kafka } from 'kafkajs'
import { MongoClient } from 'mongodb'
import { canonicalize } from '../packages/trail/src/canonical.ts' // expect: noRestrictedImports

export async function floating(kafka: Kafka): Promise<void> {
  const producer = kafka.producer()
  producer.connect() // expect: noFloatingPromises
  producer.send({ topic: 'x', messages: [] }) // expect: noFloatingPromises
  const client = new MongoClient('mongodb://127.0.0.1')
  client.connect() // expect: noFloatingPromises
  client.db('x').collection('y').insertOne({}) // expect: noFloatingPromises
  const registry = new SchemaRegistry({ host: 'http://127.0.0.1' })
  registry.getLatestSchemaId('x') // expect: noFloatingPromises
  later() // expect: noFloatingPromises
  if (later()) return // expect: noMisusedPromises
  for (const one of ['a']) later().then(() => one) // expect: noFloatingPromises
}

async function later(): Promise<boolean> {
  return await Promise.resolve(true)
}

export function careless(value: any): string { // expect: noExplicitAny
  const list: string[] = [canonicalize(value)]
  return list[0]! // expect: noNonNullAssertion
}

type Fact = { type: 'said' } | { type: 'done' } | { type: 'lost' }

export function exhausted(fact: Fact): string | undefined {
  switch (fact.type) { // expect: useExhaustiveSwitchCases
    case 'said':
      return topics['credits.held'].key
    case 'done':
      return 'x'
  }
}
