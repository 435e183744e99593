import { setTimeout as wait } from 'node:timers/promises'
import { type AnswerOf, doorUrl } from '@prooftrail/contracts/doors'
import type { Command } from 'commander'
import { CommandError } from '../fault.ts'
import { ask } from '../http.ts'
import { colour, mark, type Output, pad } from '../output.ts'
import { serviceUrl } from '../world.ts'
import {
  type Batch,
  countsLine,
  type DryRun,
  nextLines,
  progressLine,
  runLine,
  tellBatch,
  tellDryRun,
} from './batch-lines.ts'
import { actNamed, type Selection, selectRuns } from './batch-select.ts'

interface CreateOptions extends Selection {
  reason: string
  exceptionType?: string
  perSecond?: string
  hours?: string
  dryRun?: boolean
}

const LOOK_MS = 1_000

/** Adds `prooftrail batch …`: one act on many runs. */
export function batchCommands(program: Command, output: () => Output): void {
  const batch = program.command('batch').description('one act on many runs, chosen once')
  batch
    .command('create <act>')
    .description('choose the runs and freeze them; nothing is asked for before it is run')
    .requiredOption('--reason <text>', 'why; every act says it')
    .option('--runs <file>', 'ids of work orders, one a line; - is standard input')
    .option('--state <state>', 'runs in this lifecycle state')
    .option('--waits-for <who>', 'runs that wait for: operator, credits, receiver, …')
    .option('--tool <tool>', 'runs of this tool')
    .option('--agent <id>', 'runs of this agent')
    .option('--callback <status>', 'runs whose callback stands so')
    .option('--result <status>', 'runs with such a result')
    .option('--verdict <verdict>', 'runs sealed with this verdict')
    .option('--exception-type <type>', 'with close_exception: the tickets that are meant')
    .option('--per-second <n>', 'acts in a second, at most')
    .option('--hours <n>', 'for how long it may ask')
    .option('--dry-run', 'say what it would come to; nothing is written')
    .action((act, options: CreateOptions) => batchCreate(act, options, output()))
  batch
    .command('list')
    .description('batches, newest first')
    .option('--limit <n>', 'how many', '20')
    .action((options) => batchList(options, output()))
  batch
    .command('show <id>')
    .description('where it stands, who did what and why')
    .option('--runs', 'its runs too, each with its answer')
    .option('--status <status>', 'with --runs: those with this status alone')
    .option('--follow', 'until nothing more comes; exit 0 only if every act was accepted')
    .action(async (id, options) => {
      process.exitCode = await batchShow(id, options, output())
    })
  for (const [request, text] of [
    ['run', 'ask for its runs, and follow it; it goes on without this terminal'],
    ['resume', 'go on where it was, and follow it'],
  ] as const) {
    batch
      .command(`${request} <id>`)
      .description(`${text}; exit 0 only if every act was accepted`)
      .option('--reason <text>', 'why')
      .option('--detach', 'do not follow it')
      .option('--dry-run', 'say what it would come to now; nothing is written')
      .action(async (id, options) => {
        process.exitCode = await batchDrive(request, id, options, output())
      })
  }
  for (const [request, text] of [
    ['pause', 'ask for nothing until it is resumed'],
    ['stop', 'end it: what was not asked for is not'],
  ] as const) {
    batch
      .command(`${request} <id>`)
      .description(text)
      .option('--reason <text>', 'why')
      .action(async (id, { reason }) => {
        const said = await say(request, id, reason)
        const out = output()
        out.document(said)
        tellBatch(said, out)
      })
  }
}

/** Makes a batch, or says what it would come to. */
export async function batchCreate(
  action: string,
  { reason, exceptionType, perSecond, hours, dryRun, ...selection }: CreateOptions,
  out: Output,
): Promise<void> {
  const recovery_action = actNamed(action)
  const { ids, how } = await selectRuns(selection)
  const body = {
    ...{ act: { recovery_action, reason }, work_order_ids: ids, selected: how },
    ...(exceptionType === undefined ? {} : { exception_type: exceptionType }),
    ...(perSecond === undefined ? {} : { per_second: numberOf('per-second', perSecond) }),
    ...(hours === undefined ? {} : { hours: numberOf('hours', hours) }),
  }
  const query = dryRun ? { dry_run: true } : {}
  const url = doorUrl(serviceUrl('dispatch'), 'POST /v1/batches', {}, query)
  const { body: made } = await ask<Batch | DryRun>('POST', url, body)
  out.document(made)
  if ('dry_run' in made) return tellDryRun(made, out)
  out.say(`${mark('ok')} ${colour.bold(made.batch_id)}: ${countsLine(made)}`)
  out.say(colour.dim(`  prooftrail batch run ${made.batch_id} --dry-run`))
  for (const line of nextLines(made)) out.say(line)
}

