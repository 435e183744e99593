import type { Deployment } from '../deployment.ts'
import type { Fault } from '../journal.ts'
import { PATIENCE_MS } from '../traffic.ts'
import type { Doing, Timed } from './schedule.ts'

/** Which receivers answer, while some are down. */
export interface Receivers {
  areDown: boolean
}

/** Does everything at its time; what is broken is whole again when it resolves. */
export async function doAll(
  d: Deployment,
  doings: readonly Timed<Doing>[],
  receivers: Receivers,
  after: (ms: number) => Promise<void>,
): Promise<void> {
  // one at a time to each: nobody is killed while paused
  const busy = new Map<string, Promise<void>>()
  const all: Promise<void>[] = []
  for (const doing of doings) {
    await after(doing.at)
    d.journal.fault({ ...faultOf(doing), open: d.traffic.open() })
    const who = 'who' in doing ? doing.who : 'receivers'
    const done = (busy.get(who) ?? Promise.resolve()).then(() => doOne(d, doing, receivers))
    busy.set(who, done)
    // told at the end: others go on
    done.catch(() => undefined)
    all.push(done)
  }
  await Promise.all(all)
}

/** As the journal tells it. */
export function faultOf(doing: Doing): Omit<Fault, 'open'> {
  const who = 'who' in doing ? doing.who : 'receivers'
  const time = 'forMs' in doing ? `for ${doing.forMs} ms` : 'at once'
  const when = doing.what === 'crash' ? `${doing.nth}. ${doing.point}` : time
  return { during: 'chaos', what: doing.what, who, when }
}

async function doOne(d: Deployment, doing: Doing, receivers: Receivers): Promise<void> {
  const { processes, sabotage, world } = d
  const pass = (ms: number) => {
    const end = Date.now() + ms
    return world.until('its time', () => Date.now() >= end || undefined, ms + PATIENCE_MS)
  }
  switch (doing.what) {
    case 'kill':
      await processes.kill(doing.who)
      return processes.start(doing.who)
    case 'pause':
      processes.signal(doing.who, 'SIGSTOP')
      await pass(doing.forMs)
      return processes.signal(doing.who, 'SIGCONT')
    case 'crash': {
      const port = processes.port(doing.who)
      sabotage.crash(port, doing.point, doing.nth)
      const isDead = () => !processes.isAlive(doing.who) || undefined
      const died = await world.until('its crash', isDead, CRASH_MS).catch(() => false)
      // it did not come so far, so it is killed as it stands
      if (died === false) await processes.kill(doing.who)
      sabotage.spare(port)
      return processes.start(doing.who)
    }
    case 'double':
      sabotage.twice(processes.port(doing.who), true)
      await pass(doing.forMs)
      return sabotage.twice(processes.port(doing.who), false)
    case 'delay':
      sabotage.hold(processes.port(doing.who), [doing.topic])
      await pass(doing.forMs)
      return sabotage.hold(processes.port(doing.who), [])
    case 'receivers down':
      receivers.areDown = true
      await pass(doing.forMs)
      receivers.areDown = false
      return
    case 'server killed': {
      const server = d.servers()[doing.who]
      await server.kill('SIGKILL')
      await pass(doing.forMs)
      return server.restart()
    }
    case 'server paused': {
      const { pid } = d.servers()[doing.who]
      process.kill(pid, 'SIGSTOP')
      await pass(doing.forMs)
      process.kill(pid, 'SIGCONT')
      return
    }
  }
}

/** Within which a process comes to the call at which it is to die. */
const CRASH_MS = 15_000
