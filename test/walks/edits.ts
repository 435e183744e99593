/** What somebody writes who follows the walks of CONTRIBUTING.md. */
import type { Walk } from './walk.ts'

const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`

const TOOL = 'services/executors/thermometer'

/** A tool in this repository: nothing that exists is changed. */
const tool: Walk = {
  title: 'A tool',
  edits: [
    {
      path: `${TOOL}/package.json`,
      text: json({
        name: '@prooftrail/thermometer',
        version: '0.1.0',
        private: true,
        type: 'module',
        exports: {
          '.': { '@prooftrail/source': './src/execute.ts', default: './dist/execute.js' },
        },
        scripts: { build: 'tsc -b', start: 'prooftrail-executor' },
        dependencies: { '@prooftrail/executor-sdk': '*' },
      }),
    },
    {
      path: `${TOOL}/manifest.json`,
      text: json({
        manifest_version: 'prooftrail-tool-manifest/v1',
        tool: 'thermometer',
        version: '1.0.0',
        title: 'Thermometer',
        description: 'Says how many readings there are.',
        capabilities: ['readings_review'],
        pilot_id: 'thermometer_controlled_pilot_001',
        steps: ['Accept', 'Create', 'Execute', 'Return', 'Review'],
        proof_trail: [
          ...['work_order', 'execution_command', 'result_contract', 'usage_receipt'],
          ...['callback_delivery', 'ledger_entry', 'attestation'],
        ],
        evidence: { reading: { description: 'What was read.', required: true, weight: 100 } },
        result_package_schema: { type: 'object', required: ['readings'] },
        price: { credits: 1, metering_policy: 'fixed_credit_debit' },
        limits: { heartbeat_seconds: 20, deadline_seconds: 120, max_attempts: 3 },
      }),
    },
    {
      path: `${TOOL}/src/execute.ts`,
      text: `import type { Execute } from '@prooftrail/executor-sdk'

/** Counts readings. */
export const execute: Execute = (_command, { items }) => {
  const readings = items('reading').length
  return {
    result_package: { readings },
    human_summary: \`There are \${readings} readings.\`,
  }
}
`,
    },
    {
      path: `${TOOL}/src/execute.test.ts`,
      text: `import { fileURLToPath } from 'node:url'
import { describeCases } from '@prooftrail/executor-sdk/testing'
import { describe, test } from 'vitest'
import { execute } from './execute.ts'

describeCases({ describe, test }, fileURLToPath(new URL('..', import.meta.url)), execute)
`,
    },
    {
      path: `${TOOL}/cases/complete.json`,
      text: json({
        name: 'two readings are two',
        command: { evidence: { reading: [{ reference: 'a' }, { reference: 'b' }] } },
        result: { result_status: 'ready', result_package: { readings: 2 } },
      }),
    },
    { path: `${TOOL}/README.md`, text: '# Thermometer\n\nCounts readings.\n' },
  ],
}

/** `credits.awaited`: receipt says it, dispatch hears it. */
const topic: Walk = {
  title: 'A topic',
  edits: [
    {
      path: 'schemas/4-receipt/credits.awaited.v1.avsc',
      text: json({
        type: 'record',
        name: 'CreditsAwaited',
        namespace: 'prooftrail',
        doc: 'An order waits for credits.',
        prooftrail: {
          topic: 'prooftrail.credits.awaited.v1',
          key: '/work_order_id',
          writers: ['receipt'],
          readers: ['dispatch'],
          retention: 'forever',
          max_message_bytes: 65_536,
        },
        fields: [{ name: 'work_order_id', id: 'work_order', type: 'string' }],
      }),
    },
    {
      path: 'services/receipt/src/service.ts',
      after: "    'credits.held': 'decide',\n",
      insert: "    'credits.awaited': 'decide',\n",
    },
    {
      path: 'services/receipt/src/decide.ts',
      after: "    { type: 'order.queued', data: wait },\n",
      insert: "    { type: 'credits.awaited', data: { work_order_id } },\n",
    },
    {
      path: 'services/receipt/src/evolve.ts',
      after: '  switch (event.type) {\n',
      insert: "    case 'credits.awaited':\n      return state\n",
    },
    {
      path: 'services/receipt/src/rebuild.ts',
      after: "    case 'exception.resolved':\n",
      insert: "    case 'credits.awaited':\n",
    },
    {
      path: 'services/dispatch/src/service.ts',
      after: "    'credits.held': { creates: true, decide: onCreditsHeld },\n",
      insert: "    'credits.awaited': { decide: onCreditsAwaited },\n",
    },
    {
      path: 'services/dispatch/src/service.ts',
      after: '  onAgentRegistered,\n',
      insert: '  onCreditsAwaited,\n',
    },
    {
      path: 'services/dispatch/src/decide.ts',
      after: ' */\n\n',
      insert: `/** Who waits for credits is commanded once it holds them. */
export function onCreditsAwaited(): readonly DispatchEvent[] {
  return []
}

`,
    },
  ],
}

