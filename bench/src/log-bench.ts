import { openFolder, openLogStore } from '@prooftrail/attestation'
import {
  deriveId,
  generateKeyPair,
  Link,
  signingKeyFromJwk,
  thumbprint,
  workOrderId,
} from '@prooftrail/trail'
import { entryLeaf, leafHash } from '@prooftrail/trail/log'
import { MongoClient } from 'mongodb'
import { exampleTrail } from './example.ts'
import type { Backend } from './options.ts'
import { startOwnStack } from './stacks.ts'
import { percentile } from './stats.ts'

export interface LogResult {
  backend: Backend
  leaves: number
  leaf_bytes: number
  /** Signature, digest and fold of every entry, as when others wrote them. */
  per_second: number
  /** Time from a batch's arrival to its checkpoint. */
  batch: number
  integrate_p50_ms: number
  integrate_p99_ms: number
  /** The same with a log that is this long already. */
  per_second_last_tenth: number
}

const BATCH = 500
const LEAVES = 20_000

/** The log alone: entries are verified, hashed, folded, stored, and a checkpoint signed per batch. */
export async function benchLog(backend: Backend): Promise<LogResult> {
  const own = await startOwnStack(backend)
  const client = new MongoClient(own.stack.mongodb.url, { retryWrites: false })
  try {
    await client.connect()
    const store = await openLogStore(client.db('bench_log'))
    const origin = 'bench.prooftrail.local/log'
    const folder = await openFolder(store, { origin, key: makeKey('log', origin) })
    const signer = makeKey('attestation', 'attestation')
    const { kty, crv, x } = signer.privateKey
    const sample = exampleEntry()
    const times: number[] = []
    let bytes = 0
    for (let done = 0; done < LEAVES; done += BATCH) {
      const links = Array.from({ length: BATCH }, (_, i) => entryLink(sample, done + i, signer))
      const before = performance.now()
      const records = links.map((link, i) => {
        if (!link.isSignedBy({ kty, crv, x })) throw new Error('signature')
        const { ledger_entry_id: entry_id, work_order_id } = link.object
        const data = entryLeaf(link.statementDigest)
        bytes = data.length
        const entry = {
          entry_id,
          work_order_id,
          revision: 0,
          hash: leafHash(data),
          data,
          revokedAt: undefined,
        }
        return { offset: done + i, entry }
      })
      const folded = await folder.fold(records)
      if (folded?.leaves.length !== BATCH) throw new Error('the log did not take all leaves')
      times.push(performance.now() - before)
    }
    const rate = (list: readonly number[]) =>
      (1000 * BATCH * list.length) / list.reduce((sum, one) => sum + one, 0)
    const warm = times.slice(times.length / 10)
    return {
      backend,
      leaves: LEAVES,
      leaf_bytes: bytes,
      per_second: rate(warm),
      batch: BATCH,
      integrate_p50_ms: percentile(warm, 0.5),
      integrate_p99_ms: percentile(warm, 0.99),
      per_second_last_tenth: rate(times.slice(-times.length / 10)),
    }
  } finally {
    await client.close()
    await own.stop()
  }
}

interface Entry {
  ledger_entry_id: string
  work_order_id: string
  [member: string]: unknown
}

function exampleEntry(): Entry {
  // The vectors' bundle is of the form that the wire format fixes.
  const { links } = exampleTrail().bundle as { links: { envelope: { payload: string } }[] }
  for (const { envelope } of links) {
    const { subject, predicate } = JSON.parse(Buffer.from(envelope.payload, 'base64').toString())
    if (subject[0].name === 'ledger_entry') return predicate.object
  }
  throw new Error('the example has no ledger entry')
}

function entryLink(
  sample: Entry,
  n: number,
  key: ReturnType<typeof makeKey>,
): Link<'ledger_entry', Entry> {
  const work_order_id = workOrderId('agent_bench', `log-${n}`)
  const object = { ...sample, work_order_id, ledger_entry_id: deriveId('le', work_order_id, 0) }
  // of what was worked out for signing nothing is kept, as when others wrote it
  return Link.fromWire('ledger_entry', Link.sign('ledger_entry', object, [], key))
}

function makeKey(role: 'log' | 'attestation', party: string) {
  const { publicKey, privateKey } = generateKeyPair()
  return signingKeyFromJwk({ ...privateKey, kid: thumbprint(publicKey) }, { party, roles: [role] })
}
