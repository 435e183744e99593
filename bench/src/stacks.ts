import { type Stack, startStack } from '@prooftrail/stack'
import type { Backend } from './options.ts'

/** A stack of the bench's own, empty, gone when it stops. */
export interface OwnStack {
  stack: Stack
  /** The servers' processes. */
  pids: number[]
  stop(): Promise<void>
}

const MONGO: Record<Backend, string> = {
  memory: 'MongoDB stand-in in memory: lost with its process',
  h2: 'MongoDB stand-in on H2 file: a hard kill loses nothing',
  mongod: 'mongod with its journal',
}

/** What an acknowledged write survives. */
export function durabilityOf(backend: Backend): string {
  return `Kafka acks=-1, one broker, no fsync before the answer; ${MONGO[backend]}`
}

/** Starts Kafka, the registry and MongoDB, or takes those of the environment. */
export async function startOwnStack(backend: Backend): Promise<OwnStack> {
  const stack = await startStack({
    ephemeral: true,
    ...(backend === 'mongod' ? {} : { mongoBackend: backend }),
  })
  return {
    stack,
    pids: Object.values(stack.parts ?? {}).map(({ pid }) => pid),
    stop: () => stack.stop(),
  }
}
