import type { Refuse } from '@prooftrail/runtime'
import {
  deriveId,
  generateKeyPair,
  type KeySet,
  Link,
  type SigningKey,
  signingKeyFromJwk,
  trailKeyOf,
} from '@prooftrail/trail'
import { describe, expect, test } from 'vitest'
import { exampleEntry, exampleKeys, ORIGIN, serviceKeys } from '../attestation.fixtures.ts'
import { openFolder } from './fold.ts'
import { makeLedgerFold } from './ledger-fold.ts'
import { makeRecordReader } from './ledger-record.ts'
import { memoryLogStore } from './memory-store.fixtures.ts'

/** The log's fold; what it told and refused, in order, with the size of the stored log then. */
async function given(keys: KeySet = serviceKeys) {
  const store = memoryLogStore()
  const happened: string[] = []
  const size = async () => (await store.head())?.size ?? 0
  const fold = makeLedgerFold({
    store,
    folder: await openFolder(store, { origin: ORIGIN, key: exampleKeys.log }),
    read: makeRecordReader(keys, new Set()),
    integrated: (entries) =>
      happened.push(...entries.map(({ work_order_id, index }) => `${work_order_id}: ${index}`)),
  })
  const refuse: Refuse = async (refused) => {
    for (const { offset, refusal } of refused) {
      happened.push(`${refusal.code} at ${offset}, log of ${await size()}`)
    }
  }
  return { fold, refuse, happened, size }
}

const entryOf = (workOrder: string, key: SigningKey = exampleKeys.attestation) =>
  Link.sign('ledger_entry', exampleEntry(workOrder), [], key)

describe('given messages of the ledger topic', () => {
  test('when they are entries, then their trails are told the index, and the head is behind them', async () => {
    const { fold, refuse, happened } = await given()
    expect(await fold.head()).toBe(0)
    const messages = ['wo_a', 'wo_b'].map((one, offset) => ({ offset, data: entryOf(one) }))
    expect(await fold.apply(messages, refuse)).toBe(2)
    expect(await fold.head()).toBe(2)
    expect(happened).toEqual(['wo_a: 0', 'wo_b: 1'])
  })

  test('when one is signed by another, has another id or is not readable, then it has no index, and what was read is refused before the head moves', async () => {
    const { fold, refuse, happened } = await given()
    const other = exampleEntry('wo_c', deriveId('le', 'wo_a', 0))
    const messages = [
      { offset: 0, data: entryOf('wo_a') },
      { offset: 1, data: entryOf('wo_b', exampleKeys.callback) },
      { offset: 2, data: undefined },
      { offset: 3, data: Link.sign('ledger_entry', other, [], exampleKeys.attestation) },
      { offset: 4, data: entryOf('wo_d') },
    ]
    expect(await fold.apply(messages, refuse)).toBe(5)
    expect(happened).toEqual([
      'PT-6010 at 1, log of 0',
      'PT-6010 at 3, log of 0',
      'wo_a: 0',
      'wo_d: 1',
    ])
  })

  test('when the signer is rotated, then what the old key signed in its time has its index, and later no more', async () => {
    const { key_id, party, roles } = exampleKeys.attestation
    const next = signingKeyFromJwk(generateKeyPair().privateKey, { party, roles })
    const at = Math.floor(Date.parse(exampleEntry('wo_a').issued_at) / 1000)
    const renewed = trailKeyOf({ party, roles, publicKey: next.privateKey })
    const ending = (exp: number) => ({
      keys: [
        ...serviceKeys.keys.map((key) => (key.kid === key_id ? { ...key, exp } : key)),
        renewed,
      ],
    })
    const messages = [entryOf('wo_a'), entryOf('wo_b', next)].map((data, offset) => ({
      offset,
      data,
    }))
    const inTime = await given(ending(at + 1))
    await inTime.fold.apply(messages, inTime.refuse)
    expect(inTime.happened).toEqual(['wo_a: 0', 'wo_b: 1'])
    const tooLate = await given(ending(at))
    await tooLate.fold.apply(messages, tooLate.refuse)
    expect(tooLate.happened).toEqual(['PT-6010 at 0, log of 0', 'wo_b: 0'])
  })

  test('when the signer was revoked at this log size, then the entry is refused too', async () => {
    const kid = exampleKeys.attestation.key_id
    const keys = serviceKeys.keys.map((key) =>
      key.kid === kid ? { ...key, revoked_at_log_size: 1 } : key,
    )
    const { fold, refuse, happened, size } = await given({ keys })
    const messages = ['wo_a', 'wo_b'].map((one, offset) => ({ offset, data: entryOf(one) }))
    expect(await fold.apply(messages, refuse)).toBe(2)
    expect(happened).toEqual(['PT-6010 at 1, log of 0', 'wo_a: 0'])
    expect(await size()).toBe(1)
  })
})
