import { type AnswerOf, doorUrl, type RunRow } from '@prooftrail/contracts/doors'
import { CommandError } from '../fault.ts'
import { ask } from '../http.ts'
import { wayOnOfRun } from '../lists/way-on.ts'
import { colour, mark, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'
import type { AgentView } from './agents.ts'

/** What was asked, and whether it is to be done. */
export interface ForgetOptions {
  reason: string
  /** Without it, only what would be deleted is said. */
  yes?: boolean
}

type Forgotten = AnswerOf<'POST /v1/runs/:work_order_id/forget'>

/** What becomes of one run: deleted, to be deleted, or why not. */
interface Item {
  work_order_id: string
  lifecycle_state: string
  status: Forgotten['status'] | 'refused'
  code?: string
  detail?: string
  way_on?: string
}

/** Runs that are asked about at a time. */
const TOGETHER = 16
const SHOWN = 20

/**
 * Has what the runs of an agent say deleted (docs/deletion.md): shows what would be, and does it with
 * `--yes`. Said again, it goes on where it was.
 * @returns the exit code: 1 where a run is not at rest, or may not be deleted
 * @throws CommandError PT-8005 for an agent that is not registered, PT-8070 while a key of it counts
 */
export async function agentsForget(
  agentId: string,
  { reason, yes = false }: ForgetOptions,
  out: Output,
): Promise<number> {
  if (yes) await requireNoKeys(agentId)
  const items: Item[] = []
  for await (const runs of runsOf(agentId)) {
    for (let from = 0; from < runs.length; from += TOGETHER) {
      const some = runs.slice(from, from + TOGETHER)
      items.push(...(await Promise.all(some.map((run) => forgetOne(run, reason, !yes)))))
    }
  }
  const refused = items.filter(({ status }) => status === 'refused')
  const done = items.length - refused.length
  out.document({ agent_id: agentId, dry_run: !yes, runs: done, refused: refused.length, items })
  out.say(`${colour.bold(agentId)}  ${done} runs ${yes ? 'are deleted' : 'would be deleted'}`)
  for (const { work_order_id, lifecycle_state, detail, way_on } of refused.slice(0, SHOWN)) {
    out.say(
      `  ${mark('no')} ${work_order_id} ${detail ?? lifecycle_state}  ${colour.dim(way_on ?? '')}`,
    )
  }
  if (refused.length > SHOWN) out.say(`  … and ${refused.length - SHOWN} more`)
  out.say('  what stays, and how long: docs/deletion.md')
  if (!yes && done > 0) out.say(colour.dim('  nothing was deleted: say it again with --yes'))
  return refused.length === 0 ? 0 : 1
}

/** Whoever may still place orders is not forgotten. */
async function requireNoKeys(agentId: string): Promise<void> {
  const path = `${serviceUrl('intake')}/v1/agents/${encodeURIComponent(agentId)}`
  const { status, body } = await ask<AgentView>('GET', path)
  if (status === 404) throw new CommandError('PT-8005', `no agent ${agentId} is registered`, 3)
  const now = Date.now() / 1000
  const counts = body.keys.find(
    ({ revoked_at, exp }) => revoked_at === undefined && (exp === undefined || exp > now),
  )
  if (counts === undefined) return
  const command = `prooftrail agents revoke ${agentId} --key-id ${counts.kid} --reason TEXT`
  throw new CommandError('PT-8070', `${agentId} may still place orders: ${command}`)
}

/** All of an agent's runs, page by page, before any of them is gone. */
async function* runsOf(agent: string): AsyncGenerator<RunRow[]> {
  const pages: RunRow[][] = []
  let cursor: string | undefined
  do {
    const url = doorUrl(serviceUrl('console'), 'GET /v1/runs', {}, { agent, limit: 200, cursor })
    const { body } = await ask<AnswerOf<'GET /v1/runs'>>('GET', url)
    pages.push(body.runs)
    cursor = body.next_cursor
  } while (cursor !== undefined)
  yield* pages
}

async function forgetOne(run: RunRow, reason: string, isDry: boolean): Promise<Item> {
  const { work_order_id, lifecycle_state } = run
  const key = 'POST /v1/runs/:work_order_id/forget'
  const url = doorUrl(serviceUrl('console'), key, { work_order_id }, isDry ? { dry_run: true } : {})
  try {
    const { status, body } = await ask<Forgotten>('POST', url, { reason })
    // somebody else had it deleted meanwhile
    if (status === 404) return { work_order_id, lifecycle_state, status: 'forgotten' }
    return { work_order_id, lifecycle_state, status: body.status }
  } catch (error) {
    if (!(error instanceof CommandError) || error.code !== 'PT-7050') throw error
    const { code, message: detail } = error
    return {
      work_order_id,
      lifecycle_state,
      status: 'refused',
      code,
      detail,
      way_on: wayOnOfRun(run),
    }
  }
}
