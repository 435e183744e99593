/** A Prometheus that scrapes a deployment's services: each with its name as `service`. */
import { stringify } from 'yaml'
import { JOB } from '../alerts.ts'

export interface Scraped {
  /** A service or a tool. */
  name: string
  /** `host:port`, one for each instance. */
  targets: readonly string[]
}

export interface PrometheusOptions {
  services: readonly Scraped[]
  ruleFiles: readonly string[]
  /** Between two scrapes, and two evaluations of the rules. */
  every: string
  alertmanager?: string
}

export function prometheusYaml({
  services,
  ruleFiles,
  every,
  alertmanager,
}: PrometheusOptions): string {
  return stringify(
    {
      global: { scrape_interval: every, evaluation_interval: every },
      rule_files: [...ruleFiles],
      ...(alertmanager === undefined
        ? {}
        : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
      scrape_configs: [
        {
          job_name: JOB,
          // the service says who it is, and here the same is said while it does not answer
          honor_labels: true,
          static_configs: services.map(({ name, targets }) => ({
            targets: [...targets],
            labels: { service: name },
          })),
        },
      ],
    },
    { lineWidth: 0 },
  )
}