export async function batchList({ limit }: { limit: string }, out: Output): Promise<void> {
  const query = { limit: numberOf('limit', limit) }
  const url = doorUrl(serviceUrl('dispatch'), 'GET /v1/batches', {}, query)
  const { body } = await ask<AnswerOf<'GET /v1/batches'>>('GET', url)
  out.document(body)
  if (body.batches.length === 0) out.say('no batches')
  for (const one of body.batches) {
    out.say(`${one.batch_id}  ${pad(one.status, 8)} ${one.requested_by}  ${countsLine(one)}`)
    for (const line of nextLines(one).slice(0, 1)) out.say(line)
  }
}

/** @returns the exit code */
export async function batchShow(
  id: string,
  { runs, status, follow }: { runs?: boolean; status?: string; follow?: boolean },
  out: Output,
): Promise<number> {
  if (follow) return tellEnd(await followed(id, out), out)
  const batch = await find(id)
  const listed = runs || status !== undefined ? await runsOf(id, status) : []
  out.document(listed.length > 0 ? { ...batch, runs: listed } : batch)
  tellBatch(batch, out)
  for (const run of listed) out.say(runLine(run))
  return 0
}

/** Runs or resumes a batch and follows it. @returns the exit code */
export async function batchDrive(
  request: 'run' | 'resume',
  id: string,
  { reason, detach, dryRun }: { reason?: string; detach?: boolean; dryRun?: boolean },
  out: Output,
): Promise<number> {
  if (dryRun) {
    const url = doorUrl(serviceUrl('dispatch'), 'GET /v1/batches/:id/dry-run', { id })
    const sum = await about<DryRun>(id, 'GET', url)
    out.document(sum)
    tellDryRun(sum, out)
    return 0
  }
  const said = await say(request, id, reason)
  if (detach) {
    out.document(said)
    tellBatch(said, out)
    return 0
  }
  return tellEnd(await followed(id, out), out)
}

/** The batch once nothing more comes, or nobody reads any more; on a terminal one line is drawn again. */
async function followed(id: string, out: Output): Promise<Batch> {
  let last = ''
  for (;;) {
    const batch = await find(id)
    const line = progressLine(batch)
    const isOver = batch.settled || batch.status === 'paused' || batch.status === 'created'
    if (out.live && !out.json) {
      process.stdout.write(`\r\u001b[2K${line.slice(0, (process.stdout.columns ?? 80) - 1)}`)
      if (isOver) process.stdout.write('\r\u001b[2K')
    } else if (line !== last) out.say(line)
    if (isOver || out.closed) return batch
    last = line
    await wait(LOOK_MS)
  }
}

/** 0 where every act was accepted. */
function tellEnd(batch: Batch, out: Output): number {
  out.document(batch)
  tellBatch(batch, out)
  const left = batch.total - batch.counts.accepted
  if (left > 0 && batch.settled) {
    out.say(colour.dim(`  prooftrail batch show ${batch.batch_id} --runs --status refused`))
  }
  return left === 0 ? 0 : 1
}

function say(
  request: 'run' | 'pause' | 'resume' | 'stop',
  id: string,
  reason: string | undefined,
): Promise<Batch> {
  const url = doorUrl(serviceUrl('dispatch'), `POST /v1/batches/:id/${request}`, { id })
  return about(id, 'POST', url, reason === undefined ? {} : { reason })
}

function find(id: string): Promise<Batch> {
  return about(id, 'GET', doorUrl(serviceUrl('dispatch'), 'GET /v1/batches/:id', { id }))
}

/** What dispatch says of a batch. @throws CommandError PT-2061 for one that it does not know */
async function about<T = Batch>(id: string, ...asked: Parameters<typeof ask<T>>): Promise<T> {
  const { status, body } = await ask<T>(...asked)
  if (status !== 404) return body
  throw new CommandError('PT-2061', `no batch ${id}; see \`prooftrail batch list\``, 3)
}

async function runsOf(id: string, status: string | undefined) {
  const all: AnswerOf<'GET /v1/batches/:id/runs'>['runs'] = []
  for (let after: number | undefined; ; ) {
    const query = { limit: 1_000, status, after }
    const url = doorUrl(serviceUrl('dispatch'), 'GET /v1/batches/:id/runs', { id }, query)
    const { body } = await ask<AnswerOf<'GET /v1/batches/:id/runs'>>('GET', url)
    all.push(...body.runs)
    after = body.next
    if (after === undefined) return all
  }
}

function numberOf(option: string, text: string): number {
  if (/^[1-9]\d{0,6}$/.test(text)) return Number(text)
  throw new CommandError('PT-8013', `--${option} takes a whole number above 0, not '${text}'`, 2)
}
