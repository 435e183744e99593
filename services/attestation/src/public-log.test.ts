import type { AddressInfo } from 'node:net'
import { makeAccess } from '@prooftrail/runtime'
import { verifiedBy } from '@prooftrail/testing/trail'
import { type Tile, tilePath, tilesForSize } from '@prooftrail/trail/log'
import express from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { allKeys, exampleKeys, exampleRun, ORIGIN, serviceKeys } from './attestation.fixtures.ts'
import { KnownSignatures } from './check-link.ts'
import { makeLogReader, makeRecordReader, openFolder } from './log/index.ts'
import { memoryLogStore } from './log/memory-store.fixtures.ts'
import { mountRoutes } from './routes.ts'
import { attestation } from './service.ts'
import { makeSigner } from './signer.ts'
import { type AttestationEvent, type AttestationInput, initial, type State } from './state.ts'

/** Everything that these inputs made, as attestation says it. */
function say(inputs: readonly AttestationInput[]): AttestationEvent[] {
  const byId = new Map(allKeys.keys.map((key) => [key.kid, key]))
  const signer = makeSigner(exampleKeys.attestation, undefined)
  const verified = verifiedBy(...Object.values(exampleKeys))
  const context = { findKey: (id: string) => byId.get(id), verified, signer, leaves: new Map() }
  let state: State = initial
  return inputs.flatMap((input) => {
    const said = attestation.decide(state, input, context)
    state = said.reduce(attestation.evolve, state)
    return said
  })
}

const none = async () => new Map()

/** The doors of a log that holds these entries, and nobody is an operator there. */
async function openDoors(events: readonly AttestationEvent[]) {
  const log = { origin: ORIGIN, key: exampleKeys.log }
  const store = memoryLogStore()
  const folder = await openFolder(store, log)
  const read = makeRecordReader(serviceKeys, new KnownSignatures())
  const entries = events.flatMap((event) => (event.type === 'ledger.appended' ? [event.data] : []))
  const records = entries.map((entry, offset) => ({ offset, entry: read(entry) }))
  const folded = await folder.fold(records)
  expect(folded?.leaves).toHaveLength(entries.length)
  const app = express()
  mountRoutes(app, {
    store: { read: none, find: async () => [] },
    access: makeAccess({ open: false, operatorToken: 'x'.repeat(32) }),
    ...{ origin: ORIGIN, services: serviceKeys },
    reader: makeLogReader(store, log),
    fault: () => undefined,
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  // listening on a host and port always yields an AddressInfo
  const { port } = server.address() as AddressInfo
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    expect(answer.status).toBe(200)
    return Buffer.from(await answer.arrayBuffer())
  }
  return { get, entries }
}

/** Every text and amount inside a value that tells something of a run. */
function wordsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.length > 3 ? [value] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => [...wordsOf(member), ...wordsOf(name)])
}

const RUNS = 5

test('what a stranger may read of keys and log tells nothing of a run: no handle, id, name or amount', async () => {
  const runs = Array.from({ length: RUNS }, (_, i) => exampleRun({ name: `order-${i}` }))
  const events = runs.flatMap(({ facts, rejected }, i) => say(i === 0 ? [rejected] : facts))
  const { get, entries } = await openDoors(events)
  expect(entries).toHaveLength(RUNS)

  // only digests: an entry's leaf is 71 bytes, whatever it records
  const entryTiles = tilesForSize(RUNS).filter(({ level }) => level === 'entries')
  for (const tile of entryTiles) {
    const text = (await get(`/${tilePath(tile)}`)).toString('latin1')
    expect(text).toMatch(/^(?:\0G(?:sha256:[0-9a-f]{64}))+$/)
    expect(text).toHaveLength(73 * tile.width)
  }
  for (const tile of tilesForSize(RUNS).filter(isHashTile)) {
    expect(await get(`/${tilePath(tile)}`)).toHaveLength(32 * tile.width)
  }
  const checkpoint = (await get('/checkpoint')).toString()
  expect(checkpoint).toMatch(
    new RegExp(`^${ORIGIN}\\n${RUNS}\\n[A-Za-z0-9+/]{43}=\\n\\n— ${ORIGIN} [A-Za-z0-9+/=]+\\n$`),
  )

  // parties and roles are what a key list is for; of what they did it says nothing
  const parties = new Set(['tokenops', 'agent-1', ...Object.keys(serviceKeys.keys[0] ?? {})])
  for (const { party, kid, roles } of serviceKeys.keys) {
    for (const one of [party, kid, ...roles]) parties.add(one)
  }
  const said = runs.flatMap((run) => wordsOf([run.facts, run.rejected, run.task_token]))
  const words = [...new Set([...said, ...wordsOf(entries)])].filter((word) => !parties.has(word))
  expect(words.length).toBeGreaterThan(200)
  const all = [checkpoint, (await get('/keys.json')).toString()]
  for (const tile of tilesForSize(RUNS)) {
    all.push((await get(`/${tilePath(tile)}`)).toString('latin1'))
  }
  for (const text of all) expect(words.filter((word) => text.includes(word))).toEqual([])
})

function isHashTile({ level }: Tile): boolean {
  return level !== 'entries'
}
