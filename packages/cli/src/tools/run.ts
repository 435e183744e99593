import { loadTool, startExecutor } from '@prooftrail/executor-sdk'
import { withHost } from './host.ts'
import { toolKey } from './keys.ts'

/**
 * Runs the executor of a folder on the running stack until `stopped`; announcing is deploy's.
 * @param onUp called with the address of its probes and metrics
 */
export async function runToolFolder(
  dir: string,
  options: { key?: string; port: number; logLevel?: string },
  onUp: (url: string, what: { tool: string; version: string }) => void,
  stopped: Promise<void>,
): Promise<void> {
  const tool = await loadTool(dir)
  const { tool: name, version } = tool.manifest
  const key = toolKey(name, options.key)
  await withHost(
    name,
    async (host) => {
      const running = await startExecutor(host, {
        ...{ ...tool, key, port: options.port, announce: false },
      })
      onUp(running.url, { tool: name, version })
      try {
        await stopped
      } finally {
        await running.stop()
      }
    },
    // what people read is said by `onUp`; the log tells what goes wrong, as JSON
    options.logLevel ?? process.env.LOG_LEVEL ?? 'warn',
  )
}
