/** What the chart asks of operators: their resources are of their schemas, and say what rules and services rest on. */
import { describe, expect, test } from 'vitest'
import { JOB } from '../../deploy/observability/alerts.ts'
import { OPERATOR_KINDS, operatorSchemas } from './crds.ts'
import { ALL, helmIs, ofKind, rendered, SAID } from './helm.ts'

const schemas = helmIs ? operatorSchemas() : undefined
if (helmIs && schemas === undefined)
  console.log('Go cannot fetch the definitions of operators, so their schemas were skipped.')

describe.skipIf(!helmIs)('given a cluster with operators', () => {
  const all = helmIs ? rendered(ALL) : []

  test.skipIf(schemas === undefined).each(OPERATOR_KINDS)(
    'when the schema of %s judges it strictly, then it takes what is rendered',
    (kind) => {
      const found = ofKind(all, kind)
      expect(found.length).toBeGreaterThan(0)
      const isValid = schemas?.get(kind)
      for (const one of found) expect(isValid?.(one) || isValid?.errors).toBe(true)
      const [first] = found
      expect(isValid?.({ ...first, spec: { ...first?.spec, nothing: 1 } })).toBe(false)
    },
  )

  test('then every service is scraped under the job and the name that the rules ask for', () => {
    const [monitor] = ofKind(all, 'ServiceMonitor')
    const { jobLabel, selector, endpoints } = monitor?.spec ?? {}
    const scraped = ofKind(all, 'Service').filter(({ metadata }) =>
      Object.entries(selector.matchLabels).every(
        ([name, value]) => metadata.labels?.[name] === value,
      ),
    )
    expect(scraped.length).toBe(ofKind(all, 'Deployment').length)
    const [endpoint] = endpoints
    expect(endpoint).toMatchObject({ path: '/metrics', honorLabels: true })
    const [{ sourceLabels, targetLabel }] = endpoint.relabelings
    expect(targetLabel).toBe('service')
    for (const { metadata, spec } of scraped) {
      const labels = metadata.labels ?? {}
      expect(labels[jobLabel]).toBe(JOB)
      const [taken] = Object.keys(labels).filter((name) =>
        sourceLabels.includes(`__meta_kubernetes_service_label_${name.replace(/\W/g, '_')}`),
      )
      expect(metadata.name).toBe(`rel-${labels[taken ?? '']}`)
      expect(spec.ports).toContainEqual(expect.objectContaining({ name: endpoint.port }))
    }
  })

  test('when nobody is said who may read metrics, then a monitor that reaches nothing is refused', () => {
    expect(() => rendered({ ...SAID, 'serviceMonitor.enabled': true })).toThrow(/monitoring/)
    const open = { 'serviceMonitor.enabled': true, 'networkPolicy.enabled': false }
    expect(ofKind(rendered({ ...SAID, ...open }), 'ServiceMonitor')).toHaveLength(1)
  })

  test('then one more instance is asked for by what waits and since when, by metrics that are exported', () => {
    for (const { metadata, spec } of ofKind(all, 'ScaledObject')) {
      const service = metadata.name.slice('rel-'.length)
      expect(spec.scaleTargetRef.name).toBe(metadata.name)
      expect(spec.maxReplicaCount).toBeGreaterThanOrEqual(spec.minReplicaCount)
      const queries = spec.triggers.map(
        (one: { metadata: { query: string } }) => one.metadata.query,
      )
      for (const query of queries) expect(query).toContain(`service="${service}"`)
    }
  })
})

describe.skipIf(!helmIs)('given an upgrade that holds one service at the old release', () => {
  test('then that one has its image, and the others the new one', () => {
    const all = rendered({ ...SAID, 'image.tag': '2.0.0', 'overrides.intake.tag': '1.9.0' })
    const images = ofKind(all, 'Deployment').map(
      ({ spec }): string => spec.template.spec.containers[0].image,
    )
    expect(images).toContain('prooftrail-intake:1.9.0')
    expect(images.filter((image) => image.endsWith(':2.0.0'))).toHaveLength(images.length - 1)
  })
})
