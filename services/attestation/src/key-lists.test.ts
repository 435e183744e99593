import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeAccess } from '@prooftrail/runtime'
import { generateKeyPair, type KeySet, publicJwk, signingKeyFromJwk } from '@prooftrail/trail'
import {
  decodeEntries,
  entryLeaf,
  KEY_LIST_FORMAT,
  type KeyList,
  type KeyListBody,
  keyListDigest,
  keyLogOrigin,
  leafHash,
  rootAt,
  signKeyList,
  tileTree,
  verifyCheckpoint,
  verifyConsistency,
} from '@prooftrail/trail/log'
import express from 'express'
import { describe, expect, onTestFinished, test } from 'vitest'
import { exampleKeys, ORIGIN, serviceKeys } from './attestation.fixtures.ts'
import { type KeyLog, openKeyLists } from './key-lists.ts'
import { makeLogReader } from './log/index.ts'
import { memoryLogStore } from './log/memory-store.fixtures.ts'
import { mountRoutes } from './routes.ts'

const log = { origin: ORIGIN, key: exampleKeys.log }
const admin = signingKeyFromJwk(generateKeyPair().privateKey, { party: 'a', roles: ['operator'] })
const admins = { threshold: 1, keys: [publicJwk(admin.privateKey)] }

/** Signed lists, each holding one key of the deployment more, up to all of them. */
function chain(count: number, changes: Partial<KeyListBody> = {}): KeyList[] {
  const lists: KeyList[] = []
  for (let version = 1; version <= count; version++) {
    const before = lists.at(-1)
    const keys = serviceKeys.keys.slice(0, serviceKeys.keys.length - count + version)
    const body: KeyListBody = {
      ...{ format: KEY_LIST_FORMAT, origin: ORIGIN, version, admins, keys },
      issued_at: '2026-11-01T00:00:00.000Z',
      ...(before && { previous: keyListDigest(before) }),
      ...changes,
    }
    lists.push({ ...body, signatures: [signKeyList(body, admin)] })
  }
  return lists
}

function open(lists: readonly unknown[], keys: KeySet = serviceKeys): KeyLog {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-lists-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  lists.forEach((list, i) => {
    writeFileSync(join(dir, `${i + 1}.json`), JSON.stringify(list))
  })
  return openKeyLists(dir, log, keys)
}

describe('given signed key lists', () => {
  const lists = chain(3)

  test('when they are opened, then their log holds their digests in order, signed by the log', () => {
    const keyLog = open(lists)
    const origin = keyLogOrigin(ORIGIN)
    const { size, root } = verifyCheckpoint(keyLog.note, origin, exampleKeys.log.privateKey)
    expect(size).toBe(3)
    const entries = keyLog.tile({ level: 'entries', index: 0, width: 3 }) ?? new Uint8Array()
    const leaves = lists.map((list) => Buffer.from(entryLeaf(keyListDigest(list))))
    expect(decodeEntries(entries).map((one) => Buffer.from(one))).toEqual(leaves)
    const tile = keyLog.tile({ level: 0, index: 0, width: 3 })
    expect(Buffer.from(tile ?? [])).toEqual(Buffer.concat(leaves.map(leafHash)))
    expect(keyLog.tile({ level: 0, index: 0, width: 4 })).toBeUndefined()
    expect(keyLog.tile({ level: 1, index: 0, width: 1 })).toBeUndefined()
    const one = rootAt(1, () => leafHash(leaves[0] ?? new Uint8Array()))
    expect(verifyConsistency(1, 3, keyLog.proveGrowth(1), one, root)).toBe(true)
  })

  test('when they do not follow each other, or are not those of the deployment, then the start stops', () => {
    const [first, second, third] = lists
    const message = /^KEY_LISTS_DIR: /
    expect(() => open([])).toThrow(message)
    expect(() => open([first])).toThrow(/other keys than KEYS_FILE/)
    expect(() => open([first, third])).toThrow(/version 2/)
    expect(() => open([first, { ...second, signatures: [] }, third])).toThrow(/version 2/)
    expect(() => open([first, {}])).toThrow(message)
    expect(() => open(chain(1, { origin: 'log.example/else' }))).toThrow(/not of LOG_ORIGIN/)
    expect(() => open(lists, { keys: serviceKeys.keys.slice(1) })).toThrow(/KEYS_FILE/)
  })

  test('when anybody asks at the doors, then lists and log are there as files, and nothing else', async () => {
    const get = await serve(open(lists))
    const list = await get('2.json')
    expect(await list.json()).toEqual(JSON.parse(JSON.stringify(lists[1])))
    const note = await (await get('checkpoint')).text()
    const { size, root } = verifyCheckpoint(note, keyLogOrigin(ORIGIN), exampleKeys.log.privateKey)
    const tree = tileTree(size, async ({ width }) => {
      return new Uint8Array(await (await get(`tile/0/000.p/${width}`)).arrayBuffer())
    })
    expect(Buffer.from(await tree.root())).toEqual(Buffer.from(root))
    for (const path of [
      '4.json',
      '0.json',
      'next.json',
      '1.jwk',
      'tile/0/000',
      'checkpoint/cosigned',
    ]) {
      expect((await get(path)).status).toBe(404)
    }
    const none = await serve(undefined)
    expect((await none('checkpoint')).status).toBe(404)
    expect(await (await none('1.json')).json()).toMatchObject({ code: 'PT-6025' })
  })
})

async function serve(keyLog: KeyLog | undefined) {
  const app = express()
  const none = async () => new Map()
  mountRoutes(app, {
    ...{ keyLog, origin: ORIGIN, services: serviceKeys, fault: () => undefined },
    reader: makeLogReader(memoryLogStore(), log),
    store: { read: none, find: async () => [] },
    access: makeAccess({ open: false }),
  })
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise((resolve) => server.once('listening', resolve))
  // listening on a host and port always yields an AddressInfo
  const { port } = server.address() as AddressInfo
  return (path: string) => fetch(`http://127.0.0.1:${port}/key-lists/${path}`)
}
