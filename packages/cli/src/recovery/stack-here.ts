import { join } from 'node:path'
import { findRunningStack, readAddresses, type StackAddresses, startStack } from '@prooftrail/stack'
import { home } from '../checkout.ts'
import { showProgress } from '../demo/progress.ts'
import type { Output } from '../output.ts'

/**
 * Works on the stack that the environment names, or that this checkout runs; where it runs none, on its
 * own servers, which are started for the work and stopped after it.
 */
export async function withStackHere<T>(
  out: Output,
  work: (stack: StackAddresses) => Promise<T>,
): Promise<T> {
  const running = readAddresses(process.env) ?? (await findRunningStack(join(home, 'data')))
  if (running) return work(running)
  const progress = showProgress(out)
  const stack = await startStack({
    dataDir: join(home, 'data'),
    onProgress: ({ part, message }) => progress.step({ part, message }),
  })
  progress.end()
  try {
    return await work(stack)
  } finally {
    await stack.stop()
  }
}
