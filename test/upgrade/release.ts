/** What a release wrote, frozen: `releases/VERSION.json.gz`, made once by `npm run freeze -- VERSION`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

/** A message as it stood on its topic; bytes as base64. */
export interface FrozenMessage {
  topic: string
  partition: number
  key: string | null
  value: string | null
  headers: Record<string, string>
  /** Broker append time in milliseconds. */
  timestamp: string
}

/** A message of the schema's own form, and the SHA-256 of what its JSON says, in canonical form. */
export interface Sample {
  topic: string
  value: string
  digest: string
}

/** A deployment of a release at rest, and any message of each of its topics. */
export interface Release {
  version: string
  /** By subject: the id that the release's registry gave its schema, and the schema. */
  schemas: Record<string, { id: number; schema: string }>
  samples: Sample[]
  /** Every message of the deployment, in the order of their times. */
  messages: FrozenMessage[]
  /** Consumer groups of services, each with the topics that it had read to their ends. */
  groups: Record<string, string[]>
  /** Credit entries, which no topic holds, as extended JSON. */
  entries: object[]
  /** Keys and secrets of the deployment by file name; made for this and used nowhere else. */
  keys: Record<string, string>
  /** Where its services answered: callbacks name them. */
  urls: Record<string, string>
  /** The log's last checkpoint. */
  checkpoint: string
  /** Every public key that attestation told, of agents and tools too. */
  key_set: string
  /** Sealed bundles by work order, as attestation served them. */
  bundles: Record<string, string>
  /** An order that waits for credits of this account. */
  waiting: { id: string; account: string }
  /** An order that its agent signed with this release's SDK and has not sent. */
  unsent: { id: string; value: string }
}

const FOLDER = join(import.meta.dirname, 'releases')

/** Releases whose messages are kept, oldest first. */
export const RELEASES: string[] = readdirSync(FOLDER)
  .flatMap((name) => /^(.+)\.json\.gz$/.exec(name)?.[1] ?? [])
  .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

export const fileOf = (version: string): string => join(FOLDER, `${version}.json.gz`)

export function readRelease(version: string): Release {
  return JSON.parse(gunzipSync(readFileSync(fileOf(version))).toString())
}

/** The bytes of its file. */
export function releaseBytes(release: Release): Buffer {
  return gzipSync(JSON.stringify(release), { level: 9 })
}
