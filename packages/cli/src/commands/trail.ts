import { readFileSync, writeFileSync } from 'node:fs'
import { parseKeySet, verifyTrail } from '@prooftrail/trail'
import { parseStrict } from '@prooftrail/trail/encoding'
import { CommandError } from '../fault.ts'
import { ask } from '../http.ts'
import type { Output } from '../output.ts'
import { trailTree, verdictLines } from '../trail-tree.ts'
import { serviceUrl } from '../world.ts'

/** Fetches a sealed bundle. @throws CommandError exit 3 while there is none */
export async function fetchTrail(id: string): Promise<unknown> {
  const { status, body } = await ask<unknown>('GET', `${serviceUrl('attestation')}/v1/trails/${id}`)
  if (status === 404) {
    throw new CommandError('PT-8005', `${id} has no sealed trail (yet): prooftrail watch ${id}`, 3)
  }
  return body
}

export async function fetchKeys(): Promise<unknown> {
  return (await ask<unknown>('GET', `${serviceUrl('attestation')}/keys.json`)).body
}

export async function trail(id: string, options: { out?: string }, out: Output): Promise<void> {
  const [bundle, keys] = await Promise.all([fetchTrail(id), fetchKeys()])
  if (options.out) writeFileSync(options.out, `${JSON.stringify(bundle)}\n`)
  const verdict = verifyTrail(bundle, parseKeySet(keys))
  out.document(bundle)
  for (const line of trailTree(verdict)) out.say(line)
  for (const line of verdictLines(verdict)) out.say(line)
  if (options.out) out.say(`  bundle written to ${options.out}`)
  if (!verdict.ok) throw new CommandError('PT-8007', 'the trail does not verify')
}

/** Exit 0: verifies (refused included); 1: does not; 2: cannot be read (wire format section 9). */
export async function verify(
  path: string,
  options: { keys: string; policy?: string },
  out: Output,
): Promise<number> {
  const bundle = readStrict(path)
  const keys = readStrict(options.keys)
  const set = parsed(options.keys, () => parseKeySet(keys))
  const policy = options.policy === undefined ? undefined : readStrict(options.policy)
  const started = performance.now()
  const verdict = verifyTrail(bundle, set, policy)
  const took = performance.now() - started
  out.document(verdict)
  for (const line of trailTree(verdict)) out.say(line)
  for (const line of verdictLines(verdict, took)) out.say(line)
  return verdict.ok ? 0 : 1
}

function readStrict(path: string): unknown {
  return parsed(path, () => parseStrict(readFileSync(path)))
}

function parsed<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new CommandError('PT-8006', `${path} cannot be read: ${reason}`, 2)
  }
}
