import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { exampleKey, exampleTrailKey, growTree } from '@prooftrail/testing/trail'
import { parseKeySet, publicJwk, type Role, type TrailKey } from '@prooftrail/trail'
import {
  cosign,
  cosignerVkey,
  entryLeaf,
  keyListDigest,
  keyLogOrigin,
  parseKeyList,
  parseNote,
  rootAt,
  signCheckpoint,
  withSignatures,
} from '@prooftrail/trail/log'
import { describe, expect, test } from 'vitest'
import { listen, logKey, ORIGIN, tempDir, writeJson, writeLog } from '../log/log.fixtures.ts'
import { makeAdmin, signList } from './sign.ts'
import { updateKeys } from './update.ts'

const keyOf = (party: string, role: Role, validity = {}, label = party): TrailKey =>
  exampleTrailKey(exampleKey(party, [role], label), validity)
const logEntry = exampleTrailKey(logKey)
const intake = keyOf('intake', 'intake')
const agent = keyOf('agent-1', 'agent')
const next = exampleKey(ORIGIN, ['log'], 'next log key')

/** A deployment with two of three admins, and what attestation would serve of it. */
function given() {
  const dir = tempDir()
  const admins = ['a', 'b', 'c'].map((name) => join(dir, `${name}.jwk`))
  for (const path of admins) makeAdmin(path, listen())
  const [a = '', b = '', c = ''] = admins
  const publicOf = (path: string) => publicJwk(JSON.parse(readFileSync(path, 'utf8')))
  const adminsFile = (threshold: number, ...paths: string[]) =>
    writeJson(dir, 'admins.json', { threshold, keys: paths.map(publicOf) })
  const lists = join(dir, 'key-lists')
  const listAt = (version: number | string) =>
    parseKeyList(readFileSync(join(lists, `${version}.json`)))
  const sign = (keys: readonly TrailKey[], signers: string[], admins?: string) => {
    writeJson(dir, 'services.keys.json', { keys })
    const out = listen()
    signList(dir, { key: signers, origin: ORIGIN, ...(admins ? { admins } : {}) }, out)
    return out.documents[0]
  }
  sign([logEntry, intake], [a, b], adminsFile(2, a, b, c))
  const pinned = join(dir, 'pinned.json')
  writeFileSync(pinned, readFileSync(join(lists, '1.json')))
  return { ...{ dir, a, b, c, adminsFile, lists, listAt, sign, pinned } }
}

/** Serves lists as attestation does, signed by this log key. */
function serve(
  lists: readonly unknown[],
  keys: readonly TrailKey[],
  signer = logKey,
  lines: (text: string) => string[] = () => [],
) {
  const place = tempDir()
  const folder = join(place, 'key-lists')
  mkdirSync(folder)
  const leaves = lists.map((list) => entryLeaf(keyListDigest(parseKeyList(JSON.stringify(list)))))
  const { get } = growTree(leaves)
  const checkpoint = {
    origin: keyLogOrigin(ORIGIN),
    size: leaves.length,
    root: rootAt(leaves.length, get),
  }
  const note = signCheckpoint(checkpoint, signer)
  writeLog(folder, leaves, withSignatures(note, lines(parseNote(note).text)))
  lists.forEach((list, i) => {
    writeJson(folder, `${i + 1}.json`, list)
  })
  writeJson(place, 'keys.json', { keys })
  return place
}

async function update(from: string, pinned: string, policy?: string) {
  const before = readFileSync(pinned, 'utf8')
  try {
    await updateKeys({ from, pinned, ...(policy ? { policy } : {}) }, listen())
    return { keys: parseKeySet(readFileSync(pinned)).keys.map(({ kid }) => kid) }
  } catch (error) {
    expect(readFileSync(pinned, 'utf8')).toBe(before)
    return { code: Object(error).code, message: String(error) }
  }
}

const kids = (...keys: TrailKey[]) => keys.map(({ kid }) => kid)

describe('given a key list that admins sign', () => {
  test('when one of two signed, then it waits; when the second did, it is the next list', () => {
    const { a, c, sign, lists, listAt } = given()
    const keys = [logEntry, exampleTrailKey(next), intake]
    expect(sign(keys, [a])).toMatchObject({ version: 2, missing: 1 })
    expect(existsSync(join(lists, '2.json'))).toBe(false)
    expect(sign(keys, [c])).toMatchObject({ version: 2, missing: 0 })
    expect(listAt(2)).toMatchObject({ version: 2, previous: keyListDigest(listAt(1)) })
    expect(existsSync(join(lists, 'next.json'))).toBe(false)
  })

  test('when the keys changed since the first signature, then the second signs nothing', () => {
    const { a, b, sign } = given()
    sign([logEntry, intake, exampleTrailKey(next)], [a])
    expect(() => sign([logEntry, intake], [b])).toThrow(
      expect.objectContaining({ code: 'PT-8040' }),
    )
  })

  test('when a key was dropped or lasts longer, a stranger signs, or nothing is new, then nothing is signed', () => {
    const { dir, a, b, sign, lists } = given()
    const stranger = join(dir, 'stranger.jwk')
    makeAdmin(stranger, listen())
    const refused = (keys: readonly TrailKey[], signers: string[]) =>
      expect(() => sign(keys, signers)).toThrow(expect.objectContaining({ code: 'PT-8040' }))
    refused([logEntry], [a, b])
    refused([logEntry, { ...intake, nbf: 5 }], [a, b])
    refused([logEntry, intake, exampleTrailKey(next)], [a, stranger])
    refused([logEntry, intake], [a, b])
    expect(existsSync(join(lists, '2.json'))).toBe(false)
    expect(() => makeAdmin(stranger, listen())).toThrow(
      expect.objectContaining({ code: 'PT-8006' }),
    )
  })
})

