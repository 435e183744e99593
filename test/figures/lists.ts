/**
 * Lists, searches and counters with many runs in the collection, at the console's doors; and by which
 * index the database answers each (`explain`), where it says so.
 */
import { type Collection, type Document, MongoClient } from 'mongodb'
import { type ConsolePages, openConsolePages } from '../browser/console-pages.ts'
import { type Figures, middleOf, type Plan } from './plan.ts'
import { project } from './project.ts'

type Runs = Collection<Document & { _id: string }>

export async function measureLists({ runs: wanted, tries, say }: Plan): Promise<Figures> {
  const pages = await openConsolePages('lists')
  const client = await MongoClient.connect(process.env.MONGODB_URL ?? '')
  try {
    const { world } = pages
    const poor = await world.newAgent('poor', { credits: 0 })
    await world.publish(poor.order())
    for (let n = 0; n < 8; n += 1) await world.publish(pages.agent.order())
    await pages.partialRun()
    const runs: Runs = client.db('prooftrail').collection('runs')
    await project(runs, wanted, say)
    const base = world.url('console')
    const rows: string[][] = []
    const found = (name: string, text: string) => {
      say(`${name}: ${text}`)
      rows.push([name, text])
    }
    for (const [name, path] of await asked(base, runs, pages.agent.id)) {
      const times: number[] = []
      for (let n = 0; n < tries; n += 1) times.push(await timeOf(`${base}${path}`))
      found(name, middleOf(times, 'ms'))
    }
    for (const [name, filter, sort] of queries(pages.agent.id)) {
      found(name, await planOf(runs, filter, sort))
    }
    found('the page of runs', await ofThePage(pages))
    const server = process.env.MONGODB_STAND_IN === '1' ? 'stand-in' : 'mongod'
    return { head: [`${wanted.toLocaleString('en')} runs, ${server}`, 'measured'], rows }
  } finally {
    await client.close()
    await pages.stop()
  }
}

/** What is asked at the doors: lists of many, of few, deep ones, and one run by its names. */
async function asked(base: string, runs: Runs, agent: string): Promise<[string, string][]> {
  const [middle] = await runs.find({ 'ix.names': 'log:777' }).limit(1).toArray()
  const digest = [...(middle?.ix.names ?? [])].find((name: string) => name.startsWith('sha256:'))
  let deep = '/v1/runs?limit=200'
  for (let n = 0; n < 20; n += 1) {
    const { next_cursor } = Object(await (await fetch(`${base}${deep}`)).json())
    if (next_cursor === undefined) break
    deep = `/v1/runs?limit=200&cursor=${encodeURIComponent(next_cursor)}`
  }
  return [
    ['newest 100', '/v1/runs?limit=100'],
    ['oldest 100', '/v1/runs?limit=100&sort=accepted'],
    ['20 pages of 200 further', deep],
    ['of one state', '/v1/runs?limit=100&state=attested'],
    ['of a rare state', '/v1/runs?limit=100&state=credit_pending'],
    ['of one agent and state', `/v1/runs?limit=100&agent=${agent}&state=exception_open`],
    ['by work order id', `/v1/runs?find=${middle?._id}`],
    ['by digest', `/v1/runs?find=${digest}`],
    ['by log index', '/v1/runs?find=777'],
    ['counters of the overview', '/v1/overview'],
    ['queue', '/v1/queue'],
  ]
}

async function timeOf(url: string): Promise<number> {
  const from = performance.now()
  const answer = await fetch(url)
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return performance.now() - from
}

/** The queries behind them, as the console's own code makes them. */
function queries(agent: string): [string, Document, Document][] {
  return [
    ['lists go by', { 'ix.facets': 'any' }, { 'ix.changed': -1 }],
    ['lists of an agent go by', { 'ix.facets': `agent:${agent}` }, { 'ix.accepted': -1 }],
    ['names go by', { 'ix.names': 'log:777' }, {}],
  ]
}

/** Index, keys and documents that a query read; what the server says where it does not. */
async function planOf(runs: Runs, filter: Document, sort: Document): Promise<string> {
  try {
    const told = await runs.find(filter).sort(sort).limit(100).explain('executionStats')
    const index = /"indexName":"([^"]+)"/.exec(JSON.stringify(told))?.[1]
    const { totalKeysExamined: keys, totalDocsExamined: docs } = Object(told.executionStats)
    return `index ${index ?? 'none'}: ${keys} keys, ${docs} documents read`
  } catch (error) {
    return `not explained here (${error instanceof Error ? error.message.slice(0, 80) : error})`
  }
}

/** The page over the same: until its first lines are there, and how many rows it draws. */
async function ofThePage(pages: ConsolePages): Promise<string> {
  const from = performance.now()
  const { page, context } = await pages.open('/runs')
  await page.locator('tbody tr').first().waitFor({ timeout: 120_000 })
  const took = performance.now() - from
  const drawn = await page.locator('tbody tr').count()
  await context.close()
  return `${Math.round(took)} ms to its first lines, ${drawn} rows drawn`
}
