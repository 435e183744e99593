/**
 * The console with its doors closed: its own routes, sessions and page over two runs in memory, an issuer
 * that people sign in with, and what it asks of other services answered by hand. What needs a right is
 * seen here as it is in a deployment that is open to nobody.
 */
import type { AddressInfo } from 'node:net'
import { STUCK_AFTER } from '@prooftrail/contracts'
import { makeAccess } from '@prooftrail/runtime'
import { memoryReader } from '@prooftrail/testing/runtime'
import express, { type Express } from 'express'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'
import { memoryActs } from '../act-trail/acts.fixtures.ts'
import {
  accepted,
  bound,
  consoleKey,
  goodRun,
  held,
  registered,
  resulted,
  runOf,
  TOKEN,
  told,
  WO,
} from '../console.fixtures.ts'
import { liveOver } from '../live/live.fixtures.ts'
import { queueOf } from '../parked/entry.ts'
import { claimed, entryOf, rowsOf } from '../parked/parked.fixtures.ts'
import { mountRoutes } from '../routes.ts'
import { consoleService } from '../service.ts'
import { openSampler } from '../sre/open.ts'
import { memoryViews } from '../views/views.fixtures.ts'
import { mountPage } from './index.ts'
import { CALLBACK } from './oidc.ts'
import { ExampleLog, serveReads } from './other-services.fixtures.ts'
import { memoryLinks } from './sign-in-link.fixtures.ts'

/** The partial run that is looked at, and its handle. */
export { TOKEN as HANDLE, WO as RUN }
/** Another run, that its handle must not open. */
export const OTHER_RUN = `wo_${'b'.repeat(32)}`
const OTHER_HANDLE = `tt_${'b'.repeat(32)}`
export const OPERATOR_TOKEN = 'an-operator-token-of-forty-characters-ok'
const CLIENT = { clientId: 'prooftrail-console', clientSecret: 'a-secret-between-the-two-of-them' }

export interface ClosedConsole {
  url: string
  issuer: string
  /** What acts reached dispatch, as they were sent. */
  acts: Record<string, unknown>[]
  /** What the log shows. */
  log: ExampleLog
  /** One parked message, open. */
  parkedId: string
  stop(): void
}

/** Starts it; whoever signs in with the issuer has the role of their name: viewer, operator, admin. */
export async function startClosedConsole(): Promise<ClosedConsole> {
  const servers: (() => void)[] = []
  const listen = async (app: Express): Promise<string> => {
    const server = app.listen(0, '127.0.0.1')
    servers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    await new Promise((resolve) => server.once('listening', resolve))
    // a server that listens on a port has an address with one
    const { port } = server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }
  const [consoleApp, issuerApp, othersApp] = [express(), express(), express()]
  const [url, issuer, others] = await Promise.all(
    [consoleApp, issuerApp, othersApp].map((app) => listen(app)),
  )
  if (!url || !issuer || !others) throw new Error('a server has no address')
  await serveIssuer(issuerApp, issuer, url)
  const log = new ExampleLog(300)
  const acts = serveOthers(othersApp, log)
  const parkedId = serveConsole(consoleApp, { url, issuer, others })
  return { url, issuer, acts, log, parkedId, stop: () => servers.map((end) => end()) }
}

function serveConsole(
  app: Express,
  { url, issuer, others }: { url: string; issuer: string; others: string },
): string {
  const partial = runOf([accepted(), held, bound(1, 3), resulted('partial')])
  const other = { ...runOf(goodRun()), work_order_id: OTHER_RUN, task_token: OTHER_HANDLE }
  const states = { [WO]: partial, [OTHER_RUN]: other, 'tool/energyops': told([registered]) }
  const store = memoryReader(consoleService, states)
  const followed = liveOver(store, { states })
  const entry = entryOf(claimed())
  const access = makeAccess({
    ...{ open: false, operatorToken: OPERATOR_TOKEN },
    oidc: { issuer, audience: CLIENT.clientId, rolesClaim: 'roles' },
  })
  const config = {
    ...{ key: consoleKey, serviceKeys: [] },
    ...{ port: 0, publicUrl: url, stuckAfter: STUCK_AFTER, metricsOf: [] },
    actsKeptDays: 400,
    ...{ attestationUrl: others, dispatchUrl: others, intakeUrl: others, receiptUrl: others },
    sessionKey: 'a-secret-of-the-deployment-of-some-length',
    operatorToken: OPERATOR_TOKEN,
    oidc: { issuer, ...CLIENT },
  }
  const parked = {
    rows: rowsOf(() => [entry], queueOf),
    codec: { decode: () => Promise.reject(new Error('its schema is not known here')) },
    ask: async () => undefined,
    read: async (ids: readonly string[]) =>
      new Map(ids.includes(entry.parked_id) ? [[entry.parked_id, entry]] : []),
  }
  mountPage(app, { access, config, useLink: memoryLinks() }, () =>
    mountRoutes(app, {
      ...{ access, config, store, parked, sampler: openSampler([]) },
      ...{ ...followed, acts: memoryActs(), views: memoryViews(), forget: async () => undefined },
    }),
  )
  return entry.parked_id
}

/** Dispatch’s door of acts, and what the others answer to readers. */
function serveOthers(app: Express, log: ExampleLog): Record<string, unknown>[] {
  const acts: Record<string, unknown>[] = []
  const view = {
    ...{ work_order_id: WO, agent_id: 'agent-1', state: 'result_partial' },
    allowed_acts: ['add_evidence', 'replay_from_checkpoint'],
    open_evidence: ['diagrams'],
  }
  app.use('/v1/tasks', (req, res, next) => {
    if (req.get('authorization') === undefined) res.status(401).json({ code: 'PT-8001' })
    else next()
  })
  app.get('/v1/tasks/:id/acts', (_req, res) => void res.json(view))
  app.post('/v1/tasks/:id/acts', express.json(), (req, res) => {
    const { recovery_action } = req.body
    if (req.query.dry_run !== undefined) {
      const act = { recovery_action, status: 'would_be_accepted', changes: 'nothing yet' }
      return void res.json({ act, credits: 15 })
    }
    acts.push({ ...req.body, by: req.get('authorization') })
    res.status(202).json({ act: { status: 'accepted' }, run: { ...view, allowed_acts: [] } })
  })
  serveReads(app, log)
  return acts
}

async function serveIssuer(app: Express, issuer: string, consoleUrl: string): Promise<void> {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.clientId,
        client_secret: CLIENT.clientSecret,
        redirect_uris: [`${consoleUrl}${CALLBACK}`],
        response_types: ['code'],
        grant_types: ['authorization_code'],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig' }] },
    routes: { jwks: '/.well-known/jwks.json' },
    claims: { openid: ['sub', 'roles'] },
    conformIdTokenClaims: false,
    cookies: { keys: ['of this test'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, roles: [id] }) }),
  })
  app.use(provider.callback())
}
