import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type ServerPlan, startServer } from './server.ts'

async function planShell(script: string, more: Partial<ServerPlan> = {}): Promise<ServerPlan> {
  const dir = await mkdtemp(join(tmpdir(), 'prooftrail-test-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return {
    part: 'kafka',
    command: '/bin/sh',
    args: ['-c', script],
    cwd: dir,
    logFile: join(dir, 'kafka.log'),
    env: { PATH: process.env.PATH },
    isReady: async () => true,
    ...more,
  }
}

describe('a server of the stack', () => {
  test('one that ends while it starts fails the start at once, with its last words', async () => {
    const plan = await planShell('echo the disk is full; exit 3', { isReady: async () => false })
    await expect(startServer(plan, () => {})).rejects.toMatchObject({
      code: 'STACK_PART_FAILED',
      message: expect.stringMatching(
        /kafka ended before it was ready \(exit code 3\)[\s\S]*the disk is full/,
      ),
    })
  })

  test('one that does not exist fails the start', async () => {
    const plan = await planShell('', { command: '/nowhere/java', isReady: async () => false })
    await expect(startServer(plan, () => {})).rejects.toMatchObject({ code: 'STACK_PART_FAILED' })
  })

  test('an end that nobody asked for is said', async () => {
    const heard = new Promise<string>((resolve) => {
      void planShell('exec sleep 60').then(async (plan) => {
        const server = await startServer(plan, resolve)
        process.kill(server.pid, 'SIGKILL')
      })
    })
    expect(await heard).toContain('kafka ended unexpectedly (signal SIGKILL)')
  })

  test('a killed server comes back under another process number', async () => {
    const unexpected: string[] = []
    const server = await startServer(await planShell('exec sleep 60'), (message) =>
      unexpected.push(message),
    )
    onTestFinished(() => server.stop({ hard: true }))
    const before = server.pid
    await server.kill('SIGKILL')
    await server.restart()
    expect(server.pid).not.toBe(before)
    expect(() => process.kill(server.pid, 0)).not.toThrow()
    expect(unexpected).toEqual([])
  })

  test('the log of the run before is kept', async () => {
    const plan = await planShell('exec sleep 60')
    await writeFile(plan.logFile, 'earlier')
    const server = await startServer(plan, () => {})
    await server.stop({ hard: true })
    expect(await readFile(plan.logFile.replace('.log', '.previous.log'), 'utf8')).toBe('earlier')
  })
})
