import { isIP } from 'node:net'
import { problem } from './problem.ts'
import { bareApp, type HttpServer, openDoor } from './server.ts'

interface Member {
  name: string
  /** The address that its door listens on; any of this machine where it is a wildcard. */
  host: string
  port: number
}

/** What a member is given to answer its own probe. */
const PATIENCE_MS = 4_000

/**
 * Answers `/healthz` and `/readyz` for services that share a process: with 200 where all of them do,
 * else with what the first says that does not.
 * @param members each with where it answers its own probes
 * @throws when the port is taken
 */
export async function openGroupProbes(
  address: { host: string; port: number },
  members: readonly Member[],
): Promise<HttpServer> {
  const door = await openDoor(address, () => undefined)
  const app = bareApp()
  app.get(['/healthz', '/readyz'], async (req, res) => {
    const answers = await Promise.all(members.map((one) => failing(one, req.path)))
    const [first] = answers.filter((one) => one !== undefined)
    if (first === undefined) res.json({ status: 'ok' })
    else problem(res, 503, first.code, first.detail)
  })
  door.serve(app)
  return door
}

/** What a member says that does not answer with 200. */
async function failing(
  { name, host, port }: Member,
  path: string,
): Promise<{ code: string; detail: string } | undefined> {
  try {
    const answer = await fetch(`http://${reached(host)}:${port}${path}`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    if (answer.ok) return undefined
    // a probe that fails answers a problem of RFC 9457
    const said = (await answer.json()) as { code: string; detail: string }
    return { code: said.code, detail: `${name}: ${said.detail}` }
  } catch (error) {
    return { code: 'PT-9031', detail: `${name}: ${String(error)}` }
  }
}

/** A listening address as one that can be asked: wildcards by loopback, IPv6 in brackets (RFC 3986, 3.2.2). */
function reached(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return isIP(host) === 6 ? `[${host}]` : host
}
