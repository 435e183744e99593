import {
  checkManifest,
  type Manifest,
  type ManifestVersion,
  type ToolAnnounced,
  type ToolRegistered,
} from '@prooftrail/contracts'
import { Refusal, toolDocument } from '@prooftrail/runtime'
import { canonicalBytes, digestOf } from '@prooftrail/trail/encoding'
import { keyFault, trailKeyFrom } from '@prooftrail/trail/format'
import { isSignedByItsKey } from './announcement.ts'
import { describeFaults } from './describe-faults.ts'
import { holderFault } from './key-holders.ts'
import { addKey, keyFaults } from './public-keys.ts'
import type { Context, IntakeEvent, State, ToolInput } from './state.ts'

/** What all versions of one tool together may take as JSON: they travel in one message. */
const MAX_VERSIONS_BYTES = 3 * 1024 * 1024

/**
 * Registers a tool version, withdraws one, or names the one that new orders take. The first key
 * that announces a name holds it; a registered manifest never changes, but that it was checked may
 * be said later; what is said already is said once.
 * @throws Refusal PT-1041 to PT-1048: the announcement is parked, the registration stays
 */
export function onToolAnnounced(
  state: State,
  { at, data }: ToolInput,
  { holders }: Pick<Context, 'holders'>,
): IntakeEvent[] {
  const known = state.status === 'tool' ? state.tool : undefined
  checkAnnouncer(data, known, at)
  const foreign = holderFault(toolDocument(data.tool), [data.key.kid], holders)
  if (foreign) throw new Refusal(foreign.code, foreign.detail)
  if (data.withdraw === true) return withdraw(data, known, at)
  if (data.pin !== undefined) return pin(data, known, data.pin, at)
  const manifest_digest = digestOf(data.manifest)
  const same = known?.versions.find(({ version }) => version === data.version)
  if (same) {
    if (same.manifest_digest === manifest_digest) return recheck(data, known, same, at)
    throw new Refusal('PT-1044', `${data.tool} ${data.version} is another manifest`, {
      firstDigest: same.manifest_digest,
    })
  }
  const version = makeVersion(data, manifest_digest, at)
  return [registered(data, known, [...(known?.versions ?? []), version], at, known?.pinned)]
}

function checkAnnouncer(data: ToolAnnounced, known: ToolRegistered | undefined, at: string): void {
  const faults = keyFaults(data.key)
  const key = trailKeyFrom(data.key, data.tool, 'executor')
  if (keyFault(key, 'executor', at) === 'KEY_EXPIRED') faults.push(`key: expired at ${at}`)
  if (faults.length > 0) throw new Refusal('PT-1046', faults.join('; '))
  if (!isSignedByItsKey(data)) {
    throw new Refusal('PT-1041', `not the signature of ${data.key.kid}`)
  }
  if (known === undefined) return
  const holder = known.keys.find(({ kid }) => kid === data.key.kid)
  if (holder === undefined) {
    throw new Refusal('PT-1042', `${data.tool} belongs to ${known.keys.map(({ kid }) => kid)}`)
  }
  if (keyFault(trailKeyFrom(holder, data.tool, 'executor'), 'executor', at) === 'KEY_EXPIRED') {
    throw new Refusal('PT-1046', `key: expired at ${at}`)
  }
}

function withdraw(
  data: ToolAnnounced,
  known: ToolRegistered | undefined,
  at: string,
): IntakeEvent[] {
  const named = known?.versions.find(({ version }) => version === data.version)
  if (named === undefined) throw new Refusal('PT-1045', `${data.tool} has no ${data.version}`)
  if (named.withdrawn_at !== undefined) return []
  const pinned = known?.pinned === named.version ? undefined : known?.pinned
  return [
    registered(data, known, exchange(known, named, { ...named, withdrawn_at: at }), at, pinned),
  ]
}

/** Names the version that new orders take, or goes back to the newest. Orders in flight keep theirs. */
function pin(
  data: ToolAnnounced,
  known: ToolRegistered | undefined,
  wanted: boolean,
  at: string,
): IntakeEvent[] {
  const named = known?.versions.find(({ version }) => version === data.version)
  if (known === undefined || named === undefined || named.withdrawn_at !== undefined) {
    throw new Refusal('PT-1045', `${data.tool} has no ${data.version} in service`)
  }
  const pinned = wanted ? named.version : undefined
  if (pinned === known.pinned) return []
  return [registered(data, known, known.versions, at, pinned)]
}

/** The same manifest said again: news is only that it passed its suite, or that it was forced. */
function recheck(
  data: ToolAnnounced,
  known: ToolRegistered | undefined,
  same: ManifestVersion,
  at: string,
): IntakeEvent[] {
  if (same.withdrawn_at !== undefined || same.checked === true) return []
  const { forced, ...rest } = same
  if (data.checked === true) {
    const checked = exchange(known, same, { ...rest, checked: true })
    return [registered(data, known, checked, at, known?.pinned)]
  }
  if (data.forced !== true || forced === true) return []
  const marked = exchange(known, same, { ...same, forced: true })
  return [registered(data, known, marked, at, known?.pinned)]
}

function exchange(
  known: ToolRegistered | undefined,
  old: ManifestVersion,
  fresh: ManifestVersion,
): ManifestVersion[] {
  return (known?.versions ?? []).map((one) => (one === old ? fresh : one))
}

function makeVersion(data: ToolAnnounced, manifest_digest: string, at: string): ManifestVersion {
  const { tool, version } = data
  const faults = checkManifest(data.manifest)
  if (faults.length > 0) throw new Refusal('PT-1043', describeFaults(faults, 'manifest'))
  // checkManifest found no fault
  const manifest = data.manifest as unknown as Manifest
  const others = [
    ...(manifest.tool === tool ? [] : [{ path: '/tool', detail: `is not ${tool}` }]),
    ...(manifest.version === version ? [] : [{ path: '/version', detail: `is not ${version}` }]),
  ]
  if (others.length > 0) throw new Refusal('PT-1043', describeFaults(others, 'manifest'))
  return {
    ...{ version, manifest: data.manifest, manifest_digest },
    ...{ price: manifest.price.credits, registered_at: at },
    ...(data.checked === true ? { checked: true } : data.forced === true ? { forced: true } : {}),
  }
}

function registered(
  data: ToolAnnounced,
  known: ToolRegistered | undefined,
  versions: ManifestVersion[],
  at: string,
  pinned: string | undefined,
): IntakeEvent {
  const size = canonicalBytes(versions).length
  if (size > MAX_VERSIONS_BYTES) {
    throw new Refusal('PT-1047', `all versions have ${size} bytes of ${MAX_VERSIONS_BYTES}`)
  }
  return {
    type: 'tool.registered',
    data: {
      tool: data.tool,
      keys: addKey(known?.keys ?? [], data.key, at),
      versions,
      registered_at: known?.registered_at ?? at,
      revision: (known?.revision ?? -1) + 1,
      ...(pinned === undefined ? {} : { pinned }),
    },
  }
}
