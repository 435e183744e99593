import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { spawnGuarded } from './guarded-process.ts'
import { identifyProcess } from './process-table.ts'

async function openDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-test-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}

/** Runs a process that starts a guarded server and says its number. */
async function startParent(dir: string, server: string) {
  const code = `
    import { spawnGuarded } from ${JSON.stringify(new URL('./guarded-process.ts', import.meta.url).href)}
    const server = spawnGuarded({ command: '/bin/sh', args: ['-c', ${JSON.stringify(server)}], cwd: ${JSON.stringify(dir)},
      env: process.env, logFile: ${JSON.stringify(join(dir, 'server.log'))} })
    console.log(server.pid)
    setInterval(() => {}, 1000)`
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code])
  onTestFinished(() => void parent.kill('SIGKILL'))
  const [first] = await once(parent.stdout, 'data')
  const pid = Number(String(first))
  onTestFinished(async () => {
    if (await identifyProcess(pid)) process.kill(pid, 'SIGKILL')
  })
  return { parent, pid }
}

const isGone = (pid: number) => async () => expect(await identifyProcess(pid)).toBeUndefined()

describe('a guarded process', () => {
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    'ends when its parent ends by %s',
    async (signal) => {
      const { parent, pid } = await startParent(await openDir(), 'exec sleep 600')
      expect(await identifyProcess(pid)).toBeDefined()
      parent.kill(signal)
      await vi.waitFor(isGone(pid), { timeout: 5_000 })
    },
  )

  test('is asked first, so that it can write what it holds', async () => {
    const dir = await openDir()
    const script =
      'trap "echo written >> kept; exit" TERM; echo up > kept; while :; do sleep 0.05; done'
    const { parent, pid } = await startParent(dir, script)
    await vi.waitFor(async () => expect(await readFile(join(dir, 'kept'), 'utf8')).toBe('up\n'))
    parent.kill('SIGKILL')
    await vi.waitFor(isGone(pid), { timeout: 5_000 })
    expect(await readFile(join(dir, 'kept'), 'utf8')).toBe('up\nwritten\n')
  })

  test('has the number of the server itself, so a signal reaches it', async () => {
    const dir = await openDir()
    const log = join(dir, 'server.log')
    const args = ['-c', 'echo "$$"; exec sleep 600']
    const server = spawnGuarded({
      command: '/bin/sh',
      args,
      cwd: dir,
      env: process.env,
      logFile: log,
    })
    await vi.waitFor(async () => expect(await readFile(log, 'utf8')).toBe(`${server.pid}\n`))
    server.kill('SIGKILL')
    expect(await server.exited).toBe('signal SIGKILL')
    expect(server.hasExited()).toBe(true)
  })
})
