import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadService, readHostConfig } from '@prooftrail/runtime'
import { afterAll, expect, test } from 'vitest'
import { checkout } from './checkout.ts'
import { type Deployment, serviceEnv } from './service-env.ts'
import { openKeyRing } from './service-keys.ts'
import { EXECUTORS, SERVICES, type ServiceEntry } from './service-list.ts'

const dir = mkdtempSync(join(tmpdir(), 'prooftrail-env-'))
afterAll(() => rmSync(dir, { recursive: true }))

const all: readonly ServiceEntry[] = [...SERVICES, ...EXECUTORS]
const deployment: Deployment = {
  stack: {
    kafka: { brokers: ['127.0.0.1:9092'] },
    registry: { url: 'http://127.0.0.1:8081' },
    mongodb: { url: 'mongodb://127.0.0.1:27017', kind: 'mongod', standIn: false },
  },
  keys: openKeyRing(dir, 'prooftrail.local/log'),
  urls: new Map(all.map(({ name, port }) => [name, `http://127.0.0.1:${port}`])),
  allowedNetworks: ['127.0.0.1/32'],
  allowedPorts: [9443],
  logLevel: 'info',
}

test.each(SERVICES)('$name starts with what it is told', async (service) => {
  const env = serviceEnv(service, deployment)
  expect(readHostConfig(env).kafka.brokers).toEqual(['127.0.0.1:9092'])
  const { readConfig } = await loadService(join(checkout, service.folder))
  expect(readConfig(env)).toMatchObject({ port: service.port })
})

test('a service is told nothing of another’s', () => {
  const told = new Map(all.map((service) => [service.name, serviceEnv(service, deployment)]))
  const withSecret = [...told].filter(([, env]) => 'CALLBACK_SECRET_FILE' in env)
  expect(withSecret.map(([name]) => name)).toEqual(['callback'])
  const withLogKey = [...told].filter(([, env]) => 'LOG_KEY_FILE' in env)
  expect(withLogKey.map(([name]) => name)).toEqual(['attestation'])
  const keys = [...told].flatMap(([, { KEY_FILE }]) => (KEY_FILE === undefined ? [] : [KEY_FILE]))
  expect(keys.length).toBeGreaterThan(1)
  expect(new Set(keys).size).toBe(keys.length)
})

test('a folder that holds no service says so', async () => {
  await expect(loadService(join(checkout, 'services/executors/tokenops'))).rejects.toThrow()
  await expect(loadService(join(checkout, 'packages/trail'))).rejects.toThrow(
    'does not export readConfig and start',
  )
})
