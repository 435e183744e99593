import { spawn } from 'node:child_process'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import type { OnProgress } from '../progress.ts'
import { StackError } from '../stack-error.ts'
import type { Checksums } from './checksums.ts'

/**
 * Lets Maven copy every artefact that a POM names below `out`, and says which ones it has to fetch.
 *
 * @throws StackError STACK_FETCH_FAILED with Maven's own words
 */
export async function runMaven(
  command: string,
  pom: string,
  out: string,
  expected: Checksums,
  env: NodeJS.ProcessEnv,
  onProgress: OnProgress,
): Promise<void> {
  const total = expected.size
  const missing = new Set([...expected.keys()].map((path) => basename(path)))
  onProgress({ part: 'download', message: 'fetching the servers with Maven', done: 0, total })
  const args = ['-B', '-C', '-f', pom, `-Dprooftrail.out=${out}`, 'package']
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const stop = () => child.kill()
  process.once('exit', stop)
  const said: string[] = []
  const listen = async (stream: NodeJS.ReadableStream) => {
    for await (const line of createInterface({ input: stream })) {
      said.push(line)
      const file = /Downloaded from \S+: \S*\/([^/\s]+\.(?:jar|tar\.gz)) /.exec(line)?.[1]
      // Maven's own parts are fetched, too, and not counted
      if (!file || !missing.delete(file)) continue
      onProgress({
        part: 'download',
        message: `fetched ${file}`,
        done: total - missing.size,
        total,
      })
    }
  }
  const code = await Promise.all([
    new Promise<number | null | Error>((resolve) => {
      child.once('error', resolve)
      child.once('close', resolve)
    }),
    listen(child.stdout),
    listen(child.stderr),
  ]).then(([end]) => end)
  process.off('exit', stop)
  if (code === 0) return
  const errors = said.filter((line) => line.startsWith('[ERROR]')).slice(0, 4)
  throw new StackError(
    'STACK_FETCH_FAILED',
    `Maven could not fetch the embedded servers; is Maven Central reachable (proxies and mirrors go into Maven's ` +
      `settings.xml)?\n${(errors.length > 0 ? errors : said.slice(-4)).join('\n')}`,
  )
}
