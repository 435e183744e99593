import { exampleKey, exampleKeyPair, growTree } from '@prooftrail/testing/trail'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeUtf8 } from './bytes.ts'
import {
  cosign,
  cosignatureTimes,
  cosignerVkey,
  judgeAddCheckpoint,
  parseCosignerVkey,
  parseNote,
  parseSignatureLines,
  signCheckpoint,
  verifyCheckpoint,
  vkeyOf,
  withSignatures,
} from './log.ts'
import { consistencyProof, rootAt } from './merkle.ts'
import { signNote } from './note.ts'
import { encodeAddCheckpoint, type Witnessed } from './witness.ts'

const origin = 'log.example.com/a'
const logKey = exampleKey(origin, ['log'])
const other = exampleKey(origin, ['log'], 'another key')
const name = 'witness.example.com/w1'
const witness = exampleKey(name, ['log'])
const leaves = Array.from({ length: 80 }, (_, i) => encodeUtf8(`leaf ${i}`))
const { get } = growTree(leaves)
// the same log up to leaf 20, another one behind
const { get: getForked } = growTree([...leaves.slice(0, 20), ...leaves.slice(0, 60)])

const noteAt = (size: number, hashes = get, key = logKey) =>
  signCheckpoint({ origin, size, root: rootAt(size, hashes) }, key)
const request = (old: number, size: number, hashes = get) =>
  encodeAddCheckpoint({
    old,
    proof: consistencyProof(old, size, hashes),
    note: noteAt(size, hashes),
  })
const seen = (size: number, hashes = get): Witnessed => ({ size, root: rootAt(size, hashes) })
const judge = (body: string, latest?: Witnessed, keys = [logKey.privateKey]) =>
  judgeAddCheckpoint(
    body,
    (log) => (log === origin ? keys : undefined),
    () => latest,
  )

describe('cosignatures', () => {
  const note = noteAt(12)
  const { text } = parseNote(note)

  test('a cosigned checkpoint says when each witness saw it, and is the log’s as before', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.maxSafeNat(), { maxLength: 3 }), (times) => {
        const lines = times.map((time) => cosign(text, name, witness, time))
        const cosigned = withSignatures(note, [...lines, ...lines])
        const sorted = [...times].sort((a, b) => a - b)
        const signer = { name, key: witness.privateKey }
        expect(cosignatureTimes(parseNote(cosigned), signer)).toEqual(sorted)
        expect(verifyCheckpoint(cosigned, origin, logKey.privateKey).size).toBe(12)
      }),
    )
  })

  test('a line under the name of a witness that is not its signature takes all of them away', () => {
    const good = cosign(text, name, witness, 7)
    const signer = { name, key: witness.privateKey }
    const times = (...lines: string[]) =>
      cosignatureTimes(parseNote(withSignatures(note, lines)), signer)
    expect(times(good)).toEqual([7])
    expect(times(good, cosign(noteAt(13).split('\n\n')[0] ?? '', name, witness, 8))).toEqual([])
    // what another witness signed, or this one as a log's key, is none of its cosignatures
    expect(times(good, cosign(text, 'w2', exampleKey('w2', ['log']), 8))).toEqual([7])
    expect(times(signNote(text, name, witness).slice(text.length + 1))).toEqual([])
  })

  test('the verifier key of a witness is no verifier key of a log, and the other way round', () => {
    const vkey = cosignerVkey(name, witness.privateKey)
    const { kty, crv, x } = witness.privateKey
    expect(parseCosignerVkey(vkey)).toEqual({ name, key: { kty, crv, x } })
    const asLog = vkeyOf(name, witness.privateKey)
    expect(() => parseCosignerVkey(asLog)).toThrow(expect.objectContaining({ code: 'NOTE' }))
  })

  test('the example of the specification is a note with one log and one cosignature', () => {
    const example = [
      'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n',
      '— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n',
      '— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n',
    ].join('')
    const [, line] = parseNote(example).signatures
    expect(line?.signature).toHaveLength(72)
  })

  test('two keys of a log sign side by side, and either one opens the checkpoint', () => {
    const both = signCheckpoint({ origin, size: 12, root: rootAt(12, get) }, logKey, other)
    for (const { privateKey } of [logKey, other]) {
      expect(verifyCheckpoint(both, origin, privateKey).size).toBe(12)
    }
    expect(both.split('\n\n')[1]?.trimEnd().split('\n')).toHaveLength(2)
  })

  test('signature lines are lines and nothing else', () => {
    const line = cosign(text, name, witness, 7)
    expect(parseSignatureLines(line + line).map((one) => one.line)).toEqual([line, line])
    for (const wrong of ['', '\n', line.trimEnd(), `${line}\n`, note]) {
      expect(() => parseSignatureLines(wrong)).toThrow(expect.objectContaining({ code: 'NOTE' }))
    }
  })
})

