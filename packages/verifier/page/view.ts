/** The sections of the page, made from what verification answers. */
import type { Problem, Verdict } from '@prooftrail/trail'
import type { Chain, ChainLink } from '../src/chain.ts'
import type { Check } from '../src/checks.ts'
import { el } from './dom.ts'

const MARKS = { passed: '✓', failed: '✗', unreached: '–' } as const
const LINK_MARKS = { holds: '✓', broken: '✗', unproven: '–' } as const
const OUTCOMES = { passed: 'passed', failed: 'failed', unreached: 'not reached' } as const

/** How the verdict is headed and coloured; `ready` alone is without a reservation. */
const VERDICTS: Record<NonNullable<Verdict['verdict']>, { word: string; says: string }> = {
  ready: { word: 'ready', says: 'The result is complete and its evidence sufficient.' },
  partial: { word: 'partial', says: 'There is a result, and something in it is still open.' },
  failed: { word: 'failed', says: 'The work was done and ended without a usable result.' },
  refused: { word: 'refused', says: 'The order was refused, with reasons; no work was done.' },
  expired: { word: 'expired', says: 'No result came in time, and nothing was charged.' },
  released: {
    word: 'released',
    says: 'An operator released the credits before a result came, and nothing was charged.',
  },
}

/** The verdict in one banner. @param took milliseconds that verification took */
export function banner(verdict: Verdict, { links }: Chain, took: number): HTMLElement {
  const time = `Worked out on this machine in ${took.toFixed(0)} ms.`
  if (!verdict.ok || verdict.verdict === undefined) {
    const broken = links.filter(({ problems }) => problems.length > 0)
    const where = broken.map(({ title }) => title).slice(0, 4)
    const says =
      where.length > 0 ? `What is wrong concerns: ${where.join(', ')}.` : 'See the checks below.'
    return el(
      'div',
      'banner bad',
      el('h2', '', '✗ This trail does not verify'),
      el('p', '', `${says} Nothing that the file says may be relied on. ${time}`),
    )
  }
  const { word, says } = VERDICTS[verdict.verdict]
  const order = links[0]?.object
  return el(
    'div',
    verdict.verdict === 'ready' ? 'banner good' : 'banner fair',
    el('h2', '', `✓ Verifies: ${word}`),
    el('p', '', `${says} ${time}`),
    el(
      'dl',
      '',
      term('work order', verdict.work_order_id),
      term('ordered by', textOf(order, 'agent_id')),
      term('of the tool', textOf(order, 'requested_tool')),
      term('revision', String(verdict.revision ?? 0)),
      term('sealed over', `${links.length} links`),
    ),
  )
}

/** The checks in order, each with what it found. */
export function checkList(checks: readonly Check[]): HTMLElement[] {
  const items = checks.map(({ title, says, sections, outcome, problems }) =>
    el(
      'li',
      outcome,
      el('span', 'mark', MARKS[outcome]),
      el(
        'div',
        '',
        el('strong', '', title),
        el('span', 'says', ` · ${OUTCOMES[outcome]} · wire format section ${sections.join(', ')}`),
        el('p', 'says', says),
        problemList(problems, true),
      ),
    ),
  )
  return [el('h2', '', 'Checks'), el('ol', 'checks', items)]
}

/** The links, each to be opened. */
export function chainList({ links, others }: Chain): HTMLElement[] {
  if (links.length === 0) return []
  const title = el('h2', '', `The chain: ${links.length} links`)
  const loose = problemList(others, false)
  const list = el('ol', 'chain', links.map(linkItem))
  return loose === undefined ? [title, list] : [title, loose, list]
}

/** Where the trail stands in the log. @param note the checkpoint as it was signed */
export function logSection(
  { origin, size, index }: NonNullable<Verdict['checkpoint']>,
  note: string | undefined,
): HTMLElement[] {
  return [
    el('h2', '', 'The log'),
    el('dl', '', term('origin', origin), term('leaf', `${index} of ${size}, counted from 0`)),
    el('p', 'says', 'The signed tree head, to be compared with what others were shown:'),
    scrolled(note ?? '', 'the signed tree head'),
  ]
}

function linkItem(link: ChainLink): HTMLElement {
  const { outcome, name, title, party, role, issued_at, digest, key_id, follows, problems } = link
  const details = el(
    'details',
    '',
    el(
      'summary',
      '',
      el('span', 'name', title),
      el('span', 'who', party ?? (outcome === 'unproven' ? 'not checked' : 'unknown key')),
      el('span', 'when', issued_at ?? ''),
      el('span', 'digest', digest.slice(0, 19)),
    ),
    el(
      'div',
      '',
      el(
        'dl',
        '',
        term('signed by', party === undefined ? undefined : `${party}, as ${role ?? ''}`),
        term('key', key_id),
        term('issued', issued_at),
        term('digest', digest),
        follows.length > 0
          ? [el('dt', '', 'follows'), el('dd', '', followList(follows))]
          : undefined,
      ),
      outcome === 'holds' ? undefined : el('p', 'says', 'What the file says, unproven:'),
      scrolled(JSON.stringify(link.object, undefined, 2) ?? 'nothing that can be read', title),
    ),
  )
  const item = el(
    'li',
    outcome,
    el('span', 'mark', LINK_MARKS[outcome]),
    details,
    problemList(problems, false),
  )
  item.id = idOf(name)
  return item
}

/** A long text in its own window, which the keyboard reaches too. */
function scrolled(text: string, label: string): HTMLElement {
  const made = el('pre', '', text)
  made.tabIndex = 0
  made.setAttribute('role', 'region')
  made.setAttribute('aria-label', label)
  return made
}

function followList(names: readonly string[]): (Node | string)[] {
  return names.flatMap((name, place) => {
    const link = el('a', '', name.replaceAll('_', ' '))
    link.href = `#${idOf(name)}`
    return place === 0 ? [link] : [', ', link]
  })
}

function problemList(problems: readonly Problem[], isWithLink: boolean): HTMLElement | undefined {
  if (problems.length === 0) return undefined
  const items = problems.map(({ code, detail, link }) =>
    el(
      'li',
      '',
      el('code', '', code),
      ' ',
      isWithLink && link !== undefined ? `${link}: ${detail}` : detail,
    ),
  )
  return el('ul', 'problems', items)
}

function term(name: string, value: string | undefined): HTMLElement[] {
  return value === undefined ? [] : [el('dt', '', name), el('dd', '', value)]
}

function textOf(value: unknown, name: string): string | undefined {
  const isHolder = typeof value === 'object' && value !== null
  const member: unknown = isHolder ? Reflect.get(value, name) : undefined
  return typeof member === 'string' ? member : undefined
}

function idOf(name: string): string {
  return `link-${name.replaceAll('/', '-')}`
}
