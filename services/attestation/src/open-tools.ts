import type { Basics, Opened } from '@prooftrail/runtime'
import type { KeySet, SigningKey } from '@prooftrail/trail'
import { KnownSignatures } from './check-link.ts'
import type { AttestationConfig } from './config.ts'
import { type KeyLog, openKeyLists } from './key-lists.ts'
import { makeKeyring, type PartyReader } from './keyring.ts'
import {
  type Cosigned,
  type Integrated,
  type LogStore,
  makeCosigner,
  makeLedgerFold,
  makeLogReader,
  makeRecordReader,
  openFolder,
  openLogStore,
  type Witness,
} from './log/index.ts'
import { countAnswers, readsOf, timeEntries, watchHead } from './measure.ts'
import { metrics as table } from './metric-table.ts'
import { makeSigner } from './signer.ts'
import type { AttestationInput, Joining, State, Tools } from './state.ts'

/** A head is cosigned within about a second, and again each minute: then its time says that it is the newest. */
const WITNESSING = { everyMs: 1_000, freshSeconds: 60 }

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
  { host, store, submit, fold, log, metrics }: Basics<State, AttestationInput>,
  config: AttestationConfig,
  made: KnownSignatures,
): Promise<Opened<Tools>> {
  const { key, keys, origin, logKey, previousLogKey, witnesses = [] } = config
  const { keyListsDir, witnessMs: patienceMs = WITNESSING.everyMs } = config
  const owner = { origin, key: logKey, previous: previousLogKey }
  const keyLog = keyListsDir === undefined ? undefined : openKeyLists(keyListsDir, owner, keys)
  const leaves = await openLogStore(host.db)
  const reader = makeLogReader(leaves, owner, witnesses.length > 0)
  let watch: ReturnType<typeof watchHead> | undefined
  const standing = () => watch?.value()
  const measures = metrics(
    table,
    readsOf(standing, () => folding.fault() !== undefined, keys),
  )
  const ledger = makeLedgerFold({
    timed: timeEntries(measures),
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
      ...{ reader, keyLog },
    },
    async start() {
      watch = watchHead(reader, witnesses.length > 0)
      const onAnswer = countAnswers(measures)
      const asking = { ...WITNESSING, witnesses, patienceMs, onFault: faultTo(log), onAnswer }
      const isAsked = witnesses.length > 0
      const beside = [
        watch,
        ...(isAsked ? [makeCosigner({ ...asking, reader, store: leaves })] : []),
        ...(isAsked && keyLog ? [makeCosigner({ ...asking, ...partsOf(keyLog) })] : []),
      ]
      return { stop: async () => void (await Promise.all(beside.map((one) => one.stop()))) }
    },
  }
}

function faultTo(log: Basics<State, AttestationInput>['log']) {
  return ({ name }: Witness, { type, detail }: { type: string; detail: string }) => {
    log.warn({ code: 'PT-6030', witness: name, detail }, `a witness ${type}`)
  }
}

/** The log of key lists as a cosigner reads and keeps it. */
function partsOf(keyLog: KeyLog) {
  return {
    reader: {
      head: async () => keyLog,
      proveGrowth: async (from: number) => keyLog.proveGrowth(from),
    },
    store: {
      cosigned: async () => keyLog.cosigned(),
      keepCosigned: async (cosigned: Cosigned) => keyLog.keepCosigned(cosigned),
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
