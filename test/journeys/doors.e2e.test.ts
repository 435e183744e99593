/**
 * Every door of every service against its contract: whatever it is asked, the answer is one that
 * schemas/openapi.json names, and no request is a fault of ours.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { codesOf, commonRoutes, doors, partsOf, type Route } from '@prooftrail/contracts/doors'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ROOT } from '../repo/files.ts'
import { startWorld, type TestWorld } from '../world.ts'

let world: TestWorld
/** Names that mean something here, so that doors have something to answer. */
let known: string[]
beforeAll(async () => {
  world = await startWorld()
  const agent = await world.newAgent('doors')
  const order = agent.order()
  const id = order.object.work_order_id
  await world.publish(order)
  await world.trailOf(id)
  const task = await world.until(`${id} at the console`, async () => {
    const { body } = await world.get('console', `/v1/tasks/${id}`)
    return body.sealed === true ? body : undefined
  })
  const { body: account } = await world.get('receipt', `/v1/accounts/${agent.account}`)
  const { body: receipt } = await world.get('receipt', `/v1/receipts/${id}`)
  const { body: sre } = await world.get('console', '/v1/sre')
  known = [
    ...[id, String(task.task_token), agent.id, agent.account, 'tokenops', '0/000', '0/000.p/1'],
    ...[String(account.settlement_id), String(Object(receipt.object).receipt_id), '1.json'],
    String(Object(sre).dashboards[0].uid),
  ]
})
afterAll(() => world?.stop())

const seed = process.env.FC_SEED === undefined ? 16 : Number(process.env.FC_SEED)
const ROUNDS = 12

const document: object = JSON.parse(readFileSync(join(ROOT, 'schemas/openapi.json'), 'utf8'))
const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
ajv.addSchema({ ...document, $id: 'openapi' })

const hostile = fc.constantFrom(
  ...['', ' ', '.', '..', '../../etc/passwd', '%', '%00', '\u0000', '\ud83d\ude00', "'; drop--"],
  ...['$where', '__proto__', 'constructor', 'toString', '[object Object]', '{"$gt":""}', 'null'],
  ...['x'.repeat(3_000), '-1', '1e309', '9007199254740993', 'tt_', 'wo_', 'tool/tokenops', '\n'],
)

/** What a path's place is filled with: what is known, what is hostile, what is anything. */
const anyName = () =>
  fc.oneof(fc.constantFrom(...known), hostile, fc.string({ unit: 'binary', maxLength: 40 }))

const anyBody = fc.oneof(
  fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value)),
  fc.constantFrom('', '{', 'null', '[]', '{}', '{"a":1,"a":2}', '\u0000', '"\\ud800"'),
  fc.constant(`${'['.repeat(5_000)}${']'.repeat(5_000)}`),
)

/** A request's path below the service, filled in. */
function pathOf(path: string, names: readonly string[]): string {
  let at = 0
  return path.replace(/[:*](\w+)/g, (whole) => {
    const name = names[at++] ?? ''
    if (whole.startsWith('*')) return name.split('/').map(encodeURIComponent).join('/') || 'x'
    return encodeURIComponent(name) || '%20'
  })
}

