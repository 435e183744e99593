import {
  createToolTopic,
  type ExecutionCommand,
  type Json,
  type Manifest,
  type ResultProduced,
  registerToolSubject,
  type ToolAnnounced,
  topicFor,
} from '@prooftrail/contracts'
import { buildResult, makeAnnouncement } from '@prooftrail/executor-sdk'
import { generateKeyPair, Link, type SigningKey, signingKeyFromJwk } from '@prooftrail/trail'
import { digestOf, signRecord } from '@prooftrail/trail/encoding'
import { CompressionTypes } from 'kafkajs'
import type { Place, RegisteredAgent, TestWorld } from '../world.ts'

/** A tool whose executor is the test: it says what it likes, to whom it likes. */
export interface PlayedTool {
  manifest: Manifest
  key: SigningKey
  announce(value: ToolAnnounced): Promise<Place>
  /** Sends an order and answers its command. */
  commanded(agent: RegisteredAgent): Promise<ExecutionCommand>
  /** Says that the attempt began, and no more. */
  begin(command: ExecutionCommand): Promise<Place>
  /** The result as a good executor signs it, but for what differs. */
  result(command: ExecutionCommand, lie?: Lie): ResultProduced
  /** @throws what the broker answers */
  say(result: ResultProduced, compression?: CompressionTypes): Promise<Place>
}

export interface Lie {
  package?: { [member: string]: Json }
  human_summary?: string
  key?: SigningKey
}

/** A private key that nobody has registered, for a party of that name. */
export function strangerKey(party: string): SigningKey {
  return signingKeyFromJwk(generateKeyPair().privateKey, { party, roles: ['executor'] })
}

export function manifestOf(tool: string): Manifest {
  return {
    manifest_version: 'prooftrail-tool-manifest/v1',
    ...{ tool, version: '1.0.0', title: tool, description: 'A tool that a test plays.' },
    ...{ capabilities: ['play'], pilot_id: `${tool}_controlled_pilot_001` },
    steps: ['Accept', 'Create', 'Execute', 'Return', 'Review'],
    proof_trail: [
      ...['work_order', 'execution_command', 'result_contract', 'usage_receipt'],
      ...['callback_delivery', 'ledger_entry', 'attestation'],
    ],
    evidence: { text: { description: 'A text.', required: true, weight: 1 } },
    result_package_schema: {
      type: 'object',
      required: ['words'],
      properties: { words: { type: 'integer' } },
    },
    price: { credits: 2, metering_policy: 'fixed_credit_debit' },
    limits: { heartbeat_seconds: 60, deadline_seconds: 120, max_attempts: 1 },
  }
}

/** Deploys and announces a tool that the test plays. @param more members of its manifest that differ */
export async function playTool(
  world: TestWorld,
  tool: string,
  more: Partial<Manifest> = {},
): Promise<PlayedTool> {
  const manifest = { ...manifestOf(tool), ...more }
  const key = strangerKey(tool)
  const { codec, admin, producer } = world
  await Promise.all([
    createToolTopic(admin, tool, { partitions: 1 }),
    registerToolSubject({ url: process.env.SCHEMA_REGISTRY_URL ?? '' }, tool),
    codec.ready(['tool.announced', 'result.produced', 'execution.progressed']),
  ])
  const send = async (
    name: 'tool.announced' | 'result.produced' | 'execution.progressed',
    message: { key: string; value: Buffer },
    compression = CompressionTypes.None,
  ): Promise<Place> => {
    const topic = topicFor(name)
    const [put] = await producer.send({ topic, acks: -1, compression, messages: [message] })
    if (put?.baseOffset === undefined) throw new Error('the broker did not say where')
    return { topic, partition: put.partition, offset: put.baseOffset }
  }
  const announce = (value: ToolAnnounced) =>
    send('tool.announced', { key: value.tool, value: codec.encode('tool.announced', value) })
  const announced_at = new Date().toISOString()
  await announce(makeAnnouncement(manifest, key, { announced_at, forced: true }))
  await world.until(`registration of ${tool}`, async () => {
    const { status } = await world.get('intake', `/v1/tools/${tool}`)
    return status === 200 || undefined
  })
  return {
    ...{ manifest, key, announce },
    async commanded(agent) {
      const order = agent.order({
        ...{ requested_tool: tool, requested_capability: 'play' },
        ...{ proof_requirements: undefined, workflow_context: undefined },
        evidence: { text: { reference: 'text-1' } },
      })
      await world.publish(order)
      const id = order.object.work_order_id
      const bound = await world.until(
        `command of ${id}`,
        () => world.heard('execution.bound', id)[0]?.value,
      )
      return bound.command.object
    },
    begin({ work_order_id, tool_command_id, attempt }) {
      const beat = { work_order_id, tool, tool_command_id, attempt, sequence: 1 }
      const at = new Date().toISOString()
      const said = { ...beat, state: 'started', at, key_id: key.key_id } as const
      const value = codec.encode('execution.progressed', signRecord(said, key.privateKey))
      return send('execution.progressed', { key: work_order_id, value })
    },
    result(command, lie = {}) {
      const said = { result_package: lie.package ?? { words: 2 }, human_summary: 'Two words.' }
      const { contract } = buildResult(manifest, command, said, new Date().toISOString())
      const { work_order_id, tool_command_id, attempt } = command
      const object = { ...contract, human_summary: lie.human_summary ?? contract.human_summary }
      const after = [{ name: 'execution_command', digest: digestOf(command) }]
      return {
        ...{ work_order_id, tool, tool_command_id, attempt },
        result_contract: Link.sign('result_contract', object, after, lie.key ?? key),
      }
    },
    say: (result, compression) =>
      send(
        'result.produced',
        { key: result.work_order_id, value: codec.encode('result.produced', result) },
        compression,
      ),
  }
}