describe('given a witness', () => {
  test('when a log grows, then each checkpoint that begins with the last one is cosigned', () => {
    for (const [old, size] of [
      [0, 0],
      [0, 1],
      [1, 1],
      [1, 20],
      [20, 77],
      [77, 80],
    ] as const) {
      const latest = old === 0 ? undefined : seen(old)
      expect(judge(request(old, size), latest)).toMatchObject({ status: 200, checkpoint: { size } })
    }
  })

  test('when a log shows another branch, then it is never cosigned, whatever the proof', () => {
    const sizes = fc.integer({ min: 21, max: 80 })
    fc.assert(
      fc.property(sizes, sizes, fc.array(fc.nat(79), { maxLength: 8 }), (old, size, picked) => {
        const proof = picked.map((i) => get(0, i))
        const forked = encodeAddCheckpoint({ old, proof, note: noteAt(size, getForked) })
        const { status } = judge(forked, seen(old))
        expect([400, 409, 422]).toContain(status)
        const made = judge(old <= size ? request(old, size, getForked) : forked, seen(old))
        expect(made.status).not.toBe(200)
      }),
    )
  })

  test('when the old size is not the one cosigned last, then it says that one', () => {
    expect(judge(request(20, 30), seen(25))).toMatchObject({ status: 409, size: 25 })
    expect(judge(request(20, 30))).toMatchObject({ status: 409, size: 0 })
    expect(judge(request(0, 30), seen(25))).toMatchObject({ status: 409, size: 25 })
    // a log that shrank
    expect(judge(request(20, 20), seen(25))).toMatchObject({ status: 409, size: 25 })
    expect(judge(request(25, 25, getForked), seen(25))).toMatchObject({ status: 409, size: 25 })
  })

  test('when nobody trusted signed it, then 403; an unknown log, then 404', () => {
    expect(judge(request(0, 30), undefined, [other.privateKey])).toMatchObject({ status: 403 })
    expect(judge(request(0, 30), undefined, [other.privateKey, logKey.privateKey])).toMatchObject({
      status: 200,
    })
    const unknown = judgeAddCheckpoint(
      request(0, 30),
      () => undefined,
      () => undefined,
    )
    expect(unknown).toMatchObject({ status: 404 })
  })

  test.each([
    '',
    'old 1',
    request(1, 5).replace('old 1', 'old 01'),
    request(1, 5).replace('old 1', 'new 1'),
    request(1, 5).replace('old 1', 'old -1'),
    request(6, 6).replace(/^(old 6)/, 'old 6\nAAAA'),
    encodeAddCheckpoint({ old: 7, proof: [], note: noteAt(6) }),
    encodeAddCheckpoint({ old: 1, proof: Array(64).fill(get(0, 0)), note: noteAt(6) }),
    encodeAddCheckpoint({ old: 0, proof: [], note: `${noteAt(6).split('\n\n')[0]}\n` }),
  ])('%# is a bad request', (body) => {
    expect(judge(body, seen(7)).status).toBe(400)
  })

  test('a proof from nothing is empty, and the empty log has one root', () => {
    const proof = [get(0, 0)]
    expect(judge(encodeAddCheckpoint({ old: 0, proof, note: noteAt(6) })).status).toBe(422)
    const empty = signCheckpoint({ origin, size: 0, root: get(0, 0) }, logKey)
    expect(judge(encodeAddCheckpoint({ old: 0, proof: [], note: empty })).status).toBe(422)
  })
})

test('a key of small order is no witness', () => {
  const vkey = cosignerVkey('w', { ...exampleKeyPair('w'), x: `AQ${'A'.repeat(41)}` })
  expect(() => parseCosignerVkey(vkey)).toThrow(expect.objectContaining({ code: 'KEY' }))
})
