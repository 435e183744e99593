import {
  checkManifest,
  type Manifest,
  type ManifestVersion,
  type ToolAnnounced,
  type ToolRegistered,
} from '@prooftrail/contracts'
import { Refusal } from '@prooftrail/runtime'
import { canonicalBytes, digestOf, isRunTrail, keyFault } from '@prooftrail/trail'
import { isSignedByItsKey } from './announcement.ts'
import { trailKeyFrom } from './authenticate.ts'
import { addKey, keyFaults } from './public-keys.ts'
import type { IntakeEvent, State, ToolInput } from './state.ts'
import { wordsOf } from './words.ts'

/** What all versions of one tool together may take as JSON: they travel in one message. */
const MAX_VERSIONS_BYTES = 3 * 1024 * 1024

/**
 * Registers a tool version, or withdraws one. The first key that announces a name holds it;
 * a registered version never changes; what is said already is said once.
 * @throws Refusal PT-1041 to PT-1047: the announcement is parked, the registration stays
 */
export function decideTool(state: State, { at, data }: ToolInput): IntakeEvent[] {
  const known = state.kind === 'tool' ? state.tool : undefined
  checkAnnouncer(data, known, at)
  if (data.withdraw === true) return withdraw(data, known, at)
  const manifest_digest = digestOf(data.manifest)
  const same = known?.versions.find(({ version }) => version === data.version)
  if (same) {
    if (same.manifest_digest === manifest_digest) return []
    throw new Refusal('PT-1044', `${data.tool} ${data.version} is another manifest`, {
      firstDigest: same.manifest_digest,
    })
  }
  const version = makeVersion(data, manifest_digest, at)
  return [registered(data, known, [...(known?.versions ?? []), version], at)]
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
  const versions = (known?.versions ?? []).map((one) =>
    one === named ? { ...one, withdrawn_at: at } : one,
  )
  return [registered(data, known, versions, at)]
}

function makeVersion(data: ToolAnnounced, manifest_digest: string, at: string): ManifestVersion {
  const { tool, version } = data
  const faults = checkManifest(data.manifest)
  if (faults.length > 0) throw new Refusal('PT-1043', wordsOf(faults, 'manifest'))
  // checkManifest found no fault
  const manifest = data.manifest as unknown as Manifest
  const others = [
    ...(manifest.tool === tool ? [] : [{ path: '/tool', detail: `is not ${tool}` }]),
    ...(isRunTrail(tool, manifest.proof_trail)
      ? []
      : [{ path: '/proof_trail', detail: `is not one of ${tool}` }]),
    ...(manifest.version === version ? [] : [{ path: '/version', detail: `is not ${version}` }]),
  ]
  if (others.length > 0) throw new Refusal('PT-1043', wordsOf(others, 'manifest'))
  return {
    ...{ version, manifest: data.manifest, manifest_digest },
    ...{ price: manifest.price.credits, registered_at: at },
  }
}

function registered(
  data: ToolAnnounced,
  known: ToolRegistered | undefined,
  versions: ManifestVersion[],
  at: string,
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
    },
  }
}
