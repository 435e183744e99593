import { showProgress } from '../demo/progress.ts'
import { CommandError } from '../fault.ts'
import { defaultGroups } from '../groups.ts'
import { colour, mark, type Output } from '../output.ts'
import { startWorld } from '../world.ts'

/** What is open on this machine and not in a deployment. */
const OPEN_HERE =
  '  Open here: every door (OPEN_ACCESS=1), and a tool’s name goes to who announces it first (TOOL_REGISTRATION=open).'

/** Stack and services, without the demo's orders, until a signal. */
export async function up(
  options: { processes?: boolean; groups?: number; allowNetwork?: string },
  out: Output,
  stopped: Promise<void>,
): Promise<void> {
  const progress = showProgress(out)
  const world = await startWorld({
    onStep: progress.step,
    ...(options.processes ? { processes: true } : {}),
    groups: options.groups ?? defaultGroups(),
    ...(options.allowNetwork ? { allowedNetworks: options.allowNetwork.split(',') } : {}),
  })
  try {
    progress.end()
    world.markReady()
    for (const [name, url] of world.urls) out.say(`  ${name.padEnd(12)} ${colour.dim(url)}`)
    out.say(
      `${mark('ok')} up on ${world.stack.source} servers; MongoDB is ${world.stack.mongodb.kind}. Ctrl-C stops it.`,
    )
    out.say(colour.dim(OPEN_HERE))
    const ended = await Promise.race([stopped, world.ended])
    if (ended !== undefined) throw new CommandError('PT-8003', `${ended}; see ${world.logFile}`)
  } finally {
    await world.stop()
  }
}
