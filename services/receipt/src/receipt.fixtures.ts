import type { AcceptedOrder, ResultAccepted } from '@prooftrail/contracts'
import { exampleContract } from '@prooftrail/testing/contracts'
import { deriveId, generateKeyPair, Link, signingKeyFromJwk, workOrderId } from '@prooftrail/trail'
import { type Entry, entryId } from './credits.ts'
import type { EntryList } from './entry-list.ts'
import type { Sign } from './state.ts'

/** What tests of this service share: lists in memory, and messages as other stages make them. */

/** Entry lists in memory; `step` runs before every read and every single insert. */
export function makeMemoryList(
  step: () => Promise<void> = async () => undefined,
): EntryList & { entries: Entry[]; calls: { reads: number; inserts: number } } {
  const byId = new Map<string, Entry>()
  const byKey = new Map<string, Entry>()
  const entries: Entry[] = []
  const calls = { reads: 0, inserts: 0 }
  const read = async (names: readonly string[], map: Map<string, Entry>) => {
    calls.reads += 1
    await step()
    return names.flatMap((name) => map.get(name) ?? [])
  }
  return {
    entries,
    calls,
    byId: (ids) => read(ids, byId),
    byKey: (keys) => read(keys, byKey),
    async insert(list, inOrder) {
      calls.inserts += 1
      const refused: number[] = []
      for (const [at, entry] of list.entries()) {
        await step()
        const id = entryId(entry.account, entry.seq)
        if (byId.has(id) || byKey.has(entry.key)) {
          refused.push(at)
          if (inOrder) return refused
          continue
        }
        byId.set(id, entry)
        byKey.set(entry.key, entry)
        entries.push(entry)
      }
      return refused
    },
  }
}

/** A key of receipt, and the function that signs with it. */
export function makeSigner(): { key: ReturnType<typeof signingKeyFromJwk>; sign: Sign } {
  const { privateKey } = generateKeyPair()
  const key = signingKeyFromJwk(privateKey, { party: 'receipt', roles: ['receipt'] })
  return { key, sign: (name, object, after) => Link.sign(name, object, after, key) }
}

export const T0 = '2026-11-23T10:00:00.000Z'
export const EXPIRES = '2026-11-23T11:00:00.000Z'

/** An order as intake accepts it; `tool` decides whether its trail has a settlement receipt. */
export function acceptedOrder({
  job = 'job-1',
  tool = 'energyops',
  price = 10,
  account = 'acme',
  evidence = {},
  expires_at = EXPIRES,
}: {
  job?: string
  tool?: 'energyops' | 'tokenops'
  price?: number
  account?: string
  evidence?: AcceptedOrder['order']['object']['evidence']
  expires_at?: string
} = {}): AcceptedOrder {
  const work_order_id = workOrderId('agent-1', job)
  const settlement = tool === 'tokenops' ? ['settlement_receipt'] : []
  return {
    work_order_id,
    task_token: `tt_${job}`,
    accepted_at: T0,
    order: Link.fromWire('work_order', {
      object: {
        object_type: 'work_order',
        work_order_id,
        schema_version: 'prooftrail-work-order/v1',
        agent_id: 'agent-1',
        idempotency_key: job,
        requested_tool: tool,
        requested_capability: 'check',
        execution_mode: 'controlled_pilot',
        evidence,
        callback_url: 'https://agent.example/callback',
        issued_at: T0,
        expires_at,
      },
      after: [],
      key_id: 'agent-key',
      signature: 'c2ln',
    }),
    pins: {
      agent_key_id: 'agent-key',
      account,
      callback_url: 'https://agent.example/callback',
      callback_policy: 'callback_required',
      tool,
      manifest_version: '1.0.0',
      manifest_digest: `sha256:${'0'.repeat(64)}`,
      price,
      limits: { heartbeat_seconds: 30, deadline_seconds: 300, max_attempts: 3 },
      proof_trail: [
        'work_order',
        'execution_command',
        'result_contract',
        ...settlement,
        'usage_receipt',
        'callback_delivery',
        'ledger_entry',
        'attestation',
      ],
      evidence_schema_digest: `sha256:${'0'.repeat(64)}`,
      policy_version: '1',
    },
  }
}

/** A result as dispatch accepts it. */
export function acceptedResult(
  { work_order_id, task_token, pins }: AcceptedOrder,
  result_status: 'ready' | 'partial' | 'failed' = 'ready',
  human_summary = 'done',
): ResultAccepted {
  return {
    work_order_id,
    tool_command_id: deriveId('cmd', work_order_id, 0),
    attempt: 1,
    result_contract: Link.fromWire('result_contract', {
      object: exampleContract(
        { work_order_id, task_token, requested_tool: pins.tool, requested_capability: 'check' },
        {
          result_status,
          human_summary,
          proof_objects: { ledger_entry: deriveId('le', work_order_id, 0) },
          issued_at: T0,
        },
        { evidence_score: 100, result_package: {} },
      ),
      after: [],
      key_id: 'tool-key',
      signature: 'c2ln',
    }),
  }
}
