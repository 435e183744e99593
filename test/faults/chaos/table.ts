import type { Books } from '../books.ts'
import type { Deployment } from '../deployment.ts'
import type { Fault } from '../journal.ts'
import type { Answers } from './answers.ts'
import type { ActedOn } from './hasty-acts.ts'
import type { Batched, BatchView } from './hasty-batches.ts'
import type { Noises } from './noise.ts'
import type { Parked } from './parked-promises.ts'
import type { Acted } from './promises.ts'
import type { Schedule } from './schedule.ts'

/** What was drawn from a seed, what people were answered, and what was found when it was quiet. */
export interface Course {
  seed: number
  seconds: number
  /** Of all that was drawn. */
  digest: string
  schedule: Schedule
  acted: ActedOn
  batched: Batched
  noises: Noises
  /** Absent until it was checked. */
  acts?: Acted
  batches?: readonly BatchView[]
  parked?: Parked
  /** Bundles that a program that is not ours verified, or why none. */
  foreign?: number | string
}

/** A line: what it is of, what was counted, how many, and of which kinds. */
export type Line = [group: string, name: string, count: number | string, kinds?: string]

/** The closing table of a deployment. @param books undefined where they could not be closed */
export function tableOfChaos(
  d: Deployment,
  courses: readonly Course[],
  books: Books | undefined,
): string {
  return aligned([
    ...courses.map(drawnLine),
    ...ordersOf(d, courses),
    ...courses.flatMap(peopleLines),
    ...faultLines(d.journal.faults),
    ...booksLines(courses, books),
  ])
}

/** Columns as wide as their widest, counts to the right; a group is named once. */
export function aligned(lines: readonly Line[]): string {
  const text = (count: number | string) =>
    typeof count === 'number' ? count.toLocaleString('en-US') : count
  const widest = (column: 0 | 1) => Math.max(...lines.map((line) => line[column].length))
  const counts = lines.filter(([, , count]) => typeof count === 'number')
  const right = Math.max(0, ...counts.map(([, , count]) => text(count).length))
  const told = lines.map(([group, name, count, kinds = ''], n) => {
    const head = group === lines[n - 1]?.[0] ? '' : group
    const [first, second] = [head.padEnd(widest(0)), name.padEnd(widest(1))]
    return `${first}  ${second}  ${text(count).padStart(right)}  ${kinds}`.trimEnd()
  })
  return `${told.join('\n')}\n`
}

function drawnLine({ seed, seconds, digest, schedule }: Course): Line {
  const counts = Object.entries(schedule).map(([kind, drawn]) => `${kind} ${drawn.length}`)
  return ['course', `seed ${seed}, ${seconds} s`, digest, counts.join(', ')]
}

function ordersOf({ traffic }: Deployment, courses: readonly Course[]): Line[] {
  const tools = new Map<string, number>()
  for (const { tool } of traffic.sent) tools.set(tool, (tools.get(tool) ?? 0) + 1)
  const acted = courses.reduce((sum, one) => sum + one.acted.orders.length, 0)
  const early = courses.reduce((sum, one) => sum + one.noises.early.length, 0)
  return [
    ...[...tools].map(([tool, count]): Line => ['orders', tool, count]),
    ['orders', 'acted on', acted, 'tokenops, an item is missing'],
    ['orders', 'before their agent', early],
  ]
}

function peopleLines({ acted, acts, batched, batches = [], noises, parked }: Course): Line[] {
  const runs = batches.reduce((sum, { total }) => sum + total, 0)
  const items = sumOf(batches.flatMap(({ counts }) => Object.entries(counts)))
  const rows = parked?.rows ?? []
  return [
    ...answered('acts', acted.answers),
    ['acts', 'in trails', acts?.links ?? 0],
    ['acts', 'runs at the end', acted.orders.length, kinds(acts?.ends ?? [])],
    ...answered('batches', batched.answers),
    ['batches', 'made', batches.length, kinds(sumOf(batches.map(({ status }) => [status, 1])))],
    ['batches', 'runs in them', runs, kinds(items)],
    ...answered('set aside', noises.answers),
    ['set aside', 'unreadable', noises.unreadable.size],
    ['set aside', 'early orders that ran', parked?.early.length ?? 0],
    ['set aside', 'acts that nobody could decide', acts?.parked ?? 0],
    ['set aside', 'entries', rows.length, kinds(sumOf(rows.map(({ state }) => [state, 1])))],
  ]
}

function answered(group: string, answers: Answers): Line[] {
  return answers.list().map(({ asked, times, answers: own }) => [group, asked, times, kinds(own)])
}

function faultLines(faults: readonly Fault[]): Line[] {
  const whats = [...new Set(faults.map(({ what }) => what))].sort()
  return whats.map((what) => {
    const own = faults.filter((one) => one.what === what)
    return ['faults', what, own.length, kinds(sumOf(own.map(({ who }) => [who, 1])))]
  })
}

function booksLines(courses: readonly Course[], books: Books | undefined): Line[] {
  if (books === undefined) return [['books', 'closed', 'no']]
  const others = courses.reduce(
    (sum, { acted, parked }) => sum + acted.orders.length + (parked?.early.length ?? 0),
    0,
  )
  const foreign = courses.map((one) => one.foreign ?? 0)
  return [
    ['books', 'accepted', books.accepted],
    ['books', 'debits', books.debits],
    ['books', 'callbacks that were repeated', books.repeated],
    ['books', 'verified by us', books.trails + others],
    ...foreign.map((count): Line => ['books', 'verified by the Python program', count]),
    ['books', 'lost', books.lost],
    ['books', 'doubled', books.doubled],
  ]
}

function sumOf(counts: readonly (readonly [name: string, count: number])[]): [string, number][] {
  const sums = new Map<string, number>()
  for (const [name, count] of counts) sums.set(name, (sums.get(name) ?? 0) + count)
  return [...sums].sort(([, one], [, other]) => other - one)
}

function kinds(counts: Iterable<readonly [name: string, count: number]>): string {
  return [...counts].flatMap(([name, count]) => (count > 0 ? [`${name} ${count}`] : [])).join(', ')
}
