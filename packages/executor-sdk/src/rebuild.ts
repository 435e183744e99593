import type { Manifest } from '@prooftrail/contracts'
import { type Host, type RebuildOptions, type Rebuilt, rebuildService } from '@prooftrail/runtime'
import { Link, type SigningKey, trailKeyOf, verifiedLinks } from '@prooftrail/trail'
import { signRecord } from '@prooftrail/trail/encoding'
import { defineExecutor } from './service.ts'
import { documentOf, type ExecutorEvent, type ExecutorInput } from './state.ts'

/**
 * Makes the documents of a tool again, of all its versions: results that were published stand. An attempt
 * without one counts as begun, and begins again when its lease passes, as after a death in mid-run.
 */
export function rebuildExecutor(
  host: Host,
  { manifest, key }: { manifest: Manifest; key: SigningKey },
  options?: RebuildOptions,
): Promise<Rebuilt> {
  const service = defineExecutor(manifest)
  return rebuildService(
    host,
    { ...service, route: documentOfAny },
    {
      decides: ['execution.commanded', 'due'],
      saidIsEnough: true,
      context: async (_read, _doc, _state, { type, at }) => ({
        sign: (kind, object, after) => Link.sign(kind, object, after, key),
        signProgress: (said) => signRecord({ ...said, key_id: key.key_id }, key.privateKey),
        // past its deadline an attempt is over, whoever looks
        now: type === 'due' ? new Date().toISOString() : at,
        isInHand: () => false,
        concluded: new Map(),
      }),
      documentOf: (event) =>
        event.type === 'result.produced' || event.type === 'execution.progressed'
          ? documentOf(event.data)
          : undefined,
      isOwn: (event) => isSignedBy(key, event),
    },
    options,
  )
}

/** The document of a command, whichever version it is for. */
function documentOfAny(input: ExecutorInput): string | undefined {
  return input.type === 'execution.commanded' ? documentOf(input.data.object) : undefined
}

/** Other tools write the topics of results and progress too. */
async function isSignedBy(key: SigningKey, event: ExecutorEvent): Promise<boolean> {
  if (event.type === 'execution.progressed') return event.data.key_id === key.key_id
  if (event.type !== 'result.produced') return false
  const { kty, crv, x } = key.privateKey
  const { party, roles } = key
  const own = trailKeyOf({ party, roles, publicKey: { kty, crv, x } })
  const contract = event.data.result_contract
  const verified = await verifiedLinks([contract], ({ key_id }) =>
    key_id === key.key_id ? own : undefined,
  )
  return verified.has(contract)
}
