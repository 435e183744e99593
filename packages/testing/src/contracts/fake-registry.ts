/** A registry that speaks the part of the Confluent API that the codec asks, for tests without a stack. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { subjectFor, TOPIC_NAMES, topics } from '@prooftrail/contracts'

export interface FakeRegistry {
  url: string
  /** Schema text by id; an id outside answers 404 as a registry does. */
  schemas: Map<number, string>
  /** The versions of each subject, oldest first, as ids. */
  subjects: Map<string, number[]>
  /** What it answers instead while set. */
  broken: { status: number; body: string } | undefined
  requests: number
  close(): Promise<void>
}

/** Starts one that holds every topic's schema, ids from 1 in the order of the catalogue. */
export async function startFakeRegistry(): Promise<FakeRegistry> {
  const subjects = new Map<string, number[]>()
  const schemas = new Map<number, string>()
  for (const [i, name] of TOPIC_NAMES.entries()) {
    const tool = topics[name].per_tool === true ? 'tokenops' : undefined
    subjects.set(subjectFor(name, tool), [i + 1])
    schemas.set(i + 1, topics[name].schema)
  }
  const server = createServer((request, response) => {
    fake.requests++
    const answer = fake.broken ?? find(request.url ?? '')
    request.resume()
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body)
  })
  const find = (path: string) => {
    const id = /^\/schemas\/ids\/(\d+)$/.exec(path)?.[1]
    const schema = id === undefined ? undefined : schemas.get(Number(id))
    if (schema !== undefined) return { status: 200, body: JSON.stringify({ schema }) }
    const [, subject = '', versions, version] =
      /^\/subjects\/([^/]+)(\/versions)?(?:\/(\d+))?$/.exec(path) ?? []
    const ids = subjects.get(decodeURIComponent(subject))
    if (ids && !versions) return { status: 200, body: JSON.stringify({ id: ids[0] }) }
    if (ids && version === undefined) {
      return { status: 200, body: JSON.stringify(ids.map((_, n) => n + 1)) }
    }
    const found = ids?.[Number(version) - 1]
    if (found !== undefined) {
      const text = { id: found, version: Number(version), schema: schemas.get(found) }
      return { status: 200, body: JSON.stringify(text) }
    }
    const error_code = id === undefined ? 40401 : 40403
    return { status: 404, body: JSON.stringify({ error_code, message: 'not found' }) }
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // a listening TCP server has an address and port
  const { port } = server.address() as AddressInfo
  const fake: FakeRegistry = {
    url: `http://127.0.0.1:${port}`,
    schemas,
    subjects,
    broken: undefined,
    requests: 0,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return fake
}
