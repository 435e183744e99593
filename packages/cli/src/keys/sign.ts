import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateKeyPair, publicJwk, type TrailKey, thumbprint } from '@prooftrail/trail'
import { canonicalize } from '@prooftrail/trail/encoding'
import {
  type Admins,
  KEY_LIST_FORMAT,
  type KeyList,
  type KeyListBody,
  keyListDigest,
  keyListFault,
  missingSignatures,
  parseAdmins,
  parseKeyList,
  renewalFault,
  signKeyList,
} from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { readKeys, reasonOf } from '../log/known-keys.ts'
import { colour, mark, type Output } from '../output.ts'
import { signingKey } from '../tools/keys.ts'
import { writeFileWhole } from '../whole-file.ts'
import { type ListFolder, openListFolder } from './lists.ts'

export interface SignOptions {
  /** Private JWKs of admins. */
  key: string[]
  /** `{ threshold, keys }` of the admins of the next list; required for the first. */
  admins?: string
  origin: string
}

/** Makes an admin's key; its public half goes into the file of admins. */
export function makeAdmin(path: string, out: Output): void {
  const { publicKey, privateKey } = generateKeyPair()
  try {
    const jwk = { ...privateKey, kid: thumbprint(publicKey) }
    writeFileSync(path, `${JSON.stringify(jwk)}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    throw new CommandError('PT-8006', `${path} cannot be written: ${reasonOf(error)}`, 2)
  }
  out.document(publicJwk(publicKey))
  out.say(`${mark('ok')} admin key ${thumbprint(publicKey)}`)
  out.say(`  public half  ${JSON.stringify(publicJwk(publicKey))}`)
}

/**
 * Signs the deployment's key list: makes the next one from `services.keys.json`, or adds signatures
 * to the one that waits for them. It is a list once the admins before it and its own have signed.
 * @param dir the deployment's keys; lists are in `key-lists` below it
 * @throws CommandError PT-8040 where there is nothing to sign or it must not be signed
 */
export function signList(dir: string, options: SignOptions, out: Output): void {
  const folder = openListFolder(join(dir, 'key-lists'))
  const before = folder.lists.at(-1)
  const { keys } = readKeys(join(dir, 'services.keys.json'))
  const waiting = folder.next
  if (waiting && sorted(waiting.keys) !== sorted(keys)) {
    const why = `${folder.path('next')} holds other keys than services.keys.json; remove it to begin again`
    throw new CommandError('PT-8040', why)
  }
  const body = waiting ?? nextBody(before, keys, options)
  const list = withSignatures({ signatures: [], ...body }, before, options.key)
  // one signature of an admin of both lists counts for both
  const missing = Math.max(
    missingSignatures(list, list.admins),
    before ? missingSignatures(list, before.admins) : 0,
  )
  const fault = missing === 0 ? keyListFault(list, before) : renewal(list, before)
  if (fault !== undefined) throw new CommandError('PT-8040', fault)
  save(folder, list, missing === 0)
  report(list, before, missing, out)
}

function nextBody(
  before: KeyList | undefined,
  keys: readonly TrailKey[],
  { admins: file, origin }: SignOptions,
): KeyListBody {
  const admins = file === undefined ? before?.admins : readAdmins(file)
  if (admins === undefined) {
    throw new CommandError(
      'PT-8040',
      'the first list needs --admins FILE: who signs, and how many',
      2,
    )
  }
  const isSame = before && canonicalize(before.admins) === canonicalize(admins)
  if (before && isSame && sorted(before.keys) === sorted(keys)) {
    throw new CommandError(
      'PT-8040',
      `version ${before.version} holds these keys and admins already`,
    )
  }
  return {
    format: KEY_LIST_FORMAT,
    origin: before?.origin ?? origin,
    version: (before?.version ?? 0) + 1,
    issued_at: new Date().toISOString(),
    ...(before && { previous: keyListDigest(before) }),
    ...{ admins, keys },
  }
}

function readAdmins(path: string): Admins {
  const value = readJsonFile(path)
  try {
    return parseAdmins(value)
  } catch (error) {
    throw new CommandError('PT-8006', `${path}: ${reasonOf(error)}`, 2)
  }
}

/** The list with a signature of each key; a key that is no admin's signs nothing. */
function withSignatures(list: KeyList, before: KeyList | undefined, files: string[]): KeyList {
  const admins = new Set([...list.admins.keys, ...(before?.admins.keys ?? [])].map(thumbprint))
  const made = files.map((file) => {
    const key = signingKey(readJsonFile(file), 'admin', 'operator')
    if (!admins.has(key.key_id)) throw new CommandError('PT-8040', `${file} is no admin's key`)
    return signKeyList(list, key)
  })
  const own = list.signatures.filter(({ keyid }) => made.every((one) => one.keyid !== keyid))
  // what is written is what everybody reads: strictly
  return parseKeyList({ ...list, signatures: [...own, ...made] })
}

function renewal(list: KeyList, before: KeyList | undefined): string | undefined {
  return before && renewalFault(list.keys, before.keys)
}

function save(folder: ListFolder, list: KeyList, isWhole: boolean): void {
  const next = folder.path('next')
  writeFileWhole(next, `${JSON.stringify(list, null, 2)}\n`, 0o644)
  if (!isWhole) return
  const path = folder.path(list.version)
  if (existsSync(path)) {
    rmSync(next)
    throw new CommandError('PT-8040', `${path} is there already`)
  }
  renameSync(next, path)
}

function report(list: KeyList, before: KeyList | undefined, missing: number, out: Output): void {
  const known = new Map(before?.keys.map((key) => [key.kid, canonicalize(key)]))
  const changed = list.keys.filter((key) => known.get(key.kid) !== canonicalize(key))
  const digest = keyListDigest(list)
  const { version, admins } = list
  out.document({ version, digest, missing, changed, admins })
  out.say(`key list ${colour.bold(String(version))} of ${list.origin}  ${digest}`)
  for (const { kid, party, roles, exp, revoked_at_log_size } of changed) {
    const what = known.has(kid) ? 'changed' : 'new'
    const end = exp === undefined ? '' : ` until ${new Date(exp * 1000).toISOString()}`
    const revoked = revoked_at_log_size === undefined ? '' : ` revoked at ${revoked_at_log_size}`
    out.say(`  ${what}  ${party} (${roles.join(', ')})  ${kid}${end}${revoked}`)
  }
  out.say(
    missing === 0
      ? `${mark('ok')} signed by ${admins.threshold} of ${admins.keys.length} admins`
      : `${mark('part')} at least ${missing} more must sign: admins of this list, and of the one before`,
  )
}

function sorted(keys: readonly TrailKey[]): string {
  return canonicalize([...keys].sort((a, b) => (a.kid < b.kid ? -1 : 1)))
}
