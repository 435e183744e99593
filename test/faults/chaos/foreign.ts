import { spawn, spawnSync } from 'node:child_process'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Deployment } from '../deployment.ts'

const script = fileURLToPath(new URL('../../foreign/python/verify_bundle.py', import.meta.url))
const hasPython = spawnSync('python3', ['-c', 'import cryptography']).status === 0

/**
 * Every one of these bundles verifies by a program that is not ours.
 * @returns how many did; undefined where there is no Python with its library
 */
export async function expectForeign(
  { world }: Deployment,
  ids: readonly string[],
): Promise<number | undefined> {
  if (!hasPython) return undefined
  const attestation = world.url('attestation')
  // what is being sealed anew is answered when it is
  const get = (path: string) =>
    world.until(path, async () => {
      const answer = await fetch(`${attestation}${path}`)
      const said = await answer.text()
      return answer.ok ? said : undefined
    })
  const keys = await get('/keys.json')
  async function* lines() {
    for (const what of ids) {
      const bundle = await get(`/v1/trails/${what}`)
      yield `${JSON.stringify({ bundle, keys, honest: true, what })}\n`
    }
  }
  const child = spawn('python3', [script, '--stream'], { stdio: ['pipe', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    pipeline(Readable.from(lines()), child.stdin),
  ])
  expect({ stdout: stdout.trim(), stderr }).toEqual({
    stdout: `ok ${ids.length} generated trails, 0 wrong`,
    stderr: '',
  })
  return ids.length
}
