import type { Manifest } from '@prooftrail/contracts'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import { type AnnounceOptions, makeAnnouncement } from '@prooftrail/executor-sdk'
import { type Host, produce } from '@prooftrail/runtime'
import type { SigningKey } from '@prooftrail/trail'
import { CommandError } from '../fault.ts'
import { ask, askUntil } from '../http.ts'
import { serviceUrl } from '../world.ts'

/** A tool as intake lists it, and a version of it; the list leaves manifests out. */
export type ListedTool = AnswerOf<'GET /v1/tools'>['tools'][number]
export type ToolVersion = ListedTool['versions'][number]

/** A tool with its keys, and its manifests as intake checked them. */
export interface KnownTool extends Omit<AnswerOf<'GET /v1/tools/:name'>, 'versions'> {
  versions: (ToolVersion & { manifest: Manifest })[]
}

/** All tools, page by page. */
export async function listTools(): Promise<ListedTool[]> {
  const all: ListedTool[] = []
  let query = ''
  for (;;) {
    const url = `${serviceUrl('intake')}/v1/tools${query}`
    const { body } = await ask<AnswerOf<'GET /v1/tools'>>('GET', url)
    all.push(...body.tools)
    if (body.next_cursor === undefined) return all
    query = `?cursor=${encodeURIComponent(body.next_cursor)}`
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
  const detail = `intake did not take ${tool} ${version} in ${PATIENCE_MS / 1000} s; a refusal with its code: prooftrail parked list --topic prooftrail.tool.announced.v1`
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