describe('given a pinned list', () => {
  test('when keys, admins and the log’s own key changed since, then it is renewed by the chain alone', async () => {
    const { a, b, c, adminsFile, sign, listAt, pinned, dir } = given()
    const d = join(dir, 'd.jwk')
    makeAdmin(d, listen())
    const second = [logEntry, exampleTrailKey(next), intake]
    sign(second, [a, b])
    const ended = { ...logEntry, exp: 1_800_000_000 }
    const third = [ended, exampleTrailKey(next), intake]
    sign(third, [a, c, d], adminsFile(2, c, d))
    const fourth = [...third, keyOf('receipt', 'receipt')]
    sign(fourth, [c, d])
    const place = serve([1, 2, 3, 4].map(listAt), [...fourth, agent], next)
    expect(await update(place, pinned)).toEqual({ keys: kids(...fourth, agent) })
    // again: nothing is new, and nothing is lost
    expect(await update(place, pinned)).toEqual({ keys: kids(...fourth, agent) })
    expect(JSON.parse(readFileSync(pinned, 'utf8')).list.version).toBe(4)
  })

  test('when fewer lists are served than were seen, then it is a rollback', async () => {
    const { a, b, sign, listAt, pinned } = given()
    sign([logEntry, intake, exampleTrailKey(next)], [a, b])
    const old = serve([listAt(1)], [logEntry])
    await update(serve([listAt(1), listAt(2)], [logEntry]), pinned)
    expect(await update(old, pinned)).toMatchObject({ code: 'PT-8042' })
  })

  test('when another list stands under the pinned version, then it is a fork, though admins signed it', async () => {
    const one = given()
    const { a, b, listAt, lists, sign, pinned } = one
    sign([logEntry, intake, exampleTrailKey(next)], [a, b])
    await update(serve([listAt(1), listAt(2)], []), pinned)
    const { signatures: _, ...other } = { ...listAt(2), issued_at: new Date().toISOString() }
    writeFileSync(join(lists, 'next.json'), JSON.stringify({ ...other, signatures: [] }))
    const forked = { ...other, signatures: [] }
    expect(await update(serve([listAt(1), forked], []), pinned)).toMatchObject({ code: 'PT-8041' })
    expect(await update(serve([listAt(1), forked, listAt(2)], []), pinned)).toMatchObject({
      code: 'PT-8041',
    })
  })

  test('when a later list is not signed by the admins before, or not logged, then nothing is taken', async () => {
    const { a, b, sign, listAt, pinned, dir } = given()
    const mallory = given()
    sign([logEntry, intake, exampleTrailKey(next)], [a, b])
    const good = listAt(2)
    const unsigned = { ...good, signatures: good.signatures.slice(1) }
    const others = {
      ...good,
      admins: mallory.listAt(1).admins,
      signatures: mallory.listAt(1).signatures,
    }
    for (const list of [unsigned, others, { ...good, version: 3 }]) {
      expect(await update(serve([listAt(1), list], []), pinned)).toMatchObject({ code: 'PT-8043' })
    }
    const place = serve([listAt(1), good], [])
    writeJson(join(place, 'key-lists'), '2.json', {
      ...good,
      issued_at: '2027-01-01T00:00:00.000Z',
    })
    expect(await update(place, pinned)).toMatchObject({ code: 'PT-8043' })
    const elsewhere = serve([listAt(1), good], [], exampleKey(ORIGIN, ['log'], 'mallory'))
    expect(await update(elsewhere, pinned)).toMatchObject({ code: 'PT-8031' })
    writeJson(dir, 'pinned.json', { keys: [logEntry] })
    expect(await update(place, pinned)).toMatchObject({ code: 'PT-8006' })
  })

  test('when whoever serves it adds keys of services, then only agents and tools are taken', async () => {
    const { listAt, pinned } = given()
    const forged = [keyOf('receipt', 'receipt'), keyOf('intake', 'agent', {}, 'mallory'), agent]
    const place = serve([listAt(1)], forged)
    expect(await update(place, pinned)).toEqual({ keys: kids(logEntry, intake, agent) })
    const ended = { ...agent, exp: 5 }
    await update(serve([listAt(1)], [ended]), pinned)
    expect(await update(place, pinned)).toMatchObject({ code: 'PT-8043' })
  })

  test('when a policy asks for witnesses, then the lists need their cosignatures too', async () => {
    const { listAt, pinned, dir } = given()
    const witness = exampleKey('w1', ['log'])
    const policy = writeJson(dir, 'policy.json', {
      format: 'prooftrail-policy/v1',
      witnesses: [{ vkey: cosignerVkey('w1', witness.privateKey) }],
      at_least: 1,
    })
    expect(await update(serve([listAt(1)], []), pinned, policy)).toMatchObject({ code: 'PT-8036' })
    const cosigned = serve([listAt(1)], [], logKey, (text) => [cosign(text, 'w1', witness, 1)])
    expect(await update(cosigned, pinned, policy)).toEqual({ keys: kids(logEntry, intake) })
  })
})
