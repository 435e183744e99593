import type { Manifest, PublicKey } from '@prooftrail/contracts'
import { type AnnounceOptions, makeAnnouncement } from '@prooftrail/executor-sdk'
import { type Host, produce } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import { CommandError } from '../fault.ts'
import { ask, askUntil } from '../http.ts'
import { serviceUrl } from '../world.ts'

/** A version as intake tells it; the list leaves the manifest out. */
export interface ToolVersion {
  version: string
  manifest_digest: string
  price: number
  registered_at: string
  withdrawn_at?: string
  checked?: boolean
  forced?: boolean
}

export interface ListedTool {
  tool: string
  revision: number
  versions: ToolVersion[]
  /** Named by the tool's team for new orders. */
  pinned?: string
  /** Takes no new orders since then. */
  retired_at?: string
  /** What new orders take now; absent when everything is withdrawn. */
  current?: string
}

export interface KnownTool extends Omit<ListedTool, 'versions'> {
  keys: PublicKey[]
  versions: (ToolVersion & { manifest: Manifest })[]
  registered_at: string
  /** Of the last announcement that changed something. */
  announced_at?: string
}

/** All tools, page by page. */
export async function listTools(): Promise<ListedTool[]> {
  const all: ListedTool[] = []
  let after = ''
  for (;;) {
    const url = `${serviceUrl('intake')}/v1/tools?after=${encodeURIComponent(after)}`
    const { body } = await ask<{ tools: ListedTool[]; next_after?: string }>('GET', url)
    all.push(...body.tools)
    if (body.next_after === undefined) return all
    after = body.next_after
  }
}

/**
 * Says an admin's word about a tool and waits until intake has taken it in.
 * @param path `''` registers, `/<name>/revoke`, `/<name>/retire`
 * @throws CommandError PT-8010 for a tool or a key that is not there
 */
export async function directTool(
  name: string,
  path: string,
  said: object,
  isTaken: (tool: KnownTool) => boolean,
): Promise<KnownTool> {
  const base = `${serviceUrl('intake')}/v1/tools`
  const { status } = await ask('POST', base + path, said)
  if (status === 404) throw new CommandError('PT-8010', `${name} or its key is not registered`, 3)
  const url = `${base}/${encodeURIComponent(name)}`
  return askUntil<KnownTool>(url, `what was said of ${name}`, { isThere: isTaken })
}

/** What intake knows of a tool; undefined when nothing. */
export async function findTool(name: string): Promise<KnownTool | undefined> {
  const url = `${serviceUrl('intake')}/v1/tools/${encodeURIComponent(name)}`
  const { status, body } = await ask<KnownTool>('GET', url)
  return status === 200 ? body : undefined
}

/** @throws CommandError PT-8010 */
export async function knownTool(name: string): Promise<KnownTool> {
  const tool = await findTool(name)
  if (tool) return tool
  throw new CommandError('PT-8010', `no tool named ${name} is registered`, 3)
}

const PATIENCE_MS = 30_000

/**
 * Publishes an announcement and waits until intake has taken it in.
 * @param isTaken whether what intake says now is what was announced
 * @throws CommandError PT-8011 when another key holds the name, or intake did not take it in time
 */
export async function announce(
  host: Host,
  manifest: Manifest,
  key: SigningKey,
  options: Omit<AnnounceOptions, 'announced_at'>,
  isTaken: (tool: KnownTool) => boolean,
): Promise<KnownTool> {
  const { tool, version } = manifest
  const before = await findTool(tool)
  if (before && !before.keys.some(({ kid }) => kid === key.key_id)) {
    throw new CommandError('PT-8011', `the key ${key.key_id} is none of ${tool}’s (PT-1042)`)
  }
  const value = makeAnnouncement(manifest, key, {
    ...options,
    announced_at: newerThan(before?.announced_at),
  })
  await produce(host, tool, 'tool.announced', value)
  const until = Date.now() + PATIENCE_MS
  while (Date.now() < until) {
    const known = await findTool(tool)
    if (known && isTaken(known)) return known
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  const detail = `intake did not take ${tool} ${version} in ${PATIENCE_MS / 1000} s; a refusal with its code is on prooftrail.parked.v1`
  throw new CommandError('PT-8011', detail)
}

/** Now, or just after what was said last by a clock that is ahead of this one: only a newer word counts. */
function newerThan(last: string | undefined): string {
  const least = last === undefined ? 0 : Date.parse(last) + 1
  return new Date(Math.max(Date.now(), least)).toISOString()
}

export function versionOf(tool: KnownTool, version: string): KnownTool['versions'][number] {
  const found = tool.versions.find((one) => one.version === version)
  if (found) return found
  const known = tool.versions.map((one) => one.version).join(', ')
  throw new CommandError('PT-8010', `${tool.tool} has no version ${version}; there is ${known}`, 3)
}
