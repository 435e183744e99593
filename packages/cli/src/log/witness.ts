import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SigningKey } from '@prooftrail/trail'
import {
  cosign,
  cosignerVkey,
  judgeAddCheckpoint,
  parseAddCheckpoint,
  type WitnessAnswer,
} from '@prooftrail/trail/log'
import { CommandError } from '../fault.ts'
import { colour, mark, type Output } from '../output.ts'
import { reasonOf } from './known-keys.ts'
import { type KeysOf, named, trustedKeys, witnessKey } from './witness-keys.ts'
import { openWitnessState, type WitnessState } from './witness-state.ts'

export interface WitnessOptions {
  name: string
  key: string
  state: string
  /** Verifier keys of logs. */
  log?: string[]
  /** A key list whose log keys are trusted too; read again for every request. */
  keys?: string
  host: string
  port: string
  new?: boolean
}

export interface RunningWitness {
  url: string
  vkey: string
  stop(): Promise<void>
}

/** A request of 63 hashes and a checkpoint with many signatures is shorter. */
const MAX_BODY = 65_536
/** How long a client may take to send one. */
const REQUEST_MS = 10_000

/**
 * Serves a witness (C2SP tlog-witness): `POST /add-checkpoint`, and `GET /` with its verifier key.
 * @throws CommandError PT-8033 for a state that cannot be used, PT-8006 and PT-8013 for what is given
 */
export async function startWitness(options: WitnessOptions, out: Output): Promise<RunningWitness> {
  const keysOf = trustedKeys(options)
  const key = witnessKey(options)
  const vkey = named(options.name, () => cosignerVkey(options.name, key.privateKey))
  const state = openWitnessState(options.state, options.new === true)
  const witness = { keysOf, state, key, name: options.name, vkey }
  const server = createServer((request, response) => void serve(request, response, witness, out))
  server.requestTimeout = REQUEST_MS
  server.headersTimeout = REQUEST_MS
  try {
    const url = await listen(server, options)
    return { url, vkey, stop: () => stop(server, state) }
  } catch (error) {
    state.release()
    throw new CommandError('PT-8013', `it cannot listen: ${reasonOf(error)}`, 2)
  }
}

interface Witness {
  keysOf: KeysOf
  state: WitnessState
  key: SigningKey
  name: string
  vkey: string
}

interface Answer {
  status: number
  type: string
  body: string
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  witness: Witness,
  out: Output,
): Promise<void> {
  let found: Answer
  try {
    found = await answer(request, witness, out)
  } catch (error) {
    out.say(`${mark('no')} ${colour.red(reasonOf(error))}`)
    found = { status: 500, type: 'text/plain', body: 'this witness cannot answer\n' }
  }
  response.writeHead(found.status, { 'content-type': found.type, 'cache-control': 'no-store' })
  response.end(found.body)
}

async function answer(request: IncomingMessage, witness: Witness, out: Output): Promise<Answer> {
  const text = (status: number, body: string) => ({
    status,
    type: 'text/plain; charset=utf-8',
    body,
  })
  if (request.method === 'GET' && request.url === '/') return text(200, `${witness.vkey}\n`)
  if (request.url !== '/add-checkpoint') return text(404, 'POST /add-checkpoint\n')
  if (request.method !== 'POST') return text(405, 'POST /add-checkpoint\n')
  const body = await bodyOf(request)
  if (body === undefined) return text(413, `at most ${MAX_BODY} bytes of UTF-8\n`)
  // from here to the written state nothing waits: two requests never see the same state
  const judged = judgeAddCheckpoint(body, witness.keysOf, (origin) => witness.state.latest(origin))
  tell(judged, body, out)
  if (judged.status === 409) {
    return { status: 409, type: 'text/x.tlog.size', body: `${judged.size}\n` }
  }
  if (judged.status !== 200) return text(judged.status, `${judged.detail}\n`)
  witness.state.keep(judged.checkpoint.origin, parseAddCheckpoint(body).note)
  const seconds = Math.floor(Date.now() / 1000)
  return text(200, cosign(judged.text, witness.name, witness.key, seconds))
}

/** What an operator of a witness wants to see; a signed branch beside the known one, loudest. */
function tell(judged: WitnessAnswer, body: string, out: Output): void {
  if (judged.status === 200) {
    const { origin, size } = judged.checkpoint
    out.say(`${mark('ok')} ${origin}: cosigned ${size}`)
  } else if (judged.status === 422 || (judged.status === 409 && judged.forked)) {
    out.say(`${mark('no')} ${colour.red(`refused: ${judged.detail}`)}\n${body}`)
  } else if (judged.status !== 409) {
    out.say(`${mark('dot')} ${judged.status}: ${judged.detail}`)
  }
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of request) {
    length += part.length
    if (length > MAX_BODY) return undefined
    parts.push(part)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts))
  } catch {
    return undefined
  }
}

async function listen(server: Server, { host, port }: WitnessOptions): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(Number(port), host, resolve)
  })
  // listening on a host and port always yields an AddressInfo
  const { port: taken } = server.address() as AddressInfo
  return `http://${host}:${taken}`
}

async function stop(server: Server, state: WitnessState): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  state.release()
}

/** Runs a witness until it is stopped. */
export async function witness(
  options: WitnessOptions,
  out: Output,
  stopped: Promise<void>,
): Promise<void> {
  const running = await startWitness(options, out)
  out.document({ url: running.url, vkey: running.vkey })
  out.say(`${mark('ok')} witness ${colour.bold(options.name)} at ${running.url}`)
  out.say(`  vkey  ${running.vkey}`)
  await stopped
  await running.stop()
}
