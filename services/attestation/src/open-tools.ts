import type { Basics, Opened } from '@prooftrail/runtime'
import type { KeySet, SigningKey } from '@prooftrail/trail'
import { KnownSignatures } from './check-link.ts'
import type { AttestationConfig } from './config.ts'
import { makeKeyring, type PartyReader } from './keyring.ts'
import {
  type Integrated,
  type LogStore,
  makeLedgerFold,
  makeLogReader,
  makeRecordReader,
  openFolder,
  openLogStore,
} from './log/index.ts'
import { makeSigner } from './signer.ts'
import type { AttestationInput, Joining, State, Tools } from './state.ts'

export interface JoiningOptions {
  key: SigningKey
  /** Public keys of the deployment's services. */
  keys: KeySet
  /** Documents of agents and tools. */
  parties: PartyReader
  /** Stored leaves, for trails that were not told their index. */
  leaves: Pick<LogStore, 'known'>
}

/** What joining works with. */
export function makeJoining({ key, keys, parties, leaves }: JoiningOptions): Joining {
  const nbf = keys.keys.find(({ kid }) => kid === key.key_id)?.nbf
  return {
    known: new KnownSignatures(),
    signer: makeSigner(key, nbf),
    keyring: makeKeyring(keys, parties),
    leaves,
  }
}

/** Opens the log, and has the ledger topic folded into it. */
export async function openTools(
  { host, store, submit, fold, log }: Basics<State, AttestationInput>,
  { key, keys, origin, logKey }: AttestationConfig,
  made: KnownSignatures,
): Promise<Opened<Tools>> {
  const owner = { origin, key: logKey }
  const leaves = await openLogStore(host.db)
  const ledger = makeLedgerFold({
    store: leaves,
    folder: await openFolder(leaves, owner),
    read: makeRecordReader(keys, made),
    integrated(entries) {
      const told = entries.map((entry) => submit(entry.work_order_id, integratedInput(entry)))
      Promise.all(told).catch((error: unknown) => {
        log.warn({ err: error }, 'trails were not told of their index; they look it up when due')
      })
    },
  })
  const folding = fold('ledger.appended', ledger)
  return {
    tools: {
      ...makeJoining({ key, keys, parties: store, leaves }),
      ...{ origin, services: keys, fault: () => folding.fault() },
      reader: makeLogReader(leaves, owner),
    },
  }
}

function integratedInput({ entry_id, index, hash }: Integrated): AttestationInput {
  return {
    id: `integrated:${entry_id}`,
    type: 'entry.integrated',
    at: new Date().toISOString(),
    data: { entry_id, index, hash },
  }
}
