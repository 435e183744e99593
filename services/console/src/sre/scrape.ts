import { lookup } from 'node:dns/promises'
import type { Target } from './samples.ts'

/** A process that is asked: where, and whose. */
export interface Place extends Target {
  url: string
}

/** A service and the address of its processes, as the setting names it. */
export interface Named {
  service: string
  /** Base address; a host name stands for every address that it has. */
  url: string
}

/** More than any service says; a text that is longer is not read. */
const MOST_BYTES = 4 * 1024 * 1024

/** Every process behind a name: one for each of its host's addresses. */
export async function placesOf({ service, url }: Named): Promise<Place[]> {
  const { hostname, protocol, port, host } = new URL(url)
  const bare = hostname.replace(/^\[|\]$/g, '')
  const found = await lookup(bare, { all: true })
  const addresses = [...new Set(found.map(({ address }) => address))]
  if (addresses.length <= 1) return [{ service, instance: host, url }]
  return addresses.sort().map((address) => {
    const name = address.includes(':') ? `[${address}]` : address
    const instance = port === '' ? name : `${name}:${port}`
    return { service, instance, url: `${protocol}//${instance}` }
  })
}

/** The text of a process's metrics. @throws Error that says in a few words why there is none */
export async function scrape({ url }: Place, timeoutMs: number): Promise<string> {
  const answer = await fetch(`${url}/metrics`, {
    signal: AbortSignal.timeout(timeoutMs),
    redirect: 'error',
  })
  if (!answer.ok) throw new Error(`answered ${answer.status}`)
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of answer.body ?? []) {
    bytes += part.length
    if (bytes > MOST_BYTES) throw new Error(`says more than ${MOST_BYTES} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** Why a process was not read, for people. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return 'did not answer in time'
  const { cause } = error
  const { code } = Object(cause ?? error)
  return typeof code === 'string' ? code : cause instanceof Error ? cause.message : error.message
}
