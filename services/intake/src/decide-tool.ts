import {
  checkManifest,
  type Manifest,
  type ManifestVersion,
  type PublicKey,
  type ToolAnnounced,
  type ToolRegistered,
} from '@prooftrail/contracts'
import { Refusal, toolDocument } from '@prooftrail/runtime'
import { canonicalBytes, digestOf } from '@prooftrail/trail/encoding'
import { announcedAhead } from './announcement.ts'
import { describeFaults } from './describe-faults.ts'
import { claimsOfTool, holderFault } from './key-holders.ts'
import type { Context, IntakeEvent, State, ToolInput } from './state.ts'
import { checkAnnouncer, withKeys } from './tool-keys.ts'

/** What all versions of one tool together may take as JSON: they travel in one message. */
const MAX_VERSIONS_BYTES = 3 * 1024 * 1024

/**
 * Registers a tool version, withdraws one, names the one that new orders take, or a next key. Where
 * the deployment says so, the first key that announces a name holds it; a registered manifest never changes, but that it was checked may
 * be said later; what is said already is said once. Only a newer word than the last counts.
 * @throws Refusal PT-1041 to PT-1049, PT-1053 to PT-1056, PT-1060: the registration stays
 */
export function onToolAnnounced(
  state: State,
  { at, data }: ToolInput,
  context: Pick<Context, 'holders' | 'policy' | 'hasRoomForTools' | 'tooSoon'>,
): IntakeEvent[] {
  const known = state.status === 'tool' ? state.tool : undefined
  checkAnnouncer(data, known, at)
  checkNewer(data, known, at)
  if (context.tooSoon.has(data)) {
    const detail = `${data.tool} changed more within a minute than a tool may`
    throw new Refusal('PT-1060', detail, { party: toolDocument(data.tool) })
  }
  const { keyIds } = claimsOfTool(data)
  const foreign = holderFault(toolDocument(data.tool), keyIds, context.holders)
  if (foreign) throw new Refusal(foreign.code, foreign.detail)
  if (known === undefined) checkName(data, context)
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

/** Whether the name may be taken. @throws Refusal PT-1053, PT-1056 */
function checkName(
  { tool, key }: ToolAnnounced,
  { policy, hasRoomForTools }: Pick<Context, 'policy' | 'hasRoomForTools'>,
): void {
  if (policy.toolRegistration === 'operator') {
    throw new Refusal('PT-1053', `no operator has registered ${tool} with the key ${key.kid}`)
  }
  if (!hasRoomForTools) throw new Refusal('PT-1056', `there is no room for ${tool}`)
}

/** @throws Refusal PT-1054; PT-1049, quietly, for one that is not newer than the last that changed something */
function checkNewer(
  { announced_at }: ToolAnnounced,
  known: ToolRegistered | undefined,
  at: string,
): void {
  const fault = announcedAhead(announced_at, at)
  if (fault !== undefined) throw new Refusal('PT-1054', fault)
  if (known?.announced_at === undefined || announced_at > known.announced_at) return
  const detail = `announced at ${announced_at}, the last one at ${known.announced_at}`
  throw new Refusal('PT-1049', detail, { isQuiet: true })
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

/** The same manifest said again: news is only that it passed its suite, that it was forced, or a next key. */
function recheck(
  data: ToolAnnounced,
  known: ToolRegistered | undefined,
  same: ManifestVersion,
  at: string,
): IntakeEvent[] {
  const names = data.next_key !== undefined && isNewKey(data.next_key, known)
  const asIs = () =>
    names ? [registered(data, known, known?.versions ?? [], at, known?.pinned)] : []
  if (same.withdrawn_at !== undefined || same.checked === true) return asIs()
  const { forced, ...rest } = same
  if (data.checked === true) {
    const checked = exchange(known, same, { ...rest, checked: true })
    return [registered(data, known, checked, at, known?.pinned)]
  }
  if (data.forced !== true || forced === true) return asIs()
  const marked = exchange(known, same, { ...same, forced: true })
  return [registered(data, known, marked, at, known?.pinned)]
}

function isNewKey({ kid }: PublicKey, known: ToolRegistered | undefined): boolean {
  return known === undefined || known.keys.every((one) => one.kid !== kid)
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
      keys: withKeys(known?.keys ?? [], [data.key, data.next_key], at),
      versions,
      registered_at: known?.registered_at ?? at,
      revision: (known?.revision ?? -1) + 1,
      ...(pinned === undefined ? {} : { pinned }),
      announced_at: data.announced_at,
      ...(known?.directed_at === undefined ? {} : { directed_at: known.directed_at }),
      ...(known?.retired_at === undefined ? {} : { retired_at: known.retired_at }),
    },
  }
}
