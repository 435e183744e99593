import { runMain } from '@prooftrail/runtime'
import { readExecutorConfig } from './config.ts'
import { loadTool } from './load-tool.ts'
import { startExecutor } from './service.ts'

/** Runs the tool whose folder is the first argument, or the working directory. */
try {
  const tool = await loadTool(process.argv[2] ?? '.')
  const name = tool.manifest.tool
  await runMain(
    name,
    (env) => readExecutorConfig(env, name),
    (host, config) => startExecutor(host, { ...tool, ...config }),
  )
} catch (error) {
  process.stderr.write(`prooftrail-executor: ${error instanceof Error ? error.message : error}\n`)
  process.exit(78)
}
