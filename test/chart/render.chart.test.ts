/**
 * The chart as Helm renders it: `npm run test:chart`. Needs `helm` on PATH
 * (`go install helm.sh/helm/v3/cmd/helm@v3.20.2`) and, for the schemas of Kubernetes,
 * `kubernetes-validate` (`pip install kubernetes-validate`); what is not there is skipped and said.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { readHostConfig } from '@prooftrail/runtime'
import { afterAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { readIntroductions } from '../../packages/contracts/codegen/service-files.ts'
import { ROOT } from '../repo/files.ts'
import { ALL, CHART, helmIs, isThere, ofKind, type Resource, rendered, SAID, sets } from './helm.ts'

const dir = mkdtempSync(join(tmpdir(), 'prooftrail-chart-'))
afterAll(() => rmSync(dir, { recursive: true }))

const { services, tools } = readIntroductions(ROOT)
const names = [...services, ...tools].map(({ name }) => name)

describe.skipIf(!helmIs)('given the chart', () => {
  test('when it is linted strictly, then nothing is found', () => {
    for (const values of [SAID, ALL]) {
      execFileSync('helm', ['lint', '--strict', CHART, ...sets(values)], { stdio: 'pipe' })
    }
  })

  test.each(Object.keys(SAID))('when %s is not said, then it is asked for by name', (key) => {
    const others = Object.fromEntries(Object.entries(SAID).filter(([name]) => name !== key))
    const asked = /PUBLIC_URL|LOG_ORIGIN|brokers|registry|mongodb/
    expect(() => rendered(others)).toThrow(asked)
  })

  test('when it is rendered, then every service runs as nobody, from a file system of its own, with its own files', () => {
    const deployments = ofKind(rendered(SAID), 'Deployment')
    expect(deployments.map(({ metadata }) => metadata.name).sort()).toEqual(
      names.map((name) => `rel-${name}`).sort(),
    )
    for (const { metadata, spec } of deployments) {
      const pod = spec.template.spec
      const [container] = pod.containers
      expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 1000 })
      expect(pod.automountServiceAccountToken).toBe(false)
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      })
      const [{ secret }] = pod.volumes[0].projected.sources
      const foreign = secret.items
        .map(({ key }: { key: string }) => key)
        .filter((key: string) => /^(kafka|mongodb)-/.test(key))
        .filter((key: string) => !key.includes(metadata.name.slice('rel-'.length)))
      expect(foreign).toEqual([])
      expect(container.livenessProbe.httpGet.path).toBe('/healthz')
      expect(container.resources.limits.memory).toBeDefined()
    }
  })

  test('when a service reads its settings, then it takes them; a tool is not given the operator’s token', () => {
    for (const { metadata, spec } of ofKind(rendered(SAID), 'Deployment')) {
      const [container] = spec.template.spec.containers
      const env: Record<string, string> = Object.fromEntries(
        container.env.map(({ name, value }: { name: string; value: string }) => [name, value]),
      )
      for (const name of ['KAFKA_SASL_PASSWORD_FILE', 'MONGODB_PASSWORD_FILE']) {
        const file = join(dir, `${metadata.name}-${name}`)
        writeFileSync(file, 'a password of some length')
        expect(env[name]).toMatch(/^\/run\/secrets\//)
        env[name] = file
      }
      expect(readHostConfig(env)).toMatchObject({ kafka: { sasl: { mechanism: 'scram-sha-512' } } })
      expect(Object.values(env).filter((value) => value.includes('{{'))).toEqual([])
      const isTool = tools.some(({ name }) => metadata.name === `rel-${name}`)
      expect(container.envFrom === undefined).toBe(isTool)
    }
  })

  test('when all of it is asked for, then topics, users, rules and scales are resources', () => {
    const all = rendered(ALL)
    expect(ofKind(all, 'KafkaUser').map(({ metadata }) => metadata.name)).toContain(
      'prooftrail-dispatch',
    )
    const topics = ofKind(all, 'KafkaTopic')
    expect(topics.every(({ spec }) => spec.config['min.insync.replicas'] === '2')).toBe(true)
    expect(
      topics.every(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep'),
    ).toBe(true)
    const scaled = ofKind(all, 'ScaledObject')
    expect(scaled.length).toBeGreaterThan(0)
    expect(scaled.every(({ spec }) => spec.minReplicaCount >= 1)).toBe(true)
    const fixed = ofKind(all, 'Deployment').filter(({ spec }) => spec.replicas !== undefined)
    const scaledNames = scaled.map(({ metadata }) => metadata.name)
    expect(fixed.filter(({ metadata }) => scaledNames.includes(metadata.name))).toEqual([])
    expect(ofKind(all, 'PrometheusRule')[0]?.spec.groups.length).toBeGreaterThan(0)
    expect(all.filter(({ metadata }) => metadata.name === 'rel-tokenops')).toEqual([])
    // whoever makes topics is one of the users, and its password is there once they are
    const [job] = ofKind(all, 'Job')
    expect(job?.metadata.annotations?.['helm.sh/hook']).toBeUndefined()
    expect(JSON.stringify(job?.spec)).toContain('"name":"prooftrail-deploy"')
    const [before] = ofKind(rendered(SAID), 'Job')
    expect(before?.metadata.annotations?.['helm.sh/hook']).toBe('pre-install,pre-upgrade')
    // the password that Strimzi made is the one that is read
    const [dispatch] = ofKind(all, 'Deployment').filter(
      (one) => one.metadata.name === 'rel-dispatch',
    )
    expect(dispatch?.spec.template.spec.volumes[0].projected.sources[1].secret).toEqual({
      name: 'prooftrail-dispatch',
      items: [{ key: 'password', path: 'kafka-dispatch.secret' }],
    })
  })

  test('when services are put together, then each keeps its name, its port and its files, and others run alone', () => {
    const values = { ...SAID, 'groups.front': '{intake,callback}', 'overrides.front.replicas': '3' }
    const all = rendered(values)
    const deployments = ofKind(all, 'Deployment').map(({ metadata }) => metadata.name)
    const alone = names.filter((name) => !['intake', 'callback'].includes(name))
    expect(deployments.sort()).toEqual(['front', ...alone].map((name) => `rel-${name}`).sort())
    const front = ofKind(all, 'Deployment').find(({ metadata }) => metadata.name === 'rel-front')
    const [container] = front?.spec.template.spec.containers ?? []
    expect(front?.spec.replicas).toBe(3)
    expect(container).toMatchObject({
      image: expect.stringMatching(/^prooftrail-all:/),
      args: ['run', 'intake', 'callback', '--settings=/settings', '--probes=7000'],
      livenessProbe: { httpGet: { port: 7000 } },
    })
    const apart = ofKind(rendered(SAID), 'Deployment').filter(({ metadata }) =>
      ['rel-intake', 'rel-callback'].includes(metadata.name),
    )
    const told = ofKind(all, 'ConfigMap').find(({ metadata }) => metadata.name === 'rel-front')
    for (const { metadata, spec } of apart) {
      const name = metadata.name.slice('rel-'.length)
      const env = spec.template.spec.containers[0].env as { name: string; value: string }[]
      const shared = container.env as { name: string; value: string }[]
      const own = env.filter((one) => !shared.some((other) => other.name === one.name))
      expect(parseEnv(told?.data?.[`${name}.env`] ?? '')).toEqual(
        Object.fromEntries(own.map((one) => [one.name, one.value])),
      )
      const [service] = ofKind(all, 'Service').filter((one) => one.metadata.name === metadata.name)
      expect(service?.spec.selector['app.kubernetes.io/component']).toBe('front')
    }
    const policy = ofKind(all, 'NetworkPolicy').find(
      ({ metadata }) => metadata.name === 'rel-front',
    )
    // the internet reaches its door alone
    expect(policy?.spec.ingress[1].ports).toEqual([{ port: 7001 }])
    for (const bad of [{ 'groups.a': '{nobody}' }, { 'groups.intake': '{intake}' }])
      expect(() => rendered({ ...SAID, ...bad })).toThrow(/groups\./)
    expect(() => rendered({ ...values, 'groups.other': '{intake}' })).toThrow(/in another group/)
  })

  test('when servers are named, then only callback reaches the internet, and no private network', () => {
    const servers = '[{"namespaceSelector":{"matchLabels":{"name":"servers"}}}]'
    const file = join(dir, 'values.yaml')
    writeFileSync(file, JSON.stringify({ networkPolicy: { servers: JSON.parse(servers) } }))
    const args = ['template', 'rel', CHART, '--kube-version', '1.33.0', '-f', file, ...sets(SAID)]
    const text = execFileSync('helm', args, { stdio: 'pipe' }).toString()
    const policies = parseAllDocuments(text)
      .map((one): Resource | null => one.toJS())
      .filter((one) => one?.kind === 'NetworkPolicy')
    const isOutward = (one: Resource | null) =>
      JSON.stringify(one?.spec.egress).includes('0.0.0.0/0')
    expect(policies.filter(isOutward).map((one) => one?.metadata.name)).toEqual(['rel-callback'])
    expect(
      policies.some((one) =>
        one?.spec.egress.some((rule: object) => Object.keys(rule).length === 0),
      ),
    ).toBe(false)
  })

  test.skipIf(!isThere('kubernetes-validate'))(
    'when Kubernetes’ own schemas judge it, then they take all that they know, strictly',
    () => {
      const core = new Set([
        'Deployment',
        'ConfigMap',
        'Service',
        'PodDisruptionBudget',
        'NetworkPolicy',
        'Job',
        'Ingress',
      ])
      const grouped = rendered({ ...ALL, 'groups.front': '{intake,callback}' })
      const known = [...rendered(SAID), ...rendered(ALL), ...grouped].filter(({ kind }) =>
        core.has(kind),
      )
      expect(new Set(known.map(({ kind }) => kind))).toEqual(core)
      const file = join(dir, 'all.yaml')
      writeFileSync(file, known.map((one) => JSON.stringify(one)).join('\n---\n'))
      const args = ['--strict', '-k', '1.33', file]
      const { status, stdout, stderr } = spawnSync('kubernetes-validate', args)
      expect(`${status} ${status === 0 ? '' : `${stdout}${stderr}`}`).toBe('0 ')
    },
  )
})
