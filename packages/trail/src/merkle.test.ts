import { exampleKey, growTree } from '@prooftrail/testing/trail'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from './checkpoint.ts'
import { sha256 } from './digest.ts'
import {
  consistencyProof,
  emptyRoot,
  frontierAt,
  inclusionProof,
  leafHash,
  MerkleTree,
  neededNodes,
  nodeHash,
  rootAt,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from './merkle.ts'
import { openNote, parseNote, parseVkey, signNote, vkeyOf } from './note.ts'
import { type FetchTile, tileTree } from './tile-source.ts'
import {
  decodeEntries,
  encodeEntries,
  encodeHashes,
  newTiles,
  parseTilePath,
  type Tile,
  tilePath,
  tileReader,
  tilesForSize,
} from './tiles.ts'

const leaf = (i: number) => new TextEncoder().encode(`leaf ${i}`)
const leaves = (size: number) => Array.from({ length: size }, (_, i) => leaf(i))
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** MTH as RFC 6962 section 2.1 defines it, word for word. */
function definition(list: Uint8Array[]): Uint8Array {
  const [only] = list
  if (only === undefined) return sha256(new Uint8Array())
  if (list.length === 1) return leafHash(only)
  let k = 1
  while (k * 2 < list.length) k *= 2
  return nodeHash(definition(list.slice(0, k)), definition(list.slice(k)))
}

describe('the tree', () => {
  test('its root is that of the definition at every size', () => {
    const { get } = growTree(leaves(70))
    const tree = new MerkleTree()
    for (let size = 0; size <= 70; size++) {
      const expected = hex(definition(leaves(size)))
      expect(hex(tree.root())).toBe(expected)
      expect(hex(rootAt(size, get))).toBe(expected)
      expect(hex(rootOf(frontierAt(size, get)))).toBe(expected)
      expect(hex(MerkleTree.from(tree.frontier()).root())).toBe(expected)
      tree.append(leafHash(leaf(size)))
    }
    expect(hex(emptyRoot())).toMatch(/^e3b0c44298fc/)
  })

  test('proves every leaf of every size, and no other', () => {
    const { get } = growTree(leaves(40))
    for (let size = 1; size <= 40; size++) {
      const root = rootAt(size, get)
      for (let index = 0; index < size; index++) {
        const proof = inclusionProof(index, size, get)
        const holds = (i: number, at = index, of = size) =>
          verifyInclusion(leafHash(leaf(i)), at, of, proof, root)
        expect(holds(index)).toBe(true)
        expect(holds(index + 1)).toBe(false)
        expect(size > 1 && holds(index, (index + 1) % size)).toBe(false)
        expect(verifyInclusion(leafHash(leaf(index)), index, size, [...proof, root], root)).toBe(
          false,
        )
        if (proof.length > 0)
          expect(verifyInclusion(leafHash(leaf(index)), index, size, proof.slice(1), root)).toBe(
            false,
          )
      }
    }
  })

  test('proves that every size begins with every smaller one', () => {
    const { get } = growTree(leaves(40))
    for (let size = 0; size <= 40; size++) {
      for (let from = 0; from <= size; from++) {
        const proof = consistencyProof(from, size, get)
        const [old, grown] = [rootAt(from, get), rootAt(size, get)]
        expect(verifyConsistency(from, size, proof, old, grown)).toBe(true)
        const forked = Uint8Array.from(old, (byte, i) => (i === 0 ? byte ^ 1 : byte))
        expect(verifyConsistency(from, size, proof, forked, grown)).toBe(false)
        expect(verifyConsistency(from, size, [...proof, grown], old, grown)).toBe(false)
      }
    }
  })

  test('between any two sizes a proof out of the tiles holds, and one hash more, less or other does not', async () => {
    const size = 200
    const { get } = growTree(leaves(size))
    const tile: FetchTile = async ({ level, index, width }) =>
      encodeHashes(Array.from({ length: width }, (_, i) => get(level * 8, index * 256 + i)))
    const tiles = tileTree(size, tile)
    const roots = Array.from({ length: size + 1 }, (_, i) => rootAt(i, get))
    const rootOfSize = (at: number) => roots[at] ?? new Uint8Array()
    const wrong: string[] = []
    for (let to = 0; to <= size; to++) {
      for (let from = 0; from <= to; from++) {
        const proof = consistencyProof(from, to, get)
        const holds = (one: readonly Uint8Array[], old = from) =>
          verifyConsistency(old, to, one, rootOfSize(from), rootOfSize(to))
        if (!holds(proof)) wrong.push(`${from} to ${to} is refused`)
        // of what does not hold, every seventh pair is enough
        if ((from + to) % 7 > 0) continue
        const changed = proof.map((hash, i) => (i === 0 ? leafHash(hash) : hash))
        const lies = [[...proof, leafHash(leaf(0))], proof.slice(1), changed]
        if (proof.length > 0 && lies.some((one) => holds(one)))
          wrong.push(`${from} to ${to}: a lie`)
        if (from > 1 && holds(proof, from - 1)) wrong.push(`${from} to ${to}: another size`)
      }
    }
    expect(wrong).toEqual([])
    for (const [from, to] of [
      [0, 0],
      [1, 2],
      [3, 7],
      [64, 65],
      [127, 200],
      [199, 200],
    ] as const) {
      const proof = consistencyProof(from, to, get)
      expect((await tiles.consistency(from, to)).map(hex)).toEqual(proof.map(hex))
      expect(hex(await tiles.root(to))).toBe(hex(rootOfSize(to)))
    }
    await expect(tiles.root(size + 1)).rejects.toMatchObject({ code: 'LOG_INDEX' })
    await expect(tiles.consistency(5, size + 1)).rejects.toMatchObject({ code: 'LOG_INDEX' })
    const short = tileTree(size, async () => new Uint8Array(32))
    await expect(short.root()).rejects.toMatchObject({ code: 'LOG_TILE' })
  })

  test('sizes beyond 32 bits are numbers like all others', () => {
    const hash = sha256(Uint8Array.of(1))
    const size = 2 ** 40 + 3
    // all leaves alike, so each level has one hash
    const levels = [hash]
    const get = (level: number): Uint8Array => {
      const known = levels[level]
      if (known !== undefined) return known
      const below = get(level - 1)
      levels[level] = nodeHash(below, below)
      return levels[level]
    }
    const proof = inclusionProof(2 ** 40, size, get)
    const root = rootAt(size, get)
    expect(verifyInclusion(hash, 2 ** 40, size, proof, root)).toBe(true)
    expect(verifyInclusion(hash, 2 ** 40 + 1, size, proof, root)).toBe(true)
    expect(verifyInclusion(hash, 5, size, proof, root)).toBe(false)
    expect(neededNodes((ask) => inclusionProof(2 ** 40, size, ask)).length).toBe(3)
  })

  test('what is no tree is answered, never thrown', () => {
    const hash = new Uint8Array(32)
    expect(verifyInclusion(hash, 0, 0, [], hash)).toBe(false)
    expect(verifyInclusion(hash, -1, 5, [], hash)).toBe(false)
    expect(verifyInclusion(hash, 0.5, 5, [], hash)).toBe(false)
    expect(verifyInclusion(hash, 0, 1, [], new Uint8Array(31))).toBe(false)
    expect(() => inclusionProof(5, 5, () => hash)).toThrow(
      expect.objectContaining({ code: 'LOG_INDEX' }),
    )
    expect(() => MerkleTree.from({ size: 3, hashes: [] })).toThrow(
      expect.objectContaining({ code: 'LOG_INDEX' }),
    )
  })
})

describe('tiles', () => {
  test('their paths are those of the specification', () => {
    expect(tilePath({ level: 0, index: 1234067, width: 256 })).toBe('tile/0/x001/x234/067')
    expect(tilePath({ level: 1, index: 0, width: 3 })).toBe('tile/1/000.p/3')
    expect(tilePath({ level: 'entries', index: 5, width: 256 })).toBe('tile/entries/005')
    fc.assert(
      fc.property(
        fc.constantFrom('entries' as const, 0, 1, 7),
        fc.nat(10 ** 9),
        fc.integer({ min: 1, max: 256 }),
        (level, index, width) => {
          expect(parseTilePath(tilePath({ level, index, width }))).toEqual({ level, index, width })
        },
      ),
    )
    for (const path of [
      'tile/0/1',
      'tile/0/000.p/0',
      'tile/0/000.p/256',
      'tile/0/x000/001',
      'tile/00/001',
      'tile/0/000.p/01',
      'tile/64/000',
      '../x',
      'tile/0/x001/23',
    ]) {
      expect(() => parseTilePath(path)).toThrow(expect.objectContaining({ code: 'LOG_TILE' }))
    }
  })

  test('all roots and proofs come out of the tiles of a size', () => {
    const size = 700
    const { get, tree } = growTree(leaves(size))
    const files = new Map<string, Uint8Array>()
    for (const tile of tilesForSize(size)) {
      if (tile.level === 'entries') continue
      const { level, index, width } = tile
      files.set(
        tilePath(tile),
        encodeHashes(Array.from({ length: width }, (_, i) => get(level * 8, index * 256 + i))),
      )
    }
    expect([...files.keys()]).toEqual([
      'tile/0/000',
      'tile/0/001',
      'tile/0/002.p/188',
      'tile/1/000.p/2',
    ])
    const read = tileReader(size, (tile: Tile) => {
      const file = files.get(tilePath(tile))
      if (file === undefined) throw new Error(tilePath(tile))
      return file
    })
    expect(hex(rootAt(size, read))).toBe(hex(tree.root()))
    for (const index of [0, 255, 256, 511, 512, 699]) {
      expect(inclusionProof(index, size, read).map(hex)).toEqual(
        inclusionProof(index, size, get).map(hex),
      )
    }
  })

  test('each tile of a growing log is written once per size it has', () => {
    expect(newTiles(0, 0)).toEqual([])
    expect(newTiles(255, 257).map(tilePath)).toEqual([
      'tile/entries/000',
      'tile/entries/001.p/1',
      'tile/0/000',
      'tile/0/001.p/1',
      'tile/1/000.p/1',
    ])
    expect(newTiles(256, 257).map(tilePath)).toEqual(['tile/entries/001.p/1', 'tile/0/001.p/1'])
    const last = (path: string) => path.replace(/\.p\/.*/, '')
    const grown = new Map<string, string>()
    for (let size = 1; size <= 600; size++) {
      for (const tile of newTiles(size - 1, size)) grown.set(last(tilePath(tile)), tilePath(tile))
    }
    expect([...grown.values()].sort()).toEqual(tilesForSize(600).map(tilePath).sort())
  })

  test('entries are read as they were written', () => {
    const entries = [new Uint8Array(), leaf(1), new Uint8Array(65_535).fill(7)]
    expect(decodeEntries(encodeEntries(entries)).map(hex)).toEqual(entries.map(hex))
    expect(() => encodeEntries([new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: 'LOG_TILE' }),
    )
    for (const bytes of [[0], [0, 2, 1], [0, 0, 1]]) {
      expect(() => decodeEntries(Uint8Array.from(bytes))).toThrow(
        expect.objectContaining({ code: 'LOG_TILE' }),
      )
    }
  })
})

describe('notes', () => {
  const origin = 'log.example.com/a'
  const key = exampleKey(origin, ['log'])
  const checkpoint = { origin, size: 12, root: sha256(Uint8Array.of(1)) }
  const note = signCheckpoint(checkpoint, key)

  test('a checkpoint is read by the key that signed it and by no other', () => {
    expect(verifyCheckpoint(note, origin, key.privateKey)).toEqual({
      ...checkpoint,
    })
    expect(() => verifyCheckpoint(note, origin, exampleKey('b', ['log']).privateKey)).toThrow()
    expect(() => verifyCheckpoint(note, 'log.example.com/b', key.privateKey)).toThrow()
    expect(() =>
      verifyCheckpoint(note.replace('\n12\n', '\n13\n'), origin, key.privateKey),
    ).toThrow()
  })

  test('signatures of others are ignored, a wrong one of ours is not', () => {
    const cosigned = note + parseLine(signNote('x\n', 'witness', exampleKey('witness', ['log'])))
    expect(verifyCheckpoint(cosigned, origin, key.privateKey).size).toBe(12)
    const other = note + parseLine(signNote('other\n', origin, key))
    expect(() => verifyCheckpoint(other, origin, key.privateKey)).toThrow(
      expect.objectContaining({ code: 'NOTE' }),
    )
  })

  test.each([
    '',
    '\n',
    'a\n',
    'a\n\n',
    `a\n1\nAAAA\n\n${parseLine(note)}`,
    note.trimEnd(),
    note.replace('\n12\n', '\n012\n'),
    note.replace('\n\n', '\nextension\n\n'),
    note.replace('\u2014', '-'),
    note.replace('12', '\u0001'),
  ])('%# is no checkpoint', (text) => {
    expect(() => parseCheckpoint(text)).toThrow()
  })

  test('a verifier key is one line that names the log and its key', () => {
    const vkey = vkeyOf(origin, key.privateKey)
    expect(parseVkey(vkey)).toEqual({
      name: origin,
      key: { kty: 'OKP', crv: 'Ed25519', x: key.privateKey.x },
    })
    expect(() => parseVkey(vkey.replace('example', 'elsewhere'))).toThrow()
    // the key and note of the reference implementation's documentation
    const peter = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
    const saying =
      "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    const signed = `${saying}\n\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`
    expect(openNote(signed, 'PeterNeumann', parseVkey(peter).key)).toBe(saying)
    expect(parseNote(signed).signatures[0]?.keyHash).toBe('c74f20a3')
  })

  function parseLine(text: string): string {
    return text.slice(text.indexOf('\n\n') + 2)
  }
})
