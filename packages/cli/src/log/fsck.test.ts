import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { makeExampleTrail } from '@prooftrail/testing/trail'
import { digestOfBytes, fromBase64 } from '@prooftrail/trail/encoding'
import { encodeEntries } from '@prooftrail/trail/log'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fsck } from './fsck.ts'
import { leavesOf, listen, logKeys, noteOf, tempDir, writeJson, writeLog } from './log.fixtures.ts'
import type { TrailEntry } from './trail-entries.ts'

async function run(place: string, options: { trails?: string; documents?: boolean } = {}) {
  const keys = writeJson(tempDir(), 'keys.json', logKeys)
  const out = listen()
  const exit = await fsck(place, { keys, ...options }, out)
  // one run gives one document
  const [document] = out.documents as { faults: number; shown: string[]; from_trails?: boolean }[]
  return { exit, ...document, said: out.said.join('\n') }
}

/** A log of a bundle's entries at their indexes, between others. */
function given(kind: 'revised' | 'tokenops-ready' = 'revised') {
  const trails = tempDir()
  const { bundle } = makeExampleTrail({ kind })
  writeJson(trails, 'one.trail.json', bundle)
  const payloads = bundle.links
    .filter(({ name }) => /^ledger_entry(\/|$)/.test(name))
    .map(({ envelope }) => fromBase64(envelope.payload) ?? new Uint8Array())
  const leaves = leavesOf(300)
  payloads.forEach((payload, i) => {
    const next = payloads[i + 1]
    const follows = next && JSON.parse(new TextDecoder().decode(next)).predicate.object.follows
    leaves[follows?.index ?? bundle.log.index] = new TextEncoder().encode(digestOfBytes(payload))
  })
  const log = tempDir()
  writeLog(log, leaves)
  return { log, leaves, trails, entries: payloads.length }
}

/** The door of a service that holds these entries, in pages. */
async function serve(
  folder: { leaves: readonly Uint8Array[]; note: string },
  entries: TrailEntry[],
) {
  const log = tempDir()
  writeLog(log, folder.leaves, folder.note)
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://log')
    if (pathname === '/v1/entries') {
      const from = Number(searchParams.get('after') ?? 0)
      const next = from + 100 < entries.length ? { next: String(from + 100) } : {}
      response.end(JSON.stringify({ entries: entries.slice(from, from + 100), ...next }))
      return
    }
    try {
      response.end(readFileSync(join(log, pathname)))
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  // listening on a host and port always yields an AddressInfo
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const entryOf = (leaf: Uint8Array, index: number): TrailEntry => ({
  ...{ work_order_id: `wo_${index}`, name: 'ledger_entry', index },
  leaf: new TextDecoder().decode(leaf),
})

describe('given a log', () => {
  test('when entries, tiles and root are one tree, then it is said, and bundles are found in it', async () => {
    const { log, trails, entries } = given()
    expect(entries).toBeGreaterThan(1)
    expect(await run(log)).toMatchObject({ exit: 0, faults: 0, size: 300 })
    expect(await run(log, { trails })).toMatchObject({ exit: 0, entries, uncovered: 300 - entries })
  })

  test('when a hash tile, an entry or the root is another one, then it is named', async () => {
    const { log, leaves } = given()
    writeFileSync(join(log, 'tile/0/000'), Buffer.alloc(256 * 32))
    expect(await run(log)).toMatchObject({
      exit: 1,
      shown: ['tile/0/000 is not what the entries give'],
    })
    writeLog(log, leaves, noteOf(leavesOf(300, 'b')))
    expect(await run(log)).toMatchObject({
      exit: 1,
      shown: ['the entries do not give the signed root'],
    })
    writeLog(log, leaves)
    writeFileSync(join(log, 'tile/entries/001.p/44'), encodeEntries(leaves.slice(257)))
    await expect(run(log)).rejects.toMatchObject({ code: 'PT-8039' })
  })

  test('when a bundle says another leaf than the log, then both are named', async () => {
    const { log, leaves, trails } = given('tokenops-ready')
    const { bundle } = makeExampleTrail({ kind: 'tokenops-ready' })
    const index = (bundle.log.index + 1) % 300
    writeJson(trails, 'one.trail.json', { ...bundle, log: { ...bundle.log, index } })
    writeLog(log, leaves)
    const { exit, shown } = await run(log, { trails })
    expect({ exit, shown }).toEqual({
      exit: 1,
      shown: [expect.stringContaining(`leaf ${index} of the log is`)],
    })
  })
})

describe('given the documents of a service', () => {
  const leaves = leavesOf(270)
  const note = noteOf(leaves)
  const entries = leaves.map(entryOf)

  test('when all of them are there, then the trails alone give the signed root', async () => {
    // one waits for its index, and one came after the checkpoint
    const waiting = entries.map(({ index, ...entry }, i) =>
      i === 7 ? entry : { ...entry, index: i },
    )
    const later = entryOf(new TextEncoder().encode('sha256:later'), 270)
    const place = await serve({ leaves, note }, [...waiting, later])
    expect(await run(place, { documents: true })).toMatchObject({ exit: 0, from_trails: true })
  })

  test('when one is lost, doubled or another, then it is found', async () => {
    const lost = await serve({ leaves, note }, entries.slice(1))
    expect(await run(lost, { documents: true })).toMatchObject({
      ...{ exit: 1, from_trails: false },
      shown: ['leaf 0 is no entry of any trail'],
    })
    const [first] = entries
    const doubled = first ? { ...first, work_order_id: 'wo_other' } : []
    const twice = await serve({ leaves, note }, entries.concat(doubled))
    expect(await run(twice, { documents: true })).toMatchObject({ exit: 1, faults: 1 })
    const other = entries.map((entry, i) => (i === 3 ? { ...entry, leaf: 'sha256:other' } : entry))
    const changed = await run(await serve({ leaves, note }, other), { documents: true })
    expect(changed).toMatchObject({ exit: 1, faults: 2 })
    expect(changed.said).toContain('the trails do not give the signed root')
  })
})
