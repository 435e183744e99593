/**
 * Planted mistakes, each with what must find it: a rule of the linter, or `floats`, our own check of
 * promises with the compiler's types. A check that has fallen silent is worse than none.
 * `canary.test.ts` compares; nothing else reads or runs this file.
 */
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import type { Admin, Kafka } from 'kafkajs'
import { type Db, MongoClient } from 'mongodb'
// expect: noRestrictedImports
import { canonicalize } from '../packages/trail/src/canonical.ts'

export async function floating(kafka: Kafka, admin: Admin, db: Db): Promise<void> {
  const producer = kafka.producer()
  // expect: noFloatingPromises floats
  producer.connect()
  // expect: noFloatingPromises floats
  producer.send({ topic: 'x', messages: [] })
  // expect: noFloatingPromises floats
  admin.listTopics()
  // expect: noFloatingPromises floats
  new MongoClient('mongodb://127.0.0.1').connect()
  // expect: floats
  db.collection('y').insertOne({})
  // expect: noFloatingPromises floats
  new SchemaRegistry({ host: 'http://127.0.0.1' }).getLatestSchemaId('x')
  // expect: noFloatingPromises floats
  later()
  // expect: noFloatingPromises floats
  for (const one of ['a']) later().then(() => one)
}

export async function misused(list: string[]): Promise<string[]> {
  // expect: noMisusedPromises
  return list.filter(async () => await later())
}

async function later(): Promise<boolean> {
  return await Promise.resolve(true)
}

// expect: noExplicitAny
export function careless(value: any): string {
  const list: string[] = [canonicalize(value)]
  // expect: noNonNullAssertion
  return list[0]!
}

type Fact = { type: 'said' } | { type: 'done' } | { type: 'lost' }

export function exhausted(fact: Fact): string[] {
  const said: string[] = []
  // expect: useExhaustiveSwitchCases
  switch (fact.type) {
    case 'said':
      said.push('x')
      break
    case 'done':
      said.push('y')
      break
  }
  return said
}
