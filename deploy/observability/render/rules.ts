/** Recording and alert rules as Prometheus reads them. */
import { stringify } from 'yaml'
import { type Alert, alerts } from '../alerts.ts'
import { scaleOf } from '../scale.ts'
import { recordsOf, slos } from '../slos.ts'

const HEAD =
  '# Rules for Prometheus (rule_files). Written by `npm run observability` from deploy/observability. Do not edit.\n'

/** Where an alert's section of the run book is, from the repository's root. */
export function runbookOf({ runbook }: Pick<Alert, 'runbook'>): string {
  return `docs/runbook.md#${runbook}`
}

/** @param speed how many times faster than in production spans run; 1: as in production */
export function rulesYaml(speed = 1): string {
  const scale = scaleOf(speed)
  const records = slos.map((slo) => ({
    name: `prooftrail-slo-${slo.name}`,
    rules: recordsOf(slo, scale),
  }))
  const rules = alerts(scale).map((alert) => ({
    alert: alert.name,
    expr: alert.expr,
    ...(alert.for === undefined ? {} : { for: alert.for }),
    labels: { severity: alert.severity, ...alert.labels },
    annotations: { summary: alert.summary, runbook: runbookOf(alert) },
  }))
  const groups = [...records, { name: 'prooftrail-alerts', rules }]
  return HEAD + stringify({ groups }, { lineWidth: 0 })
}
