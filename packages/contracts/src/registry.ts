/** The few questions to the schema registry (Confluent API) whose exact answer matters. */

/** How a registry is reached: the root of its Confluent API, and basic credentials if it wants them. */
export interface RegistryAddress {
  readonly url: string
  readonly auth?: { readonly username: string; readonly password: string }
}

/** The registry did not answer as one: an outage, to be tried again. */
export class RegistryUnavailable extends Error {
  override readonly name = 'RegistryUnavailable'
  /** The HTTP status that it answered with, where it answered. */
  readonly status: number | undefined

  constructor(message: string, { cause, status }: { cause?: unknown; status?: number } = {}) {
    super(message, { cause })
    this.status = status
  }
}

const TIMEOUT_MS = 5_000

/** An answer of the registry's own; `error_code` is Confluent's where there is one. */
export interface RegistryAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * One request. Only an answer that is JSON, and no server error, counts: the page of a proxy, a
 * time-out, a refused connection, 401, 429 and 5xx are outages.
 * @throws RegistryUnavailable
 */
export async function askRegistry(
  { url, auth }: RegistryAddress,
  path: string,
  request: { method: 'PUT' | 'POST'; body: unknown } | { method: 'GET' } = { method: 'GET' },
): Promise<RegistryAnswer> {
  const address = `${url.replace(/\/+$/, '')}${path}`
  const type = 'application/vnd.schemaregistry.v1+json'
  const headers: Record<string, string> = { accept: `${type}, application/json` }
  if ('body' in request) headers['content-type'] = type
  if (auth !== undefined) {
    const credentials = Buffer.from(`${auth.username}:${auth.password}`).toString('base64')
    headers.authorization = `Basic ${credentials}`
  }
  try {
    const response = await fetch(address, {
      method: request.method,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...('body' in request ? { body: JSON.stringify(request.body) } : {}),
    })
    const body: unknown = await response.json()
    const outage = response.status >= 500 || [401, 403, 408, 429].includes(response.status)
    if (!outage && typeof body === 'object' && body !== null) {
      return { status: response.status, body: { ...body } }
    }
    const { status } = response
    throw new RegistryUnavailable(`the registry answers ${status} to ${path}`, { status })
  } catch (cause) {
    if (cause instanceof RegistryUnavailable) throw cause
    throw new RegistryUnavailable(`the registry does not answer ${path}`, { cause })
  }
}

/**
 * The text of a schema by its id, or undefined when the registry says that it has none.
 * @throws RegistryUnavailable
 */
export async function fetchSchema(
  registry: RegistryAddress,
  id: number,
): Promise<string | undefined> {
  const { status, body } = await askRegistry(registry, `/schemas/ids/${id}`)
  if (status === 200 && typeof body.schema === 'string') return body.schema
  // 40403 is the Confluent API's "schema not found"; a stranger's 404 says nothing
  if (status === 404 && (body.error_code === 40403 || body.error_code === 404)) return undefined
  throw new RegistryUnavailable(`the registry answers ${status} for schema ${id}`, { status })
}

/**
 * The id under which a subject holds exactly this schema, or undefined when it does not.
 * @throws RegistryUnavailable
 */
export async function findSchemaId(
  registry: RegistryAddress,
  subject: string,
  schema: string,
): Promise<number | undefined> {
  const path = `/subjects/${encodeURIComponent(subject)}`
  const { status, body } = await askRegistry(registry, path, { method: 'POST', body: { schema } })
  if (status === 200 && typeof body.id === 'number') return body.id
  if (status === 404) return undefined
  throw new RegistryUnavailable(`the registry answers ${status} for subject ${subject}`, { status })
}

/** A version of a subject. */
export interface SubjectVersion {
  readonly version: number
  readonly id: number
  readonly schema: string
}

/**
 * The versions of a subject but those in `met`, newest first; none where there is no such subject.
 * @throws RegistryUnavailable
 */
export async function* listSubject(
  registry: RegistryAddress,
  subject: string,
  met: ReadonlySet<number>,
): AsyncGenerator<SubjectVersion> {
  const path = `/subjects/${encodeURIComponent(subject)}/versions`
  const { status, body } = await askRegistry(registry, path)
  if (status === 404) return
  const versions = Object.values(body).filter((one) => typeof one === 'number')
  if (status !== 200) {
    throw new RegistryUnavailable(`the registry answers ${status} for the versions of ${subject}`)
  }
  for (const version of versions.reverse()) {
    if (met.has(version)) continue
    const found = await askRegistry(registry, `${path}/${version}`)
    const { id, schema } = found.body
    // gone since the list was read
    if (found.status === 404) continue
    if (found.status !== 200 || typeof id !== 'number' || typeof schema !== 'string') {
      throw new RegistryUnavailable(`the registry answers ${found.status} for ${path}/${version}`)
    }
    yield { version, id, schema }
  }
}
