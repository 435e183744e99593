import type { AnswerOf, ParkedItem, ParkedRow, ParkedView } from '@prooftrail/contracts/doors'
import type { Command } from 'commander'
import { bareTable } from '../bare-table.ts'
import { CommandError } from '../fault.ts'
import { ask } from '../http.ts'
import { colour, mark, type Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

export interface FilterOptions {
  topic?: string
  code?: string
  service?: string
  agent?: string
  tool?: string
  document?: string
  olderThan?: string
  newerThan?: string
  state?: string
}

interface ListOptions extends FilterOptions {
  limit: string
  after?: string
}

interface ActOptions extends FilterOptions {
  reason?: string
  all?: boolean
  withEarlier?: boolean
  dryRun?: boolean
}

const PAGE = 500
/** As many ids as the door takes at once are sent in parts, so that each answer comes in good time. */
const TOGETHER = 500
const MAX_IDS = 10_000

/** The commands of parked messages. */
export function parkedCommands(program: Command, output: () => Output): void {
  const parked = program
    .command('parked')
    .description('messages that a service could not decide, set aside for a person')
  filters(parked.command('list', { isDefault: true }))
    .description('which there are, oldest first (default)')
    .option('--limit <n>', 'so many', '50')
    .option('--after <cursor>', 'the next ones: what the page before ended with')
    .action((options: ListOptions) => parkedList(options, output()))
  parked
    .command('show <id>')
    .description('one of them: what came, why it is parked, what can be done')
    .action((id) => parkedShow(id, output()))
  acting(parked.command('send [ids...]'))
    .description('send them again, to where they came from and as they were')
    .option('--with-earlier', 'those that come before them too')
    .action((ids, options: ActOptions) => parkedAct('send', ids, options, output()))
  acting(parked.command('discard [ids...]'))
    .description('give them up; the reason is kept for ever')
    .action((ids, options: ActOptions) => parkedAct('discard', ids, options, output()))
}

function acting(command: Command): Command {
  return filters(command)
    .option('--all', 'all that the filters find now, at most 10,000')
    .option('--reason <text>', 'why; discarding needs one')
    .option('--dry-run', 'say what would happen')
}

function filters(command: Command): Command {
  return command
    .option('--topic <topic>', 'of this topic')
    .option('--code <code>', 'for this reason')
    .option('--service <service>', 'of this service')
    .option('--agent <id>', 'of this agent, where its signature held')
    .option('--tool <tool>', 'of this tool, where its signature held')
    .option('--document <id>', 'for this document: a work order, an account')
    .option('--older-than <seconds>', 'parked for longer than this')
    .option('--newer-than <seconds>', 'parked for a shorter time than this')
    .option('--state <state>', 'open, sent, discarded, noted or any (default: open)')
}

export async function parkedList(options: ListOptions, out: Output): Promise<void> {
  const { limit, after, ...filter } = options
  const page = await pageOf(filter, { limit, ...(after ? { cursor: after } : {}) })
  const { body: counts } = await ask<AnswerOf<'GET /v1/parked/counts'>>('GET', `${base()}/counts`)
  out.document({ ...page, open: counts.open })
  const total = counts.open.reduce((sum, { count }) => sum + count, 0)
  if (page.entries.length === 0) {
    const which = Object.keys(filter).length > 0 ? ' of these' : ''
    out.say(`${mark('ok')} no parked message${which}; ${total} open in all`)
    return
  }
  out.say(parkedTable(page.entries, Date.now()))
  out.say('')
  out.say(colour.dim(`${total} open in all. One of them: prooftrail parked show ID`))
  if (page.next_cursor)
    out.say(colour.dim(`more: prooftrail parked list --after ${page.next_cursor}`))
}

/** A table of parked messages; `now` in epoch ms. */
export function parkedTable(rows: readonly ParkedRow[], now: number): string {
  const table = bareTable(['id', 'age', 'code', 'service', 'topic', 'for', 'times', 'state'])
  for (const one of rows) {
    const { parked_id, since, code, service, topic, times, state, blocks } = one
    table.push([
      parked_id,
      age(now - Date.parse(since)),
      code,
      service,
      topic.replace(/^prooftrail\.(.+)\.v1$/, '$1'),
      about(one),
      String(times),
      blocks && state === 'open' ? colour.red('blocks') : state,
    ])
  }
  // the last column is padded too
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}

/** Whom it concerns: a document that nobody signed for is shown as a claim. */
function about({ document, claimed, agent, tool }: ParkedRow): string {
  const who = agent ?? tool
  if (document === undefined) return who ?? '–'
  const name = claimed ? colour.dim(`${document}?`) : document
  return who === undefined || who === document ? name : `${name} (${who})`
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

export async function parkedShow(id: string, out: Output): Promise<void> {
  const { status, body } = await ask<ParkedView>('GET', `${base()}/${encodeURIComponent(id)}`)
  if (status === 404) throw new CommandError('PT-7041', `no parked message ${id}`, 3)
  out.document(body)
  const { code, title, detail, service, topic, partition, offset, state, message } = body
  out.say(`${colour.bold(body.parked_id)}  ${state}${body.blocks ? `, ${blocking(body)}` : ''}`)
  out.say(`  ${code}       ${title}`)
  out.say(`  detail        ${detail}`)
  out.say(`  what to do    ${body.what_to_do}`)
  out.say(`  service       ${service}`)
  out.say(`  came from     ${topic}, partition ${partition}, offset ${offset}, ${body.first_time}`)
  out.say(`  parked        ${times(body)}, last ${body.last_parked}`)
  if (about(body) !== '–')
    out.say(`  for           ${about(body)}${body.claimed ? ' as it says' : ''}`)
  for (const one of body.decided) {
    out.say(`  ${one.act.padEnd(12)}  ${one.at} by ${one.by}${one.reason ? `: ${one.reason}` : ''}`)
  }
  if (message.key !== undefined) out.say(`  key           ${message.key}`)
  out.say(
    `  value         ${message.bytes} bytes${message.unreadable ? `: ${message.unreadable}` : ''}`,
  )
  if (message.begins) out.say(colour.dim(`                ${message.begins}`))
  if (message.value !== undefined) {
    const lines = JSON.stringify(message.value, null, 2).split('\n')
    for (const line of lines) out.say(colour.dim(`    ${line}`))
  }
  out.say('')
  const [first] = body.earlier
  if (first) out.say(`${body.earlier.length} come before it: prooftrail parked show ${first}`)
  for (const { act, allowed, code: why, detail: because } of body.acts) {
    if (!allowed) out.say(colour.dim(`no ${act}: ${why} ${because}`))
    else if (act === 'send') {
      const earlier = first ? ' --with-earlier' : ''
      out.say(`again:  prooftrail parked send ${id}${earlier}`)
    } else out.say(`or:     prooftrail parked discard ${id} --reason "…"`)
  }
}

function blocking({ document, service }: ParkedView): string {
  return `blocks ${document} in ${service}`
}

function times({ times: n, sends, since }: ParkedView): string {
  const again = sends > 0 ? `, sent again ${sends} times` : ''
  return n === 1 ? since : `${n} times since ${since}${again}`
}

export async function parkedAct(
  act: 'send' | 'discard',
  named: readonly string[],
  { reason, all, withEarlier, dryRun, ...filter }: ActOptions,
  out: Output,
): Promise<void> {
  if (named.length > 0 === (all === true)) {
    throw new CommandError('PT-8006', 'name ids, or give --all with filters', 2)
  }
  if (act === 'discard' && reason === undefined) {
    throw new CommandError('PT-8006', 'say why: --reason "…"', 2)
  }
  // frozen here: what is parked while this goes on is not meant
  const ids = all ? await idsOf(filter) : [...new Set(named)]
  const query = [...(dryRun ? ['dry_run'] : []), ...(withEarlier ? ['with_earlier'] : [])].join('&')
  const items: ParkedItem[] = []
  for (let from = 0; from < ids.length; from += TOGETHER) {
    const body = { act, ids: ids.slice(from, from + TOGETHER), ...(reason ? { reason } : {}) }
    const answer = await ask<AnswerOf<'POST /v1/parked/acts'>>(
      'POST',
      `${base()}/acts?${query}`,
      body,
    )
    items.push(...answer.body.items)
    if (ids.length > TOGETHER) out.say(colour.dim(`  ${items.length} of ${ids.length}`))
  }
  const refused = items.filter(({ status }) => status === 'refused')
  out.document({ act, asked: items.length, done: items.length - refused.length, items })
  tell(act, items, out, { isDry: dryRun === true, isMany: ids.length > 5 })
  if (refused.length > 0 && refused.length === items.length) process.exitCode = 1
}

function tell(
  act: string,
  items: readonly ParkedItem[],
  out: Output,
  { isDry, isMany }: { isDry: boolean; isMany: boolean },
): void {
  const refused = items.filter(({ status }) => status === 'refused')
  const done = items.length - refused.length
  const verb = act === 'send' ? 'sent again' : 'discarded'
  const would = isDry ? 'would be ' : ''
  if (done > 0 || refused.length === 0) {
    out.say(`${mark('ok')} ${done} ${done === 1 ? 'message' : 'messages'} ${would}${verb}`)
  }
  const noted = items.filter(({ status, detail }) => status !== 'refused' && detail !== undefined)
  for (const { detail } of noted.slice(0, 5)) out.say(`  ${detail}`)
  for (const { parked_id, code, detail } of refused.slice(0, isMany ? 10 : 5)) {
    out.say(`${mark('no')} ${parked_id} ${code} ${detail}`)
  }
  if (refused.length > 10)
    out.say(`  and ${refused.length - 10} more are refused (--json names all)`)
  const [first] = items.filter(({ status }) => status === 'done')
  if (first && act === 'send') {
    out.say(
      colour.dim(`  parked again, it is open again: prooftrail parked show ${first.parked_id}`),
    )
  }
}

/** The ids that the filters find now. */
async function idsOf(filter: FilterOptions): Promise<string[]> {
  const ids: string[] = []
  let after: string | undefined
  do {
    const page = await pageOf(filter, { limit: String(PAGE), ...(after ? { cursor: after } : {}) })
    ids.push(...page.entries.map(({ parked_id }) => parked_id))
    after = page.next_cursor
  } while (after !== undefined && ids.length < MAX_IDS)
  return ids.slice(0, MAX_IDS)
}

async function pageOf(
  { olderThan, newerThan, ...filter }: FilterOptions,
  more: { limit: string; cursor?: string },
): Promise<{ entries: ParkedRow[]; next_cursor?: string }> {
  const query = new URLSearchParams({
    ...filter,
    ...(olderThan === undefined ? {} : { older_than: olderThan }),
    ...(newerThan === undefined ? {} : { newer_than: newerThan }),
    ...more,
  })
  const { body } = await ask<AnswerOf<'GET /v1/parked'>>('GET', `${base()}?${query}`)
  return body
}

function base(): string {
  return `${serviceUrl('console')}/v1/parked`
}
