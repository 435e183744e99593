import { type KeySet, parseKeySet, type TrailKey } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import {
  addPartyKeys,
  applyPolicy,
  decodeEntries,
  entryLeaf,
  type KeyList,
  keyListDigest,
  keyListFault,
  keyLogOrigin,
  leafHash,
  MerkleTree,
  parseKeyList,
  parsePolicy,
  tilesForSize,
} from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { openSigned, reasonOf } from '../log/known-keys.ts'
import { type LogSource, openLogSource } from '../log/source.ts'
import { mark, type Output } from '../output.ts'
import { writeFileWhole } from '../whole-file.ts'

export interface UpdateOptions {
  /** Whoever serves lists and keys; nothing of it is trusted. */
  from: string
  pinned: string
  /** Whose cosignatures the log of key lists must have. */
  policy?: string
}

const FORMAT = 'prooftrail-pin/v1'
/** Lists are made by hand; more than that is not meant. */
const MAX_LISTS = 10_000
const MAX_LIST = 4_000_000

/** What is pinned: the newest signed list that was believed, and keys of agents and tools beside it. */
interface Pin {
  list: KeyList
  keys: readonly TrailKey[]
}

/**
 * Renews a pinned key list: every list since the pinned one is signed as the one before it says, all
 * are in the log of key lists, and agents' and tools' keys are added by the rules that bind whoever
 * serves them. The file is replaced as a whole, or not at all.
 * @throws CommandError PT-8041 for a fork, PT-8042 for a rollback, PT-8043 for what does not follow
 */
export async function updateKeys(options: UpdateOptions, out: Output): Promise<void> {
  const { from, pinned } = options
  const pin = readPin(pinned)
  const source = openLogSource(`${from.replace(/\/+$/, '')}/key-lists`)
  const note =
    (options.policy === undefined ? undefined : await source.cosigned()) ??
    (await source.checkpoint())
  const { leaves, root } = await readLeaves(source, note)
  const { version } = pin.list
  if (leaves.length < version) {
    throw new CommandError(
      'PT-8042',
      `${from} has ${leaves.length} key lists; version ${version} is pinned`,
    )
  }
  if (leaves[version - 1] !== leafOf(pin.list)) {
    throw new CommandError(
      'PT-8041',
      `${from} shows another version ${version} than the pinned one`,
    )
  }
  const newest = await follow(source, pin.list, leaves)
  checkLogged(note, root, newest, options)
  const served = await readServed(from)
  const keys = merged(newest, pin, served)
  const text = { format: FORMAT, list: newest, keys }
  writeFileWhole(pinned, `${JSON.stringify(text, null, 2)}\n`, 0o644)
  const before = new Set(pin.keys.map(({ kid }) => kid))
  const added = keys.filter(({ kid }) => !before.has(kid))
  out.document({ version: newest.version, digest: keyListDigest(newest), before: version, added })
  out.say(
    `${mark('ok')} key list ${newest.version} (was ${version}), ${keys.length} keys, ${added.length} new`,
  )
  for (const { kid, party, roles } of added)
    out.say(`  new  ${party} (${roles.join(', ')})  ${kid}`)
}

function readPin(path: string): Pin {
  const value = Object(readJsonFile(path))
  try {
    const list = parseKeyList(value.format === FORMAT ? value.list : value)
    return { list, keys: parseKeySet(value).keys }
  } catch (error) {
    const why = `${path} is neither a signed key list nor a pinned one: ${reasonOf(error)}`
    throw new CommandError('PT-8006', why, 2)
  }
}

/** The leaves of the log of key lists, and the root that they give. */
async function readLeaves(source: LogSource, note: string) {
  const size = Number(note.split('\n')[1])
  if (!(size <= MAX_LISTS))
    throw new CommandError('PT-8043', `${source.place} shows ${size} key lists`)
  const leaves: string[] = []
  const tree = new MerkleTree()
  for (const tile of tilesForSize(size)) {
    if (tile.level !== 'entries') break
    for (const entry of entriesOf(await source.tile(tile)).slice(0, tile.width)) {
      leaves.push(new TextDecoder().decode(entry))
      tree.append(leafHash(entry))
    }
  }
  return { leaves, root: tree.root() }
}

function entriesOf(bytes: Uint8Array): Uint8Array[] {
  try {
    return decodeEntries(bytes)
  } catch (error) {
    throw new CommandError('PT-8043', `the log of key lists cannot be read: ${reasonOf(error)}`)
  }
}

/** Goes from the pinned list to the newest, one by one. */
async function follow(source: LogSource, pinned: KeyList, leaves: string[]): Promise<KeyList> {
  let newest = pinned
  for (let version = pinned.version + 1; version <= leaves.length; version++) {
    const list = parsed(await source.file(`${version}.json`, MAX_LIST), version)
    const fault =
      leafOf(list) === leaves[version - 1] ? keyListFault(list, newest) : 'it is not the logged one'
    if (fault !== undefined) throw new CommandError('PT-8043', `version ${version}: ${fault}`)
    newest = list
  }
  return newest
}

function parsed(bytes: Uint8Array, version: number): KeyList {
  try {
    return parseKeyList(bytes)
  } catch (error) {
    throw new CommandError('PT-8043', `version ${version}: ${reasonOf(error)}`)
  }
}

/** The newest list's own log key signed the log of lists, whose leaves these are; and who else must have. */
function checkLogged(
  note: string,
  root: Uint8Array,
  list: KeyList,
  { policy }: UpdateOptions,
): void {
  const checkpoint = openSigned(note, { keys: list.keys }, Date.now())
  if (
    checkpoint.origin !== keyLogOrigin(list.origin) ||
    !Buffer.from(checkpoint.root).equals(root)
  ) {
    throw new CommandError('PT-8043', 'the log of key lists is not what its checkpoint says')
  }
  if (policy === undefined) return
  const { logs: _, ...witnesses } = parsePolicy(JSON.stringify(readJsonFile(policy)))
  const { missing } = applyPolicy(note, checkpoint.origin, 0, witnesses)
  if (missing > 0)
    throw new CommandError('PT-8036', `${missing} cosignatures of the key lists are missing`)
}

/** keys.json as it is served; only agents and tools are taken from it. */
async function readServed(from: string): Promise<KeySet> {
  const bytes = await openLogSource(from).file('keys.json', MAX_LIST * 8)
  try {
    return parseKeySet(parseStrict(bytes))
  } catch (error) {
    throw new CommandError('PT-8043', `${from}/keys.json: ${reasonOf(error)}`)
  }
}

/** The newest list's keys, with those of agents and tools that were pinned before and that are new. */
function merged(newest: KeyList, pin: Pin, served: KeySet): TrailKey[] {
  const listed = new Set(newest.keys.map(({ kid }) => kid))
  const parties = pin.keys.filter(({ kid }) => !listed.has(kid))
  try {
    return addPartyKeys({ keys: [...newest.keys, ...parties] }, served)
  } catch (error) {
    throw new CommandError('PT-8043', `${reasonOf(error)}`)
  }
}

function leafOf(list: KeyList): string {
  return new TextDecoder().decode(entryLeaf(keyListDigest(list)))
}
