import { readdirSync, readFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { startWorld } from '../world.ts'

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
