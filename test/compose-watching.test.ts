/** Prometheus, Alertmanager and Grafana of docker-compose.yml agree with the services, the alerts and the dashboards. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { alerts, JOB } from '../deploy/observability/alerts.ts'
import { scaleOf } from '../deploy/observability/scale.ts'
import { compose, processes } from './repo/compose.ts'
import { filesBelow, ROOT, readText } from './repo/files.ts'

interface Scraped {
  job_name: string
  honor_labels: boolean
  static_configs: { targets: string[]; labels: { service: string } }[]
}

/** What Prometheus, Alertmanager and Grafana of the compose file are told. */
const WATCHING = 'deploy/observability/compose'

/** Says in one sentence that a program is missing, and what is skipped then. */
function isThere(program: string): boolean {
  const isHere = spawnSync('which', [program]).status === 0
  if (!isHere)
    console.log(`No ${program} is on PATH, so its check of the compose file's parts was skipped.`)
  return isHere
}

describe('given who watches in docker-compose.yml', () => {
  const watchers = ['prometheus', 'alertmanager', 'grafana']
  const configured: {
    rule_files: string[]
    alerting: { alertmanagers: [{ static_configs: [{ targets: string[] }] }] }
    scrape_configs: [Scraped]
  } = parse(readText(`${WATCHING}/prometheus.yml`))

  test.each(watchers)('%s changes nothing, and knows nobody’s password but its own', (name) => {
    const one = compose.services[name]
    expect(one).toMatchObject({ read_only: true, cap_drop: ['ALL'] })
    expect(one?.secrets ?? []).toEqual(name === 'grafana' ? ['grafana-admin.secret'] : [])
    const mounted = (one?.volumes ?? []).filter((volume) => volume.startsWith('./'))
    expect(mounted.filter((volume) => !volume.endsWith(':ro'))).toEqual([])
    for (const volume of mounted) {
      expect(existsSync(join(ROOT, volume.split(':')[0] ?? '')), volume).toBe(true)
    }
  })

  test('Prometheus scrapes every service and tool under its name, as the rules expect', () => {
    const [scraped] = configured.scrape_configs
    expect(scraped).toMatchObject({ job_name: JOB, honor_labels: true })
    expect(scraped.static_configs.map(({ labels }) => labels.service).sort()).toEqual(
      processes.map(({ name }) => name).sort(),
    )
    for (const { name, port } of processes) {
      expect(scraped.static_configs).toContainEqual({
        targets: [`${name}:${port}`],
        labels: { service: name },
      })
    }
  })

  test('its rules are the generated ones, and alerts go to the Alertmanager there', () => {
    expect(compose.services.prometheus?.volumes).toContain(
      './deploy/observability/generated/rules.yml:/etc/prometheus/rules.yml:ro',
    )
    expect(configured.rule_files).toEqual(['rules.yml'])
    const [{ static_configs }] = configured.alerting.alertmanagers
    expect(static_configs[0].targets).toEqual(['alertmanager:9093'])
    expect(compose.services.alertmanager?.ports).toEqual(['127.0.0.1:9093:9093'])
  })

  test('every severity has a receiver, and who silences others is an alert', () => {
    const { route, receivers, inhibit_rules } = parse(readText(`${WATCHING}/alertmanager.yml`))
    const names = receivers.map(({ name }: { name: string }) => name)
    const routes: { receiver: string; matchers: string[] }[] = route.routes
    const known = alerts(scaleOf(1))
    const severities = new Set(known.map(({ severity }) => `severity="${severity}"`))
    expect(routes.flatMap(({ matchers }) => matchers).sort()).toEqual([...severities].sort())
    expect(routes.filter(({ receiver }) => !names.includes(receiver))).toEqual([])
    expect(names).toContain(route.receiver)
    const sources: string[] = inhibit_rules.flatMap(
      (rule: { source_matchers: string[] }) => rule.source_matchers,
    )
    const silencing = sources.map((text) => /^alertname="(.*)"$/.exec(text)?.[1])
    expect(silencing.filter((name) => !known.some((one) => one.name === name))).toEqual([])
  })

  test('Grafana is given the data source and the generated dashboards', () => {
    const volumes = compose.services.grafana?.volumes ?? []
    const { datasources } = parse(readText(`${WATCHING}/grafana/datasources/prometheus.yml`))
    expect(datasources).toMatchObject([{ type: 'prometheus', url: 'http://prometheus:9090' }])
    const { providers } = parse(readText(`${WATCHING}/grafana/dashboards/prooftrail.yml`))
    const [from, to] = volumes.find((one) => one.includes('generated/dashboards'))?.split(':') ?? []
    expect(providers).toMatchObject([{ type: 'file', options: { path: to } }])
    const files = filesBelow('deploy/observability/generated/dashboards')
    expect(from).toBe('./deploy/observability/generated/dashboards')
    expect(files.length).toBeGreaterThan(processes.length)
    expect(volumes).toContain(`./${WATCHING}/grafana:/etc/grafana/provisioning:ro`)
  })

  test.skipIf(!isThere('promtool'))('promtool takes the configuration of Prometheus', () => {
    const place = mkdtempSync(join(tmpdir(), 'prooftrail-prometheus-'))
    // beside its rules, as they are mounted
    for (const file of ['compose/prometheus.yml', 'generated/rules.yml']) {
      copyFileSync(join(ROOT, 'deploy/observability', file), join(place, basename(file)))
    }
    const checked = spawnSync('promtool', ['check', 'config', join(place, 'prometheus.yml')])
    rmSync(place, { recursive: true })
    expect(`${checked.status} ${checked.status === 0 ? '' : checked.stderr}`).toBe('0 ')
  })

  test.skipIf(!isThere('amtool'))('amtool takes the configuration of Alertmanager', () => {
    const file = join(ROOT, WATCHING, 'alertmanager.yml')
    const checked = spawnSync('amtool', ['check-config', file])
    expect(`${checked.status} ${checked.status === 0 ? '' : checked.stderr}`).toBe('0 ')
  })
})
