/** The chart as Helm renders it, for tests. */
import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { ROOT } from '../repo/files.ts'

/** The chart's folder. */
export const CHART = join(ROOT, 'deploy/helm/prooftrail')
/** Whether a program is on PATH. */
export const isThere = (program: string) => spawnSync('which', [program]).status === 0
export const helmIs: boolean = isThere('helm')
if (!helmIs) console.log('No helm is on PATH, so the tests of the chart were skipped.')
/** What every deployment says. */
export const SAID = {
  'kafka.brokers': 'kafka:9093',
  'registry.url': 'https://registry/apis/ccompat/v7',
  'mongodb.url': 'mongodb://mongodb:27017/?replicaSet=rs0',
  publicUrl: 'https://prooftrail.example.org',
  logOrigin: 'prooftrail.example/log',
}
/** Everything that can be asked for. */
export const ALL = {
  ...SAID,
  ...{ 'kafka.strimzi.enabled': true, 'keda.enabled': true, 'serviceMonitor.enabled': true },
  ...{ 'ingress.enabled': true, 'ingress.hosts.console.host': 'prooftrail.example.org' },
  ...{ 'prometheusRule.enabled': true, 'overrides.tokenops.enabled': false },
  'networkPolicy.monitoring[0].namespaceSelector.matchLabels.name': 'monitoring',
}

/** A resource as it is rendered. */
export interface Resource {
  kind: string
  metadata: {
    name: string
    namespace?: string
    labels?: Record<string, string>
    annotations?: Record<string, string>
  }
  // the members of many kinds
  // biome-ignore lint/suspicious/noExplicitAny: each test looks at what its kind has
  spec: any
  data?: Record<string, string>
}

/** Values as arguments of Helm. */
export const sets = (values: object) =>
  Object.entries(values).flatMap(([key, value]) => ['--set', `${key}=${value}`])

/** All resources of the chart with these values. @throws Error with Helm's words */
export function rendered(values: object): Resource[] {
  const args = ['template', 'rel', CHART, '--namespace', 'proof', '--kube-version', '1.33.0']
  const text = execFileSync('helm', [...args, ...sets(values)], { stdio: 'pipe' }).toString()
  return parseAllDocuments(text)
    .map((one) => one.toJS())
    .filter((one) => one !== null)
}

export const ofKind = (all: readonly Resource[], kind: string) =>
  all.filter((one) => one.kind === kind)
