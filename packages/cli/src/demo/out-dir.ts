import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseCheckpoint, tilePath, tilesForSize } from '@prooftrail/trail/log'
import type { Received } from './receiver.ts'

/** What one run of the demo leaves for others to check, without any of our code. */
export interface OutDir {
  trail(id: string, bundle: unknown): void
  keys(keys: unknown): void
  secrets(webhookSecret: string): void
  callbacks(received: ReadonlyMap<string, Received>): void
  /** The checkpoint and all tiles that its size needs. */
  log(attestation: string): Promise<void>
}

/** Parts of an earlier run; nothing else in the folder is touched. */
const PARTS = ['keys.json', 'secrets.json', 'callbacks', 'log'] as const

/** Empties `dir` of an earlier run's output. */
export function openOutDir(dir: string, earlierTrails: readonly string[]): OutDir {
  mkdirSync(dir, { recursive: true })
  for (const name of [...PARTS, ...earlierTrails]) {
    rmSync(join(dir, name), { recursive: true, force: true })
  }
  const write = (name: string, content: string | Uint8Array) => {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), content)
  }
  const json = (name: string, value: unknown) => write(name, `${JSON.stringify(value, null, 2)}\n`)
  mkdirSync(join(dir, 'callbacks'), { recursive: true })
  return {
    trail: (id, bundle) => json(`${id}.trail.json`, bundle),
    keys: (keys) => json('keys.json', keys),
    secrets: (webhook_secret) => json('secrets.json', { webhook_secret }),
    callbacks(received) {
      for (const [id, { method, url, headers, body }] of received) {
        json(`callbacks/${id}.json`, {
          method,
          url,
          headers,
          body_base64: body.toString('base64'),
        })
      }
    },
    async log(attestation) {
      const checkpoint = await fetchBytes(`${attestation}/checkpoint`)
      write('log/checkpoint', checkpoint)
      const { size } = parseCheckpoint(new TextDecoder().decode(checkpoint))
      for (const tile of tilesForSize(size)) {
        const path = tilePath(tile)
        write(`log/${path}`, await fetchBytes(`${attestation}/${path}`))
      }
    },
  }
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}
