import type { Basics, Opened } from '@prooftrail/runtime'
import type { KeySet, SigningKey } from '@prooftrail/trail'
import { KnownSignatures } from './check-link.ts'
import type { AttestationConfig } from './config.ts'
import { makeKeyring, type PartyReader } from './keyring.ts'
import { type LogStore, openFolder } from './log/fold.ts'
import { makeIntegrator } from './log/integrate.ts'
import { makeRecordReader } from './log/ledger-record.ts'
import { openLogStore } from './log/mongo-store.ts'
import { parkForeign } from './log/park-foreign.ts'
import { makeLogReader } from './log/read-log.ts'
import { makeSigner } from './signer.ts'
import type { AttestationInput, Integrated, Joining, State, Tools } from './state.ts'

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

/** Opens the log and its fold, which begins when the loop consumes. */
export async function openTools(
  { host, store, submit, log }: Basics<State, AttestationInput>,
  { key, keys, origin, logKey }: AttestationConfig,
  made: KnownSignatures,
): Promise<Opened<Tools>> {
  const leaves = await openLogStore(host.db)
  const integrator = makeIntegrator({
    kafka: host.kafka,
    group: 'prooftrail.attestation-log',
    codec: host.codec,
    folder: await openFolder(leaves, { origin, key: logKey }),
    read: makeRecordReader(keys, made),
    integrated: async (entries) => {
      const all = entries.map((entry) => submit(entry.work_order_id, integratedInput(entry)))
      await Promise.all(all)
    },
    park: (messages) => parkForeign(host, messages),
    log,
  })
  return {
    tools: {
      ...makeJoining({ key, keys, parties: store, leaves }),
      ...{ origin, services: keys, fault: integrator.fault },
      reader: makeLogReader(leaves, { origin, key: logKey }),
    },
    ready() {
      const found = integrator.fault()
      return found && `${found.code} ${found.detail}`
    },
    async start() {
      await integrator.start()
      return integrator
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
