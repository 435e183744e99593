/** The proof that the closing record is in the log. */

import type { SigningKey } from '@prooftrail/trail'
import { inclusionProof, parseCheckpoint, rootAt, signCheckpoint } from '@prooftrail/trail/log'
import { encodeUtf8, fromBase64, toBase64 } from '../plain.ts'
import { EXAMPLE_ORIGIN, exampleKey, growTree } from '../trail/index.ts'
import type { Subject, Tampered } from './subject.ts'

/** The genuine proof of another leaf of the same log, or the same proof at another place. */
export function anotherLeaf(subject: Subject): Tampered | undefined {
  const { bundle, example, random } = subject
  const index = random.below(example.leaves.length + 20)
  if (index === bundle.log.index) return undefined
  bundle.log.index = index
  if (index < example.leaves.length && random.below(2) === 0) {
    const { tree, get } = growTree(example.leaves)
    bundle.log.proof = inclusionProof(index, tree.size, get).map(toBase64)
  }
  return inLog(subject)
}

/** A hash of the proof is another, gone, one too many, or out of order. */
export function anotherProof(subject: Subject): Tampered | undefined {
  const { proof } = subject.bundle.log
  const { random } = subject
  const at = random.below(proof.length)
  const bytes = fromBase64(proof[at] ?? '') ?? new Uint8Array(32)
  const byte = random.below(32)
  bytes[byte] = (bytes[byte] ?? 0) ^ (1 + random.below(255))
  const hash = toBase64(bytes)
  switch (random.below(4)) {
    case 0:
      proof.splice(at, 1)
      break
    case 1:
      proof.splice(at, 0, hash)
      break
    case 2:
      if (proof.length < 2) return undefined
      proof.push(...proof.splice(at % (proof.length - 1), 1))
      break
    default:
      proof.splice(at, 1, hash)
  }
  return inLog(subject)
}

/** A genuine checkpoint from before the entry was logged. */
export function olderCheckpoint(subject: Subject): Tampered | undefined {
  const { bundle, example, random } = subject
  const size = 1 + random.below(bundle.log.index)
  const { get } = growTree(example.leaves)
  const root = rootAt(size, get)
  bundle.log.checkpoint = signCheckpoint({ origin: EXAMPLE_ORIGIN, size, root }, logKey(subject))
  if (random.below(2) === 0) {
    const index = random.below(size)
    bundle.log.proof = inclusionProof(index, size, get).map(toBase64)
    if (random.below(2) === 0) bundle.log.index = index
  }
  return inLog(subject)
}

/** The log's own checkpoint of a log in which another leaf stands somewhere, maybe in the entry's place. */
export function forkedCheckpoint(subject: Subject): Tampered | undefined {
  const { bundle, example, random } = subject
  const at = random.below(example.leaves.length)
  const leaf = encodeUtf8(`another leaf ${random.below(1_000_000)}`)
  const { tree, get } = growTree(example.leaves.with(at, leaf))
  const checkpoint = { origin: EXAMPLE_ORIGIN, size: tree.size, root: tree.root() }
  bundle.log.checkpoint = signCheckpoint(checkpoint, logKey(subject))
  if (at === bundle.log.index && random.below(2) === 0) {
    bundle.log.proof = inclusionProof(at, tree.size, get).map(toBase64)
  }
  return inLog(subject)
}

/** A checkpoint that another key signed under the log's name, or that another log did. */
export function foreignCheckpoint(subject: Subject): Tampered | undefined {
  const { bundle, random } = subject
  const label = `thief ${random.below(1_000_000)}`
  const { size, root } = parseCheckpoint(bundle.log.checkpoint)
  const origin = random.pick([EXAMPLE_ORIGIN, 'log.example.com/other'])
  const key = exampleKey(origin, ['log'], label)
  bundle.log.checkpoint = signCheckpoint({ origin, size, root }, key)
  if (random.below(2) === 0) bundle.log.origin = origin
  return inLog(subject)
}

/** Any character of the checkpoint or of the origin. */
export function editedCheckpoint(subject: Subject): Tampered | undefined {
  const { log } = subject.bundle
  const { random } = subject
  const text = [...log.checkpoint]
  const at = random.below(text.length)
  const other = random.pick(['0', '7', 'x', '\n', ' ', '—'])
  const kept = random.below(2)
  if (text[at] === other && kept === 0) return undefined
  log.checkpoint = text.toSpliced(at, 1 - kept, other).join('')
  return inLog(subject)
}

function inLog({ bundle, example }: Subject): Tampered {
  return { bundle, keys: example.keys, touched: ['log'] }
}

function logKey({ example: { signers } }: Subject): SigningKey {
  const { log } = signers
  if (log === undefined) throw new Error('the example has no log')
  return log
}
