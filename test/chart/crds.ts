/** Schemas of operators' resources, from the Go modules that hold their definitions. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'
import { parse } from 'yaml'

/** By kind: the module at an exact version, and the file of its definition. */
const DEFINITIONS = {
  ScaledObject: [
    'github.com/kedacore/keda/v2@v2.21.0',
    'config/crd/bases/keda.sh_scaledobjects.yaml',
  ],
  ServiceMonitor: [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml',
  ],
  PrometheusRule: [
    'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    'example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml',
  ],
} as const

export type OperatorKind = keyof typeof DEFINITIONS

export const OPERATOR_KINDS = Object.keys(DEFINITIONS) as OperatorKind[]

/** Fetches the definitions by `go mod download`; undefined where there is no Go, or it cannot fetch. */
export function operatorSchemas(): ReadonlyMap<OperatorKind, ValidateFunction> | undefined {
  const folders = new Map<string, string>()
  for (const [module] of Object.values(DEFINITIONS)) {
    const { status, stdout } = spawnSync('go', ['mod', 'download', '-json', module], {
      encoding: 'utf8',
      // a module of its own kind needs none around it
      env: { ...process.env, GOFLAGS: '-mod=mod' },
    })
    if (status !== 0) return undefined
    folders.set(module, JSON.parse(stdout).Dir)
  }
  const ajv = new Ajv({ strict: false, validateFormats: false })
  return new Map(
    OPERATOR_KINDS.map((kind) => {
      const [module, file] = DEFINITIONS[kind]
      const { spec } = parse(readFileSync(join(folders.get(module) ?? '', file), 'utf8'))
      const { openAPIV3Schema } = spec.versions[0].schema
      return [kind, ajv.compile(closed(openAPIV3Schema))]
    }),
  )
}

interface Schema {
  type?: string
  properties?: Record<string, Schema>
  items?: Schema
  additionalProperties?: Schema | boolean
  'x-kubernetes-preserve-unknown-fields'?: boolean
  [member: string]: unknown
}

/** The schema as the API server judges strictly: a member that it does not name is a fault. */
function closed(schema: Schema, isRoot = true): Schema {
  const { properties, items, additionalProperties: values } = schema
  // flags within a pattern are Go's
  const isGo = typeof schema.pattern === 'string' && schema.pattern.includes('(?i)')
  const isOpen = schema['x-kubernetes-preserve-unknown-fields'] === true
  const mine = properties && {
    // its own form is Kubernetes' business
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [
        name,
        isRoot && name === 'metadata' ? one : closed(one, false),
      ]),
    ),
    ...(values === undefined && !isOpen ? { additionalProperties: false } : {}),
  }
  return {
    ...schema,
    ...(isGo ? { pattern: '' } : {}),
    ...mine,
    ...(items ? { items: closed(items, false) } : {}),
    ...(typeof values === 'object' ? { additionalProperties: closed(values, false) } : {}),
  }
}