function queryOf(route: Route): fc.Arbitrary<string> {
  const declared = Object.keys({ ...route.query?.properties })
  if (declared.length === 0) return fc.constantFrom('', '', '?other=1')
  const name = fc.constantFrom(...declared, 'other')
  const value = fc.oneof(anyName(), fc.constantFrom('1', '5', 'attested', '-changed'))
  return fc
    .array(fc.tuple(name, value), { maxLength: 3 })
    .map((pairs) => (pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`))
}

/** Why an answer is not the contract's; undefined where it is. */
async function faultOf(key: string, route: Route, answer: Response): Promise<string | undefined> {
  const type = answer.headers.get('content-type') ?? ''
  if (type.startsWith('text/event-stream')) {
    await answer.body?.cancel()
    return route.types?.includes('text/event-stream') ? undefined : `${key} is no stream`
  }
  const text = await answer.text()
  if (answer.status >= 400) {
    const { code, status, title, detail } = Object(parsed(text))
    const may: readonly string[] = codesOf(route)
    const isProblem = type.startsWith('application/problem+json') && status === answer.status
    if (!isProblem || !title || !detail) return `no problem document: ${type} ${text.slice(0, 300)}`
    // a name that ends a path, or holds a slash, is another path
    if (code === 'PT-9032' || code === 'PT-9037') return undefined
    if (!may.includes(code)) return `${code} is not declared: ${detail}`
    return status >= 500 && !route.codes.includes(code) ? `${status} ${code}: ${detail}` : undefined
  }
  const expected = [route.status ?? 200].flat()
  if (!expected.includes(answer.status)) return `${answer.status} is not declared`
  if (!route.answer || !type.startsWith('application/json')) {
    const isDeclared = route.types?.some((one) => type.startsWith(one))
    return isDeclared ? undefined : `${type} is not declared`
  }
  const { method, path } = partsOf(key)
  const item = path
    .replace(/[:*](\w+)/g, '{$1}')
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')
  const at = `/paths/${item}/${method.toLowerCase()}/responses/${answer.status}`
  const pointer = `${at}/content/application~1json/schema`
  const check = ajv.compile({ $ref: `openapi#${encodeURI(pointer)}` })
  if (check(parsed(text))) return undefined
  return `${JSON.stringify(check.errors?.slice(0, 3))} in ${text.slice(0, 300)}`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Doors that have nothing to answer in this deployment: no witness, no key list, no body kept. */
const EMPTY = [
  ...['GET /checkpoint/cosigned', 'GET /key-lists/:file', 'GET /key-lists/checkpoint'],
  ...['GET /key-lists/checkpoint/cosigned', 'GET /key-lists/tile/*path'],
  ...['GET /v1/callbacks/:work_order_id/body', 'GET /v1/tasks/:token/settlement-receipt'],
]

const services = Object.entries<Readonly<Record<string, Route>>>(doors).map(([service, own]) => ({
  service,
  routes: Object.entries<Route>({ ...commonRoutes, ...own }),
}))

describe.each(services)('the doors of $service', ({ service, routes }) => {
  test('answer whatever they are asked as the contract says', { timeout: 300_000 }, async () => {
    const faults: string[] = []
    const answered = new Set<string>()
    for (const [key, route] of routes) {
      const { method, path } = partsOf(key)
      const places = path.match(/[:*]\w+/g)?.length ?? 0
      const requests = fc.sample(
        fc.record({
          names: fc.array(anyName(), { minLength: places, maxLength: places }),
          query: queryOf(route),
          body: anyBody,
        }),
        { numRuns: ROUNDS, seed },
      )
      const plain = known.map((name) => ({ names: [name], query: '', body: '{}' }))
      for (const { names, query, body } of [...plain, ...requests]) {
        const url = `${world.url(service)}${pathOf(path, names)}${query}`
        const init = method === 'GET' ? {} : { method, body }
        const answer = await fetch(url, { ...init, redirect: 'manual' })
        if (answer.status < 300) answered.add(key)
        const fault = await faultOf(key, route, answer)
        if (fault) faults.push(`${method} ${url.slice(0, 200)}: ${fault}`)
      }
    }
    expect(faults).toEqual([])
    const silent = routes.map(([key]) => key).filter((key) => !answered.has(key))
    const unexpected = silent.filter((key) => key.startsWith('GET') && !EMPTY.includes(key))
    expect(
      unexpected.filter((key) => !key.includes('/batches/') && !key.includes('parked')),
    ).toEqual([])
  })

  test('say which methods they take, and that there is nothing elsewhere', async () => {
    const [first] = routes.filter(([key]) => key.includes('/v1/')).map(([key]) => partsOf(key).path)
    const path = pathOf(first ?? '', known)
    const other = await fetch(`${world.url(service)}${path}`, { method: 'PATCH' })
    expect([other.status, Object(await other.json()).code]).toEqual([405, 'PT-9037'])
    const nothing = await fetch(`${world.url(service)}/v1/nothing/here`)
    expect([nothing.status, Object(await nothing.json()).code]).toEqual([404, 'PT-9032'])
  })

  test('take no body beyond their limit', async () => {
    const largest = routes.filter(([key, { body }]) => key.startsWith('POST') && body)
    for (const [key, { body }] of largest) {
      const { path } = partsOf(key)
      const answer = await fetch(`${world.url(service)}${pathOf(path, known)}`, {
        method: 'POST',
        body: ' '.repeat((body?.maxBytes ?? 0) + 1),
      })
      const { code } = Object(await answer.json())
      // what is about nothing that is there is not read at all
      const isAbsent = answer.status === 404
      const expected = isAbsent ? code : (body?.tooLarge ?? 'PT-9038')
      expect({ key, code, status: answer.status }).toEqual({
        ...{ key, code: expected, status: isAbsent ? 404 : 413 },
      })
    }
  })
})
