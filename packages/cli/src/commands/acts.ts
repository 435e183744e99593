import { randomUUID } from 'node:crypto'
import { actBody, signAct } from '@prooftrail/agent-sdk'
import { ACT_NAMES, type Json, type RecoveryAction } from '@prooftrail/contracts'
import type { AnswerOf } from '@prooftrail/contracts/doors'
import type { PrivateJwk } from '@prooftrail/trail'
import { CommandError } from '../fault.ts'
import { readJsonFile } from '../files.ts'
import { ask } from '../http.ts'
import { colour, mark, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

/** How an act is asked for: as the agent whose key is given, else as an operator. */
export interface ActOptions {
  key?: string
  reason?: string
  exception?: string
  until?: string
  idempotencyKey?: string
  dryRun?: boolean
}

/** A run as dispatch's door shows it, and its answer to an act. */
type RunView = AnswerOf<'GET /v1/tasks/:id/acts'>
type Answer = AnswerOf<'POST /v1/tasks/:id/acts'>

type Evidence = { [evidenceClass: string]: Json }

/** Asks for an act by its name. @throws CommandError PT-8006 for a name that no act has */
export async function act(
  id: string,
  action: string,
  options: ActOptions,
  out: Output,
): Promise<void> {
  const known = ACT_NAMES.find((name) => name === action)
  if (known === undefined) {
    throw new CommandError('PT-8006', `${action} is no act; there are ${ACT_NAMES.join(', ')}`, 2)
  }
  await request(id, known, options, out)
}

/** Adds the items of a file, which holds evidence by class as an order does. */
export async function evidenceAdd(
  id: string,
  path: string,
  options: ActOptions,
  out: Output,
): Promise<void> {
  const value = readJsonFile(path)
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (!isMap || Object.keys(value).length === 0) {
    throw new CommandError('PT-8006', `${path} holds no evidence by class`, 2)
  }
  // what a file of JSON holds
  await request(id, 'add_evidence', options, out, value as Evidence)
}

async function request(
  id: string,
  recovery_action: RecoveryAction,
  options: ActOptions,
  out: Output,
  evidence?: Evidence,
): Promise<void> {
  const address = `${serviceUrl('dispatch')}/v1/tasks/${encodeURIComponent(id)}/acts`
  const { status, body: run } = await ask<RunView>('GET', address)
  if (status === 404) throw new CommandError('PT-8005', `no run ${id} that acts are judged on`, 3)
  const body = bodyOf(run, recovery_action, options, evidence)
  const query = options.dryRun ? '?dry_run' : ''
  const answer = await ask<Answer>('POST', `${address}${query}`, body)
  if (answer.status === 404) throw new CommandError('PT-2021', `${id} is no run of this agent`)
  const revision = await revisionOf(run.work_order_id, answer.body)
  out.document(revision === undefined ? answer.body : { ...answer.body, revision })
  tell(
    { ...answer.body, ...(revision === undefined ? {} : { revision }) },
    recovery_action,
    run,
    out,
  )
}

function bodyOf(
  { work_order_id, agent_id, follows }: RunView,
  recovery_action: RecoveryAction,
  { key, reason, exception, until, idempotencyKey = randomUUID() }: ActOptions,
  evidence: Evidence | undefined,
): unknown {
  const said = {
    ...{ work_order_id, recovery_action, idempotency_key: idempotencyKey },
    ...(reason === undefined ? {} : { reason }),
    ...(exception === undefined ? {} : { exception_id: exception }),
    ...(until === undefined ? {} : { until }),
  }
  if (key !== undefined) {
    if (follows === undefined) throw new CommandError('PT-8005', 'the run has nothing to act on', 3)
    const draft = { ...said, agent_id, ...(evidence ? { evidence } : {}) }
    return actBody(signAct(draft, follows, readJsonFile(key) as PrivateJwk))
  }
  const items = Object.entries(evidence ?? {}).map(([evidence_class, one]) => ({
    evidence_class,
    evidence: one,
  }))
  return { ...said, ...(items.length > 0 ? { new_evidence_items: items } : {}) }
}

/** How long an act may take to be sealed before its answer goes without. */
const SEAL_MS = 5_000

/** The revision of the trail that holds the act; undefined where none does in time, or may be read. */
async function revisionOf(id: string, { act: said, run }: Answer): Promise<number | undefined> {
  if (said.digest === undefined || run.result_number === undefined) return undefined
  const address = `${serviceUrl('attestation')}/v1/trails/${encodeURIComponent(id)}`
  for (const until = Date.now() + SEAL_MS; Date.now() < until; ) {
    const links = await linksAt(address)
    const at = links.findIndex(({ digest }) => digest === said.digest)
    const seal = at === -1 ? undefined : links.slice(at).find(({ name }) => SEAL.test(name))
    if (seal) return Number(SEAL.exec(seal.name)?.[1] ?? 0)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return undefined
}

const SEAL = /^attestation(?:\/(\d+))?$/

async function linksAt(address: string): Promise<{ name: string; digest: string }[]> {
  try {
    const { body } = await ask<{ links?: { name: string; digest: string }[] }>('GET', address)
    return body.links ?? []
  } catch (error) {
    // who may ask for an act need not be who may read the trail
    if (error instanceof CommandError) return []
    throw error
  }
}

function tell(
  { act: said, credits, run, revision }: Answer & { revision?: number },
  action: string,
  before: RunView,
  out: Output,
) {
  const id = before.work_order_id
  if (said.changes !== undefined) {
    out.say(`${mark('ok')} ${colour.bold(action)} would be accepted: ${said.changes}`)
    out.say(`  takes  ${credits ?? 0} credits`)
    return
  }
  out.say(`${mark('ok')} ${colour.bold(action)} ${said.status}; ${id} is ${run.state}`)
  const held = run.credits_held ? `, ${run.credits_held} credits held` : ''
  if (revision !== undefined) out.say(colour.dim(`  sealed in revision ${revision}${held}`))
  const next = run.open_acts ?? []
  if (next.length > 0) out.say(colour.dim('  can follow:'))
  for (const { command, by } of next) {
    out.say(colour.dim(`    npx ${command}  (${by.join(', ')})`))
  }
  if (run.replay) {
    out.say(colour.dim(`  the replay takes ${run.replay.credits} credits: prooftrail watch ${id}`))
  }
}
