import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair, type SigningKey, signingKeyFromJwk } from '@prooftrail/trail'
import {
  cosign,
  cosignatureTimes,
  judgeAddCheckpoint,
  leafHash,
  parseNote,
  verifyCheckpoint,
  type Witnessed,
} from '@prooftrail/trail/log'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Witness } from './ask-witness.ts'
import { makeCosigner } from './cosigner.ts'
import { type LedgerRecord, openFolder } from './fold.ts'
import { memoryLogStore } from './memory-store.fixtures.ts'
import { makeLogReader } from './read-log.ts'

const ORIGIN = 'log.example/cosigned'
const newKey = (party: string): SigningKey =>
  signingKeyFromJwk(generateKeyPair().privateKey, { party, roles: ['log'] })
const logKey = newKey(ORIGIN)
const log = { origin: ORIGIN, key: logKey }

function records(from: number, to: number): LedgerRecord[] {
  return Array.from({ length: to - from }, (_, i) => {
    const n = from + i
    const data = Buffer.from(`entry ${n}`)
    const entry = { entry_id: `le_${n}`, work_order_id: `wo_${n}`, revision: 0, data }
    return { offset: n, entry: { ...entry, hash: leafHash(data), revokedAt: undefined } }
  })
}

/** A witness in this process; it answers with what `mood` says instead, where that is a text. */
async function startWitness(name: string) {
  const key = newKey(name)
  let latest: Witnessed | undefined
  let asked = 0
  let mood: 'well' | 'silent' | 'strange' = 'well'
  const server = createServer(async (request, response) => {
    asked += 1
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    if (mood === 'silent') return
    if (mood === 'strange') return void response.end('— x AAAAAAAAAA==\n')
    const body = Buffer.concat(parts).toString()
    const judged = judgeAddCheckpoint(
      body,
      () => [logKey.privateKey],
      () => latest,
    )
    response.statusCode = judged.status
    if (judged.status === 409) return void response.end(`${judged.size}\n`)
    if (judged.status !== 200) return void response.end(judged.detail)
    latest = judged.checkpoint
    response.end(cosign(judged.text, name, key, Math.floor(Date.now() / 1000)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // listening on a host and port always yields an AddressInfo
  const { port } = server.address() as AddressInfo
  const witness: Witness = { name, key: key.privateKey, url: `http://127.0.0.1:${port}` }
  return {
    witness,
    asked: () => asked,
    be(next: typeof mood) {
      mood = next
    },
    knows(other: Witnessed | undefined) {
      latest = other
    },
  }
}

async function given(names: readonly string[], patienceMs = 5_000) {
  const store = memoryLogStore()
  const folder = await openFolder(store, log)
  const witnesses = await Promise.all(names.map(startWitness))
  const reader = makeLogReader(store, log, true)
  const faults: string[] = []
  let at = Date.now()
  const cosigner = makeCosigner({
    witnesses: witnesses.map(({ witness }) => witness),
    ...{ reader, store, patienceMs, everyMs: 0, freshSeconds: 60, now: () => at },
    onFault: ({ name }, { type, detail }) => void faults.push(`${name} ${type}: ${detail}`),
  })
  return {
    ...{ store, folder, reader, witnesses, faults, cosigner },
    later(seconds: number) {
      at += seconds * 1000
    },
    /** Whose cosignatures the kept checkpoint has, and over which size. */
    async kept() {
      const cosigned = await reader.cosigned()
      if (cosigned === undefined) return undefined
      const note = parseNote(cosigned.note)
      const who = witnesses.filter(({ witness }) => cosignatureTimes(note, witness).length > 0)
      const { size } = verifyCheckpoint(cosigned.note, ORIGIN, logKey.privateKey)
      return { size, by: who.map(({ witness }) => witness.name) }
    },
  }
}

describe('given a log that two witnesses are asked about', () => {
  test('when it grows, then each head is cosigned by both, and nobody is asked twice for one', async () => {
    const { folder, cosigner, witnesses, kept, faults } = await given(['w1', 'w2'])
    await cosigner.round()
    expect(await kept()).toBeUndefined()
    for (const size of [5, 300, 301]) {
      await folder.fold(records(0, size))
      await cosigner.round()
      expect(await kept()).toEqual({ size, by: ['w1', 'w2'] })
      const before = witnesses.map(({ asked }) => asked())
      await cosigner.round()
      expect(witnesses.map(({ asked }) => asked())).toEqual(before)
    }
    expect(faults).toEqual([])
  })

  test('when it does not grow, then it is cosigned again after a minute, with a new time', async () => {
    const { folder, cosigner, witnesses, later } = await given(['w1'])
    await folder.fold(records(0, 5))
    await cosigner.round()
    expect(witnesses[0]?.asked()).toBe(1)
    later(61)
    await cosigner.round()
    expect(witnesses[0]?.asked()).toBe(2)
  })

  test('when a witness knows another size, then it is asked again from there', async () => {
    const { folder, cosigner, witnesses, kept, store } = await given(['w1'])
    await folder.fold(records(0, 40))
    const at40 = await store.head()
    witnesses[0]?.knows({ size: 40, root: Buffer.from(at40?.root ?? '', 'hex') })
    await folder.fold(records(0, 90))
    await cosigner.round()
    expect(await kept()).toEqual({ size: 90, by: ['w1'] })
  })

  test('when one is silent or talks nonsense, then the other counts, it is told once, and left alone for a while', async () => {
    for (const mood of ['silent', 'strange'] as const) {
      const { folder, cosigner, witnesses, kept, faults, later } = await given(['w1', 'w2'], 3_000)
      const [, second] = witnesses
      second?.be(mood)
      for (const size of [5, 6]) {
        await folder.fold(records(0, size))
        later(120)
        await cosigner.round()
        expect(await kept()).toEqual({ size, by: ['w1'] })
      }
      expect(faults).toHaveLength(1)
      expect(faults[0]).toMatch(/^w2 failed: /)
      second?.be('well')
      later(120)
      await cosigner.round()
      expect(await kept()).toEqual({ size: 6, by: ['w1', 'w2'] })
    }
  })

  test('when a witness knows another tree or a longer one, then it refuses, and nothing is kept', async () => {
    for (const size of [20, 5_000]) {
      const { folder, cosigner, witnesses, kept, faults } = await given(['w1'])
      witnesses[0]?.knows({ size, root: new Uint8Array(32) })
      await folder.fold(records(0, 30))
      await cosigner.round()
      expect(await kept()).toBeUndefined()
      expect(faults).toEqual([
        expect.stringMatching(/^w1 refused: (HTTP 422|it has cosigned 5000)/),
      ])
    }
  })

  test('when cosigned checkpoints come late, then a kept one is never replaced by less', async () => {
    const { folder, cosigner, store, kept, reader } = await given(['w1', 'w2'])
    await folder.fold(records(0, 9))
    await cosigner.round()
    const full = await reader.cosigned()
    if (full === undefined) throw new Error('it was cosigned')
    for (const less of [{ size: 8 }, { count: 1 }, { time: full.time - 1 }]) {
      await store.keepCosigned({ ...full, ...less })
      expect(await reader.cosigned()).toEqual(full)
    }
    expect(await kept()).toEqual({ size: 9, by: ['w1', 'w2'] })
  })
})

test('given a cosigner that runs, when it is stopped, then it ends, and its rounds left nothing behind', async () => {
  const warnings: string[] = []
  const hear = ({ name }: Error) => void warnings.push(name)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  const store = memoryLogStore()
  let rounds = 0
  let enough = () => {}
  const many = new Promise<void>((resolve) => {
    enough = resolve
  })
  const cosigner = makeCosigner({
    ...{ witnesses: [], reader: makeLogReader(store, log), patienceMs: 1_000, everyMs: 1 },
    freshSeconds: 60,
    store: {
      async cosigned() {
        rounds += 1
        if (rounds > 30) enough()
        // a round that fails is not the last one
        if (rounds % 2 === 0) throw new Error('the database is away')
        return undefined
      },
      keepCosigned: async () => {},
    },
    onFault: () => {},
  })
  await many
  await cosigner.stop()
  const after = rounds
  await new Promise((resolve) => setImmediate(resolve))
  expect({ after: rounds, warnings }).toEqual({ after, warnings: [] })
})

describe('given a log that changes its key', () => {
  const next = newKey(ORIGIN)

  test('when both keys sign, then the head is signed anew at once, and a holder of either key opens it', async () => {
    const store = memoryLogStore()
    const old = await openFolder(store, log)
    await old.fold(records(0, 12))
    const before = await store.head()
    await openFolder(store, { origin: ORIGIN, key: next, previous: logKey })
    const overlap = await store.head()
    expect(overlap).toEqual({ ...before, note: overlap?.note })
    for (const { privateKey } of [logKey, next]) {
      expect(verifyCheckpoint(overlap?.note ?? '', ORIGIN, privateKey).size).toBe(12)
    }
    const alone = await openFolder(store, { origin: ORIGIN, key: next })
    await alone.fold(records(12, 13))
    const after = (await store.head())?.note ?? ''
    expect(verifyCheckpoint(after, ORIGIN, next.privateKey).size).toBe(13)
    expect(() => verifyCheckpoint(after, ORIGIN, logKey.privateKey)).toThrow()
  })
})
