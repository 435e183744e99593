import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PROCESSES, serviceEnv, splitInGroups } from '@prooftrail/cli'
import { expect, onTestFinished, test } from 'vitest'
import { freePort } from '../toolkit/free-port.ts'
import { startWorld, type TestWorld } from '../world.ts'

/** Processes that this one started, by a part of their command line. */
function childrenWith(part: string): number[] {
  const read = (pid: string, file: string) => readFileSync(`/proc/${pid}/${file}`, 'utf8')
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const [, parent] = read(pid, 'stat')
          .replace(/^.*\) . /, '0 ')
          .split(' ')
        return Number(parent) === process.pid && read(pid, 'cmdline').includes(part)
      } catch {
        return false // it ended meanwhile
      }
    })
    .map(Number)
}

test('given services in two processes, then an order goes its way through both, and the end of one is told', async () => {
  const world = await startWorld({ groups: 2 })
  onTestFinished(() => world.stop())
  const agent = await world.newAgent('groups')
  const order = agent.order({})
  await world.publish(order)
  const trail = await world.trailOf(order.object.work_order_id)
  expect(trail.verdict).toMatchObject({ ok: true, verdict: 'ready' })
  const [group = 0, ...others] = childrenWith('group-process')
  expect([group > 0, others]).toEqual([true, []])

  process.kill(group, 'SIGKILL')
  expect(await world.services.ended).toMatch(/^the process of .+ ended with SIGKILL$/)
}, 120_000)

const PROOFTRAIL = fileURLToPath(new URL('../../packages/cli/bin/prooftrail.js', import.meta.url))

/** What each service of a world is told, as `NAME.env` of a folder. */
function settingsOf({ services, receiver }: TestWorld): string {
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-settings-'))
  const { stack, keys, urls } = services
  const allowed = { allowedNetworks: ['127.0.0.1/32'], allowedPorts: [receiver.port] }
  for (const service of PROCESSES) {
    const env = serviceEnv(service, { stack, keys, urls, ...allowed, logLevel: 'info' })
    const lines = Object.entries(env).map(([name, value]) => `${name}='${value}'\n`)
    writeFileSync(join(dir, `${service.name}.env`), lines.join(''))
  }
  return dir
}

test('given containers of two groups, then an order goes its way through both, one probe tells of all, and a stop ends well', async () => {
  const world = await startWorld()
  onTestFinished(() => world.stop())
  const agent = await world.newAgent('containers')
  const settings = settingsOf(world)
  onTestFinished(() => rmSync(settings, { recursive: true }))
  await world.services.stop()

  const log = openSync(world.services.logFile, 'a')
  const groups: { child: ChildProcess; probes: number }[] = []
  onTestFinished(() => {
    for (const { child } of groups) child.kill('SIGKILL')
  })
  for (const members of splitInGroups(PROCESSES, 2)) {
    const probes = await freePort()
    const names = members.map(({ name }) => name)
    const args = ['run', ...names, '--settings', settings, '--probes', String(probes)]
    const child = spawn(process.execPath, [PROOFTRAIL, ...args], { stdio: ['ignore', log, log] })
    groups.push({ child, probes })
  }
  for (const { probes } of groups) {
    await world.until(
      'a group that is ready',
      async () => {
        const answer = await fetch(`http://127.0.0.1:${probes}/readyz`).catch(() => undefined)
        return answer?.ok || undefined
      },
      150_000,
    )
  }
  const order = agent.order()
  await world.publish(order)
  // connections to what answered at these ports before are cut at their next use
  const trail = await world.until('its trail', () =>
    world.trailOf(order.object.work_order_id).catch((error: unknown) => {
      if (error instanceof TypeError) return undefined
      throw error
    }),
  )
  expect(trail.verdict).toMatchObject({ ok: true, verdict: 'ready' })

  const ends = groups.map(({ child }) => once(child, 'exit'))
  for (const { child } of groups) child.kill('SIGTERM')
  expect(await Promise.all(ends)).toEqual([
    [0, null],
    [0, null],
  ])
}, 300_000)
