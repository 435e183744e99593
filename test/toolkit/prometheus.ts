import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prometheusYaml } from '../../deploy/observability/render/prometheus.ts'
import { rulesYaml } from '../../deploy/observability/render/rules.ts'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

/** A series of an answer: its labels and its newest value. */
export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}

/** An alert that fires now. */
export interface Firing {
  name: string
  labels: Readonly<Record<string, string>>
  summary: string
}

/** A real Prometheus that scrapes services and evaluates the deployment's rules. */
export interface Prometheus {
  url: string
  /** Answers of an instant query. @throws Error for one that is malformed */
  query(promql: string): Promise<Sample[]>
  /** Every rule with what became of its last evaluation. */
  rules(): Promise<{ name: string; health: string; lastError: string | undefined }[]>
  firing(): Promise<Firing[]>
  stop(): Promise<void>
}

export interface PrometheusSettings {
  /** Where each service answers. */
  services: ReadonlyMap<string, string>
  /** How many times faster than in production the spans of rules run. */
  speed: number
  /** Seconds between two scrapes, and two evaluations. */
  everySeconds: number
}

/** Whether one is installed here; says in one sentence that it is not. */
export function hasPrometheus(): boolean {
  const isThere = spawnSync('prometheus', ['--version']).status === 0
  if (!isThere) process.stderr.write('prometheus is not installed: nothing is scraped here\n')
  return isThere
}

/** Resolves when it answers. */
export async function startPrometheus(settings: PrometheusSettings): Promise<Prometheus> {
  const { services, speed, everySeconds } = settings
  const dir = mkdtempSync(join(tmpdir(), 'prooftrail-prometheus-'))
  writeFileSync(join(dir, 'rules.yml'), rulesYaml(speed))
  const scraped = [...services].map(([name, url]) => ({ name, targets: [new URL(url).host] }))
  const configuration = { services: scraped, ruleFiles: ['rules.yml'], every: `${everySeconds}s` }
  writeFileSync(join(dir, 'prometheus.yml'), prometheusYaml(configuration))
  const port = await freePort()
  const log = openSync(join(dir, 'log'), 'a')
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', log, log] },
  )
  closeSync(log)
  const url = `http://127.0.0.1:${port}`
  const ask = async (path: string): Promise<unknown> => {
    const answer = await fetch(`${url}${path}`)
    const { status, data, error } = Object(await answer.json())
    if (status !== 'success') throw new Error(`${path}: ${error}`)
    return data
  }
  await until('Prometheus that is ready', async () => {
    if (child.exitCode !== null)
      throw new Error(readFileSync(join(dir, 'log'), 'utf8').slice(-2_000))
    const answer = await fetch(`${url}/-/ready`).catch(() => undefined)
    return answer?.ok || undefined
  })
  return {
    url,
    async query(promql) {
      const { result } = Object(await ask(`/api/v1/query?query=${encodeURIComponent(promql)}`))
      return (result as { metric: Record<string, string>; value: [number, string] }[]).map(
        ({ metric, value }) => ({ labels: metric, value: Number(value[1]) }),
      )
    },
    async rules() {
      const { groups } = Object(await ask('/api/v1/rules'))
      return (groups as { rules: Record<string, string>[] }[]).flatMap(({ rules }) =>
        rules.map(({ name = '', health = '', lastError }) => ({ name, health, lastError })),
      )
    },
    async firing() {
      const { alerts } = Object(await ask('/api/v1/alerts'))
      const all = alerts as {
        state: string
        labels: Record<string, string>
        annotations: Record<string, string>
      }[]
      return all.flatMap(({ state, labels, annotations }) => {
        const { alertname: name = '', ...rest } = labels
        return state === 'firing'
          ? [{ name, labels: rest, summary: annotations.summary ?? '' }]
          : []
      })
    },
    async stop() {
      await ended(child)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function ended(child: ChildProcess): Promise<void> {
  child.kill('SIGTERM')
  const isOver = () => child.exitCode !== null || child.signalCode !== null || undefined
  await until('end of Prometheus', isOver)
}
