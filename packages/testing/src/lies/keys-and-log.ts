/** Lies about who signed, when a key counted, and what the log holds. */

import type { Role } from '@prooftrail/trail'
import { canonicalBytes } from '@prooftrail/trail/encoding'
import { kindOf } from '@prooftrail/trail/format'
import { signCheckpoint } from '@prooftrail/trail/log'
import { encodeUtf8, isObject, type JsonObject } from '../plain.ts'
import { exampleKey, exampleTrailKey } from '../trail/index.ts'
import { type Liar, pickDraft } from './objects.ts'
import { putAt } from './paths.ts'
import type { Telling } from './telling.ts'

const ALL_ROLES: readonly Role[] = [
  ...(['agent', 'intake', 'dispatch', 'executor', 'receipt', 'callback'] as const),
  ...(['attestation', 'operator', 'log', 'webhook'] as const),
]

/** Somebody signs whose key the list holds and who may not: another role, or another party's. */
export const falseSigner: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, () => true)
  if (draft === undefined) return undefined
  const { roles } = kindOf(draft.kind)
  const isOwned = roles.includes('agent') || draft.signer.roles.includes('executor')
  const foreign = random.below(2) === 0 && isOwned
  const role = foreign
    ? draft.signer.roles[0]
    : random.pick(ALL_ROLES.filter((one) => !roles.includes(one)))
  if (role === undefined) return undefined
  const party = foreign ? 'another-party' : draft.signer.party
  const thief = exampleKey(party, [role], `thief ${party} ${role}`)
  draft.signer = thief
  // the list holds the thief's key, or knows nothing of it
  if (random.below(4) > 0) telling.keys.push(exampleTrailKey(thief))
  return `${draft.name}: signed by ${party} as ${role}`
}

/** The key did not count yet, no more, or was revoked before. */
export const falseValidity: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, ({ kind }) => kind !== 'attestation')
  const at = telling.keys.findIndex(({ kid }) => kid === draft?.signer.key_id)
  const key = telling.keys[at]
  if (draft === undefined || key === undefined) return undefined
  const second = Math.floor(Date.parse(String(draft.object.issued_at)) / 1000)
  const change = random.pick([
    { nbf: second + 1 + random.below(100) },
    { exp: second - random.below(2) },
    { revoked_at_log_size: random.below(3) },
  ])
  telling.keys[at] = { ...key, ...change }
  return `${draft.name}: key with ${JSON.stringify(change)}`
}

/** Another signature, or one over other bytes. */
export const falseSignature: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, () => true)
  if (draft === undefined) return undefined
  const { name } = draft
  const value = random.pick([...[`${'A'.repeat(86)}==`, `${'A'.repeat(84)}====`, 'AAAA', '', 7]])
  telling.file = (bundle) => {
    putIn(bundle, name, 'envelope.signatures.0.sig', value)
    return bundle
  }
  return `${name}: sig = ${JSON.stringify(value)}`
}

/** The file's closed parts hold more, less or other than they may. */
export const falseFile: Liar = (telling, random) => {
  const name = random.pick(telling.drafts).name
  const [path, value] = random.pick<readonly [string, unknown]>([
    ['format', 'prooftrail-bundle/v2'],
    ['format', undefined],
    ['extra', true],
    ['log.extra', true],
    ['log.proof', undefined],
    ['log.index', '3'],
    ['log.index', -1],
    ['log.proof.0', 'AAAA'],
    ['log.origin', ''],
    ['pilot.extra', 'x'],
    ['pilot.proof_trail', 'work_order'],
    ['work_order_id', undefined],
    ['link:extra', 1],
    ['link:digest', undefined],
    ['link:digest', 'sha256:0'],
    ['link:name', 'note'],
    ['link:name', 7],
    ['link:envelope.extra', 1],
    ['link:envelope.payloadType', 'text/plain'],
    ['link:envelope.signatures', []],
    ['link:envelope.signatures.0.extra', 1],
    ['link:envelope.signatures.0.keyid', undefined],
    ['link:envelope.payload', undefined],
    ['text:{"format":"prooftrail-bundle/v1",', undefined],
    ['text:\ufeff', undefined],
    ['null', null],
  ])
  telling.file = (bundle) => {
    if (path.startsWith('text:')) {
      const text = JSON.stringify(bundle)
      return path === 'text:\ufeff' ? `\ufeff${text}` : text.replace('{', path.slice(5))
    }
    if (path.startsWith('link:')) putIn(bundle, name, path.slice(5), value)
    else if (value === null) Reflect.set(bundle, 'log', null)
    else putAt(bundle, path, value)
    return bundle
  }
  return `file: ${path} = ${JSON.stringify(value) ?? 'nothing'} (${name})`
}