/** `payment_note`: TokenOps signs one more object of its own. */
const link: Walk = {
  title: 'A link',
  edits: [
    {
      path: 'packages/trail/src/format/kinds.ts',
      after:
        "  reconciliation_result: { id: 'reconciliation_result_id', prefix: 'recon', ...own },\n",
      insert: "  payment_note: { id: 'payment_note_id', prefix: 'pn', ...own },\n",
    },
    {
      path: 'services/executors/tokenops/manifest.json',
      after: '"execution_command",\n',
      insert: '    "payment_note",\n',
    },
    {
      path: 'services/executors/tokenops/src/execute.ts',
      after: '  return {\n    evidence: lines,\n',
      insert: "    links: [{ name: 'payment_note', object: { note: 'looked at' } }],\n",
    },
    {
      path: 'services/executors/tokenops/cases/payment-note.json',
      text: json({
        name: 'what is noted of the payment is a link of its own',
        command: { evidence: { settlement_reference: { reference: 'stl-1' } } },
        result: { links: { payment_note: { object_type: 'payment_note', note: 'looked at' } } },
      }),
    },
  ],
}

/** `GET /v1/accounts/:account/free` of receipt. */
const route: Walk = {
  title: 'A route',
  edits: [
    {
      path: 'packages/contracts/src/doors/receipt.ts',
      after: 'export const receiptRoutes = {\n',
      insert: `  'GET /v1/accounts/:account/free': {
    who: 'viewer',
    says: 'what a new order may take',
    answer: Type.Object({ remaining_credits: credits }),
    codes: [],
  },
`,
    },
    {
      path: 'services/receipt/src/routes.ts',
      after: '  return {\n',
      insert: `    'GET /v1/accounts/:account/free': async ({ params }) => {
      return { remaining_credits: (await accounts.head(params.account)).free }
    },

`,
    },
  ],
}

const SERVICE = 'services/archive'

/** `archive`: counts the seals of every trail. */
const service: Walk = {
  title: 'A service',
  edits: [
    {
      path: `${SERVICE}/service.json`,
      text: json({
        stage: 8,
        port: 7008,
        env: [{ name: 'ARCHIVE_LIMIT', default: '10', example: '10', doc: 'how many it counts' }],
      }),
    },
    {
      path: `${SERVICE}/package.json`,
      text: json({
        name: '@prooftrail/archive',
        version: '0.1.0',
        private: true,
        type: 'module',
        exports: { '.': { '@prooftrail/source': './src/index.ts', default: './dist/index.js' } },
        scripts: { build: 'tsc -b' },
        dependencies: { '@prooftrail/runtime': '*' },
      }),
    },
    {
      path: `${SERVICE}/README.md`,
      text: '# archive\n\n## Takes\n\n## Gives\n\n## Owns\n\n## Goes wrong when\n',
    },
    {
      path: `${SERVICE}/src/index.ts`,
      text: "export { readConfig } from './config.ts'\nexport { start } from './service.ts'\n",
    },
    {
      path: `${SERVICE}/src/config.ts`,
      text: `import { type Env, readEnv } from '@prooftrail/runtime'

export interface ArchiveConfig {
  port: number
  limit: number
}

/** Reads the archive's part of the environment. @throws ConfigError naming the variable */
export function readConfig(env: Env): ArchiveConfig {
  return {
    port: readEnv.integer(env, 'PORT', 7008),
    limit: readEnv.integer(env, 'ARCHIVE_LIMIT', 10),
  }
}
`,
    },
    {
      path: `${SERVICE}/src/state.ts`,
      text: `import type { EventOf } from '@prooftrail/runtime'

export interface State {
  status: 'counted'
  seals: number
}

export interface Archive {
  party: 'archive'
  state: State
  inputs: Record<never, never>
  events: { 'seal.counted': { revision: number } }
  context: undefined
  tools: undefined
}

export type ArchiveEvent = EventOf<Archive>
`,
    },
    {
      path: `${SERVICE}/src/decide.ts`,
      text: `import type { Message } from '@prooftrail/runtime'
import type { ArchiveEvent, State } from './state.ts'

/** Counts a seal. */
export function onTrailAttested(
  _state: State,
  { data: { revision } }: Message<'trail.attested'>,
): readonly ArchiveEvent[] {
  return [{ type: 'seal.counted', data: { revision } }]
}
`,
    },
    {
      path: `${SERVICE}/src/evolve.ts`,
      text: `import type { ArchiveEvent, State } from './state.ts'

export function evolve(state: State, _event: ArchiveEvent): State {
  return { ...state, seals: state.seals + 1 }
}
`,
    },
    {
      path: `${SERVICE}/src/service.ts`,
      text: `import { defineService, type Host, type Running, runService } from '@prooftrail/runtime'
import type { ArchiveConfig } from './config.ts'
import { onTrailAttested } from './decide.ts'
import { evolve } from './evolve.ts'
import type { Archive } from './state.ts'

/** Counts the seals of every trail. */
export const archive = defineService<Archive>({
  name: 'archive',
  collection: 'archive',
  initial: { status: 'counted', seals: 0 },
  on: { 'trail.attested': { decide: onTrailAttested } },
  emits: {},
  evolve,
})

/** Runs the archive on a host; resolves when it consumes. */
export function start(host: Host, { port }: ArchiveConfig): Promise<Running> {
  return runService(host, archive, { port, open: () => ({ tools: undefined }) })
}
`,
    },
    {
      path: 'schemas/6-attestation/trail.attested.v1.avsc',
      after: '"readers": [\n',
      insert: '      "archive",\n',
    },
  ],
}

export const WALKS: readonly Walk[] = [tool, topic, link, route, service]
