import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Stack, startStack } from '@prooftrail/stack'
import type { Backend } from './options.ts'

/** A stack of the bench's own, with a folder that goes when it stops. */
export interface OwnStack {
  stack: Stack
  dir: string
  /** The servers' processes. */
  pids: number[]
  /** What an acknowledged write survives. */
  durability: string
  stop(): Promise<void>
}

const MONGO: Record<Backend, string> = {
  memory: 'MongoDB stand-in in memory: lost with its process',
  h2: 'MongoDB stand-in on H2 file: a hard kill loses its last milliseconds',
  mongod: 'mongod with its journal',
}

/** Starts Kafka, the registry and MongoDB, empty, or takes those of the environment. */
export async function startOwnStack(backend: Backend): Promise<OwnStack> {
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-bench-'))
  const stack = await startStack({
    ephemeral: true,
    ...(backend === 'mongod' ? {} : { mongoBackend: backend }),
  })
  const parts = stack.parts ? Object.values(stack.parts) : []
  return {
    stack,
    dir,
    pids: parts.map(({ pid }) => pid),
    durability: `Kafka acks=-1, one broker, no fsync before the answer; ${MONGO[backend]}`,
    async stop() {
      await stack.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
