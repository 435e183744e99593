import type { Manifest } from '@prooftrail/contracts'

/** The files of a new tool, by their path in its folder. Every one works as it is. */
export function scaffoldFiles(tool: string, commandLine: string): Map<string, string> {
  const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`
  return new Map([
    ['manifest.json', json(manifestFor(tool))],
    ['execute.js', executeSource(tool)],
    ['cases/complete.json', json(completeCase(tool))],
    ['cases/incomplete.json', json(incompleteCase())],
    ['cases/useless.json', json(uselessCase())],
    ['order.json', json(orderFor(tool))],
    ['package.json', json(packageFor(tool, commandLine))],
    ['README.md', readmeFor(tool)],
    ['.gitignore', 'node_modules\n*.jwk\n'],
  ])
}

export function manifestFor(tool: string): Manifest {
  return {
    manifest_version: 'prooftrail-tool-manifest/v1',
    tool,
    version: '1.0.0',
    title: tool,
    description: 'Looks at measurements and says what the highest one is.',
    capabilities: [`${tool}_check`],
    pilot_id: `${tool}_controlled_pilot_001`,
    steps: ['Accept', 'Create', 'Execute', 'Return', 'Review'],
    proof_trail: [
      'work_order',
      'execution_command',
      'result_contract',
      'usage_receipt',
      'callback_delivery',
      'ledger_entry',
      'attestation',
    ],
    evidence: {
      measurement: {
        description: 'What was measured: one item per reading.',
        required: true,
        weight: 60,
        max_age_days: 30,
        item_schema: {
          type: 'object',
          required: ['value'],
          properties: { value: { type: 'integer' } },
        },
      },
      location: { description: 'Where it was measured.', required: true, weight: 40 },
      note: { description: 'Anything else worth knowing.', required: false, weight: 0 },
    },
    evidence_floor: 50,
    result_package_schema: {
      type: 'object',
      required: ['package_type', 'operating_tool', 'evidence_status', 'readings'],
      properties: { readings: { type: 'integer', minimum: 0 }, highest: { type: 'integer' } },
    },
    price: { credits: 3, metering_policy: 'fixed_credit_debit' },
    limits: { heartbeat_seconds: 20, deadline_seconds: 120, max_attempts: 3 },
  }
}

function executeSource(tool: string): string {
  return `// One command in, one result out. Pure: no clock (use \`now\`), no random, no memory between runs.

/** @type {import('@prooftrail/executor-sdk').Execute} */
export const execute = (command, { assessment, items }) => {
  const { evidence_status, evidence_score } = assessment
  const values = items('measurement').map((item) => item.value)
  const places = items('location').map((item) => item.reference)
  return {
    result_package: {
      package_type: '${tool}_result_package',
      operating_tool: command.requested_tool,
      evidence_status,
      evidence_score,
      readings: values.length,
      ...(values.length > 0 ? { highest: Math.max(...values) } : {}),
      places,
    },
    human_summary: \`\${values.length} readings from \${places.join(', ') || 'an unknown place'}; the evidence is \${evidence_status} (\${evidence_score} of 100).\`,
  }
}
`
}

const DATED = '2026-03-01T10:00:00.000Z'
const measurement = [
  { reference: 'reading-1', issued_at: DATED, value: 18 },
  { reference: 'reading-2', issued_at: DATED, value: 21 },
]

function completeCase(tool: string) {
  return {
    name: 'all evidence is there: ready',
    command: { evidence: { measurement, location: { reference: 'site-7' } } },
    result: {
      result_status: 'ready',
      evidence_score: 100,
      open_items: [],
      result_package: { operating_tool: tool, readings: 2, highest: 21, places: ['site-7'] },
    },
  }
}

function incompleteCase() {
  return {
    name: 'a class is missing: partial, and named',
    command: { evidence: { measurement } },
    result: {
      result_status: 'partial',
      evidence_score: 60,
      open_items: [{ code: 'missing', about: 'location' }],
      next_actions: [{ action: 'add_evidence', about: 'location' }],
    },
  }
}

function uselessCase() {
  const old = [{ reference: 'reading-0', issued_at: '2025-01-01T10:00:00.000Z', value: 3 }]
  return {
    name: 'what weighs most is stale: insufficient',
    command: { evidence: { measurement: old, location: { reference: 'site-7' } } },
    result: { result_status: 'failed', evidence_status: 'insufficient', evidence_score: 40 },
  }
}

function orderFor(tool: string) {
  return {
    requested_tool: tool,
    requested_capability: `${tool}_check`,
    execution_mode: 'controlled_pilot',
    evidence: {
      measurement: measurement.map(({ issued_at: _, ...item }) => item),
      location: { reference: 'site-7' },
    },
    callback_policy: 'status_polling_only',
  }
}

function packageFor(tool: string, commandLine: string) {
  return {
    name: tool,
    version: '1.0.0',
    private: true,
    type: 'module',
    scripts: {
      test: `${commandLine} tools check . --cases`,
      check: `${commandLine} tools check .`,
      deploy: `${commandLine} tools deploy .`,
      start: `${commandLine} tools run .`,
      try: `${commandLine} tools try .`,
      show: `${commandLine} tools show ${tool}`,
    },
  }
}

function readmeFor(tool: string): string {
  return `# ${tool}

A tool of Prooftrail: \`manifest.json\` says what it is and needs, \`execute.js\` is one function, \`cases/\` are its tests and its documentation. Nothing is installed here, and nothing outside this folder changes.

With a stack running (\`npm start\` in the Prooftrail checkout):

\`\`\`sh
npm test          # the cases, each twice, without the stack: seconds
npm run check     # the conformance suite, on the stack: about a minute
npm run deploy    # command topic, schema, announcement
npm start         # the executor; leave it running
npm run try       # in another terminal: an order, its trail, verified
npm run show      # versions, live executors, what waits
\`\`\`

Then change it: the evidence that it needs and the price in \`manifest.json\`, what it concludes in \`execute.js\`, a case for each thing that it promises. A released version never changes: raise \`version\` (the major number when something breaks for those who use it), check and deploy again. Old and new run side by side; orders in flight keep the version that they were accepted with.

\`order.json\` is what \`npm run try\` sends. What the function gets and returns: the README of \`packages/executor-sdk\` in the checkout.
`
}
