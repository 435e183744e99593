/** schemas/openapi.json: every route of every service as an OpenAPI 3.1 document. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { CodeEntry } from '../src/codes.ts'
import type { Route, Routes } from '../src/doors/index.ts'
import type { Catalogue, RecordSchema } from './catalogue.ts'
import { type OwnedCodes, readCodeTables } from './errors-page.ts'
import { jsonSchemaOf } from './object-schema.ts'
import type { Introductions } from './service-files.ts'

type Doors = typeof import('../src/doors/index.ts')

/** The routes as `packages/contracts/src/doors` of the repository has them. */
export function readDoors(root: string): Promise<Doors> {
  return import(pathToFileURL(join(root, 'packages/contracts/src/doors/index.ts')).href)
}

/** @throws Error for a route with a code that no table has, or that two services have */
export async function openApiDocument(
  root: string,
  catalogue: Catalogue,
  introductions: Introductions,
): Promise<string> {
  const found = await readDoors(root)
  const codes = tableOf(await readCodeTables(root))
  const paths: Record<string, Record<string, unknown>> = {}
  const add = (tag: string, routes: Routes) => {
    const service = introductions.services.find(({ name }) => name === tag)
    const servers = service ? { servers: [serverOf(tag, service.port)] } : {}
    for (const [key, route] of Object.entries(routes)) {
      const { method, path } = found.partsOf(key)
      const name = path.replace(/[:*](\w+)/g, '{$1}')
      const item = paths[name] ?? {}
      paths[name] = item
      const verb = method.toLowerCase()
      if (verb in item) throw new Error(`${key} stands in two tables`)
      item[verb] = {
        ...{ tags: [tag], operationId: operationId(key), summary: route.says, ...servers },
        ...operationOf(key, route, found, codes),
      }
    }
  }
  add('every service', found.commonRoutes)
  for (const [name, routes] of Object.entries<Routes>(found.doors)) add(name, routes)
  const text = JSON.stringify(
    {
      openapi: '3.1.0',
      info: {
        title: 'Prooftrail',
        version: '1.0.0',
        description:
          'What the services answer over HTTP. Each listens on a port of its own; the console passes on what is marked `x-passed-on`. A denial and every other fault is a problem document (RFC 9457) with a numbered code.',
      },
      servers: introductions.services.map(({ name, port }) => serverOf(name, port)),
      tags: ['every service', ...Object.keys(found.doors)].map((name) => ({ name })),
      paths,
      components: {
        schemas: { ...objectsIn(JSON.stringify(paths), catalogue), Problem: PROBLEM },
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'The operator token, a JWT of the configured issuer, or a task’s handle.',
          },
        },
      },
    },
    null,
    2,
  )
  return `${text}\n`
}

const PROBLEM = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', pattern: '^PT-[1-9][0-9]{3}$' },
    detail: { type: 'string' },
    retryable: { type: 'boolean' },
  },
}

function operationOf(
  key: string,
  route: Route,
  { partsOf, namesIn, WHO, codesOf }: Doors,
  codes: ReadonlyMap<string, CodeEntry>,
): object {
  const { path } = partsOf(key)
  const { who, body, passedOn } = route
  const parameters = [
    ...namesIn(path).map((name) => ({
      ...{ name, in: 'path', required: true },
      schema: { type: 'string' },
    })),
    ...Object.entries({ ...route.query?.properties }).map(([name, schema]) => ({
      ...{ name, in: 'query', required: route.query?.required?.includes(name) === true, schema },
    })),
  ]
  return {
    description: `For: ${WHO[who]}.`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? {
          requestBody: { required: true, content: { 'application/json': { schema: body.schema } } },
        }
      : {}),
    responses: { ...answersOf(route), ...refusalsOf(key, codesOf(route).sort(), codes) },
    security: who === 'public' || who === 'signer' ? [] : [{ bearer: [] }],
    ...(passedOn ? { 'x-passed-on': true } : {}),
  }
}

function answersOf({ status, answer, types, says }: Route): object {
  const json = answer ? { 'application/json': { schema: answer } } : {}
  const other = Object.fromEntries((types ?? []).map((type) => [type, {}]))
  const one = { description: says, content: { ...json, ...other } }
  return Object.fromEntries([status ?? 200].flat().map((code) => [String(code), one]))
}

function refusalsOf(
  key: string,
  asked: readonly string[],
  codes: ReadonlyMap<string, CodeEntry>,
): object {
  const byStatus = new Map<number, string[]>()
  for (const code of asked) {
    const entry = codes.get(code)
    if (entry === undefined) throw new Error(`${key}: no table has ${code}`)
    const status = entry.http ?? 400
    byStatus.set(status, [...(byStatus.get(status) ?? []), `${code} ${entry.title}`])
  }
  const schema = { $ref: '#/components/schemas/Problem' }
  return Object.fromEntries(
    [...byStatus].map(([status, titles]) => [
      String(status),
      {
        description: titles.join('; '),
        content: { 'application/problem+json': { schema } },
        'x-codes': titles.map((title) => title.slice(0, 'PT-0000'.length)),
      },
    ]),
  )
}

/** The objects of the wire format that the text refers to. */
function objectsIn(text: string, catalogue: Catalogue): object {
  const names = [...text.matchAll(/#\/components\/schemas\/(\w+)/g)].map(([, name = '']) => name)
  const entries = [...new Set(names)]
    .filter((name) => name !== 'Problem')
    .sort()
    .map((name) => {
      const record = recordOf(name, catalogue)
      return [name, { description: record.doc, ...jsonSchemaOf(record, catalogue) }]
    })
  return Object.fromEntries(entries)
}

function recordOf(name: string, { shared }: Catalogue): RecordSchema {
  const found = [...shared.values()].find((record) => record.name === name)
  if (found === undefined) throw new Error(`no record ${name}`)
  return found
}

function tableOf(tables: readonly OwnedCodes[]): Map<string, CodeEntry> {
  return new Map(tables.flatMap(({ codes }) => [...codes]))
}

function serverOf(name: string, port: number): object {
  return { url: `http://127.0.0.1:${port}`, description: name }
}

/** `GET /v1/runs/:id` → `getRunsById`. */
function operationId(key: string): string {
  const [method = '', path = ''] = key.split(' ')
  const words = path.split(/[^A-Za-z0-9:*]+/).filter((word) => word !== '' && word !== 'v1')
  const named = words.map((word) => {
    const [first = '', ...rest] = word.replace(/^[:*]/, '')
    return `${/^[:*]/.test(word) ? 'By' : ''}${first.toUpperCase()}${rest.join('')}`
  })
  return `${method.toLowerCase()}${named.join('')}`
}
