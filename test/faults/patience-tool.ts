import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createToolTopic, registerToolSubject } from '@prooftrail/contracts'
import { generateKeyPair } from '@prooftrail/trail'
import type { Overrides } from '../toolkit/agent.ts'
import type { Deployment } from './deployment.ts'

/** The tool that takes as long as its order asks for, with a process of its own. */
export const PATIENCE = { tool: 'patience', price: 5 } as const

const folder = fileURLToPath(new URL('./patience', import.meta.url))

/** Its deploy step and its executor; the tool announces itself. Resolves when it is ready. */
export async function deployPatience({ world, processes }: Deployment): Promise<void> {
  const { registry } = world.services.stack
  await createToolTopic(world.admin, PATIENCE.tool, { partitions: 4, replication: 1 })
  await registerToolSubject(registry, PATIENCE.tool)
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-patience-'))
  const key = join(dir, 'key.jwk')
  writeFileSync(key, JSON.stringify(generateKeyPair().privateKey), { mode: 0o600 })
  try {
    await processes.add(PATIENCE.tool, 'tokenops', { cwd: folder, env: { KEY_FILE: key } })
  } finally {
    // it is read once
    rmSync(dir, { recursive: true, force: true })
  }
}

/** An order that takes that long. */
export function taking(seconds: number): Overrides {
  return {
    requested_tool: PATIENCE.tool,
    requested_capability: 'patience_check',
    proof_requirements: undefined,
    pilot_id: undefined,
    evidence: { reason: { reference: 'the-test-asks-for-it' } },
    workflow_context: { seconds },
  }
}
