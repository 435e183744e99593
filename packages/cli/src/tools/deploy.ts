import { resolve } from 'node:path'
import { isConform, readManifest } from '@prooftrail/executor-sdk'
import { type PrivateJwk, thumbprint } from '@prooftrail/trail'
import { CommandError } from '../fault.ts'
import { type CheckLine, runSuite } from './check/suite.ts'
import { deployTopic, withHost } from './host.ts'
import { toolKey } from './keys.ts'
import { announce, type KnownTool, knownTool, versionOf } from './registry.ts'

export interface DeployOptions {
  force?: boolean
  key?: string
  partitions?: number
  replication?: number
  topicsOnly?: boolean
}

export interface Deployed {
  tool: string
  version: string
  announced: false | 'checked' | 'forced'
}

/**
 * A tool's own deploy step: command topic and subject, the conformance suite where the folder does
 * not hold a record of it, then the announcement. Again, it changes nothing.
 * @param onLine each check of the suite as it ends
 * @throws CommandError PT-8009 when the suite fails and nothing is forced: then nothing is announced
 */
export async function deployTool(
  dir: string,
  options: DeployOptions,
  onLine: (line: CheckLine) => void,
): Promise<Deployed> {
  const folder = resolve(dir)
  const manifest = readManifest(folder)
  const { tool, version } = manifest
  return withHost(
    'tools-deploy',
    async (host) => {
      await deployTopic(host, tool, {
        partitions: options.partitions ?? 4,
        ...(options.replication === undefined ? {} : { replication: options.replication }),
      })
      if (options.topicsOnly) return { tool, version, announced: false }
      let checked = isConform(folder, manifest)
      if (!checked && !options.force) checked = (await runSuite(folder, {}, onLine)).passed
      if (!checked && !options.force) {
        const detail = `${tool} ${version} did not pass its conformance suite, so it is not announced (--force announces it, and says so)`
        throw new CommandError('PT-8009', detail)
      }
      const said = checked ? ({ checked: true } as const) : ({ forced: true } as const)
      await announce(host, manifest, toolKey(tool, options.key), said, (known) =>
        known.versions.some((one) => one.version === version && (one.checked || one.forced)),
      )
      return { tool, version, announced: checked ? 'checked' : 'forced' }
    },
    'error',
  )
}

/** Takes a version out of service; its orders in flight go on. */
export async function withdrawTool(
  name: string,
  version: string,
  key: string | undefined,
): Promise<KnownTool> {
  return say(name, version, key, { withdraw: true }, (known) =>
    known.versions.some((one) => one.version === version && one.withdrawn_at !== undefined),
  )
}

/** Names the version that new orders take; `pin: false` goes back to the newest. */
export async function pinTool(
  name: string,
  version: string,
  key: string | undefined,
  pin: boolean,
): Promise<KnownTool> {
  return say(name, version, key, { pin }, ({ pinned }) =>
    pin ? pinned === version : pinned === undefined,
  )
}

/** A registered key of the tool names the next one; both count from here on. */
export async function rotateKey(
  name: string,
  version: string,
  key: string | undefined,
  next: PrivateJwk,
): Promise<KnownTool> {
  const kid = thumbprint(next)
  return say(name, version, key, { next_key: next }, ({ keys }) =>
    keys.some((one) => one.kid === kid),
  )
}

async function say(
  name: string,
  version: string,
  key: string | undefined,
  words: { withdraw: boolean } | { pin: boolean } | { next_key: PrivateJwk },
  isTaken: (known: KnownTool) => boolean,
): Promise<KnownTool> {
  const { manifest } = versionOf(await knownTool(name), version)
  return withHost(
    'tools',
    (host) => announce(host, manifest, toolKey(name, key), words, isTaken),
    'error',
  )
}
