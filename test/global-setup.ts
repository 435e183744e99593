import type { TestProject } from 'vitest/node'
import { openServers } from './toolkit/servers.ts'

/**
 * One real stack for a whole test run. Integration tests take a database and groups of their own;
 * the end-to-end tests are one deployment, whose keys and logs are in E2E_DIR.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const close = await openServers()
  project.onTestsRerun(async () => {})
  return close
}