/** The leaf is not the entry's statement digest, or stands elsewhere. */
export const falseLeaf: Liar = (telling, random) => {
  const { log } = telling
  switch (random.below(7)) {
    case 0:
      log.leaf = ({ object }) => canonicalBytes(object)
      return 'log: the leaf is the entry itself'
    case 1:
      log.leaf = ({ digest }) => encodeUtf8(digest)
      return "log: the leaf is the object's digest"
    case 2:
      log.leaf = ({ payload }) => encodeUtf8(payload)
      return 'log: the leaf is the statement'
    case 3:
      log.index = (index) => index + 1 + random.below(2)
      return 'log: another index'
    case 4:
      if (log.before === 0) return undefined
      log.index = (index) => index - 1
      return 'log: the index before'
    case 5:
      log.size = (size) => size - log.behind - 1
      return 'log: a checkpoint from before the entry'
    default:
      telling.file = (bundle) => {
        const proof: unknown = Reflect.get(Object(bundle.log), 'proof')
        if (Array.isArray(proof)) proof.reverse()
        if (Array.isArray(proof) && proof.length < 2) proof.push(proof[0])
        return bundle
      }
      return 'log: the proof in another order'
  }
}

/** The checkpoint is another log's, a stranger's, or not of three lines. */
export const falseCheckpoint: Liar = (telling, random) => {
  const { log: logKey } = telling.signers
  if (logKey === undefined) return undefined
  const choice = random.below(7)
  const thief = exampleKey(telling.origin, ['log'], `thief ${random.below(1e6)}`)
  telling.file = (bundle) => {
    const log = Object(bundle.log)
    const note = String(log.checkpoint)
    const [origin = '', size = '', root = ''] = note.split('\n')
    const bytes = Uint8Array.from(atob(root), (char) => char.charCodeAt(0))
    const again = (key: typeof logKey, at: number) =>
      signCheckpoint({ origin, size: at, root: bytes }, key)
    switch (choice) {
      case 0:
        log.checkpoint = again(thief, Number(size))
        break
      case 1:
        log.checkpoint = again(logKey, Number(log.index))
        break
      case 2:
        log.checkpoint = note.replace(`\n${size}\n`, `\n0${size}\n`)
        break
      case 3:
        log.origin = 'log.example.com/other'
        break
      case 4:
        log.checkpoint = note.slice(0, -1)
        break
      case 5:
        log.checkpoint = note.replace('\n\n', '\nmore\n\n')
        break
      default:
        log.checkpoint = note.split('\n\n')[0]
    }
    return bundle
  }
  return `log: checkpoint ${choice}`
}

/** The log's key had expired before the entry, or was revoked below this size. */
export const falseLogKey: Liar = (telling, random) => {
  const at = telling.keys.findIndex(({ roles }) => roles.includes('log'))
  const key = telling.keys[at]
  const entry = telling.drafts.findLast(({ kind }) => kind === 'ledger_entry')
  if (key === undefined || entry === undefined) return undefined
  const second = Math.floor(Date.parse(String(entry.object.issued_at)) / 1000)
  const change = random.pick([
    { exp: second },
    { revoked_at_log_size: 1 + random.below(5) },
    { party: 'log.example.com/other' },
    { roles: ['attestation'] as const },
  ])
  telling.keys[at] = { ...key, ...change }
  return `log: key with ${JSON.stringify(change)}`
}

/** The list of keys is none of the format. */
export const falseKeyList: Liar = (telling: Telling, random) => {
  const at = random.below(telling.keys.length)
  const key = telling.keys[at]
  if (key === undefined) return undefined
  const change = random.pick<JsonObject>([
    { kid: 'A'.repeat(43) },
    { alg: 'none' },
    { use: 'enc' },
    { kty: 'OKP2' },
    { crv: 'X25519' },
    { party: '' },
    { roles: [] },
    { roles: ['root'] },
    { d: 'secret' },
    { nbf: -1 },
    { exp: 1.5 },
    { revoked_at_log_size: '3' },
    { x: 'A'.repeat(43) },
  ])
  // what is put here is no key of the list
  telling.keys[at] = { ...key, ...change } as unknown as (typeof telling.keys)[number]
  return `keys: ${JSON.stringify(change)}`
}

function putIn(bundle: JsonObject, name: string, path: string, value: unknown): void {
  const links: unknown[] = Array.isArray(bundle.links) ? bundle.links : []
  const link = links.find((one) => isObject(one) && one.name === name)
  if (isObject(link)) putAt(link, path, value)
}
