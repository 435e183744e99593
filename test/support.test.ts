/** docs/support.md says what the repository pins, installs and renders. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { embeddedKafkas } from '@prooftrail/stack'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { compose } from './repo/compose.ts'
import { ROOT, readText } from './repo/files.ts'
import { supportedVersions, triedVersions } from './support/page.ts'

const minor = (version: string) => version.split('.').slice(0, 2).join('.')
/** The version of a container's image. */
const imageOf = (name: string) => /:v?([\d.]+)/.exec(compose.services[name]?.image ?? '')?.[1] ?? ''

test('every Kafka of the table is one that can be started here, and every one that can is in it', async () => {
  const kafkas = await embeddedKafkas()
  expect(triedVersions('Kafka')).toEqual(kafkas)
  const supported = supportedVersions('Kafka').match(/\d+\.\d+/g)
  expect(supported?.sort()).toEqual(kafkas.map(minor).sort())
  expect(supported).toContain(minor(imageOf('kafka')))
})

test('Node.js begins where packages say, and the one of images was tried', () => {
  const { engines } = JSON.parse(readText('package.json'))
  const [oldest] = supportedVersions('Node.js').split(' ')
  expect(engines.node).toBe(`>=${oldest}`)
  const image = /^ARG NODE=node:([\d.]+)/m.exec(readText('deploy/Dockerfile'))?.[1]
  expect(triedVersions('Node.js')).toContain(image)
})

test('registry and database are those of the stack and of the containers', () => {
  const registry = readText('packages/stack/embedded/registry/pom.xml')
  expect(triedVersions('schema registry')).toEqual([imageOf('registry')])
  expect(registry).toContain(`<version>${imageOf('registry')}</version>`)
  const [standIn] = triedVersions('MongoDB')
  expect(readText('packages/stack/embedded/mongodb/pom.xml')).toContain(
    `<version>${standIn}</version>`,
  )
  const [oldest] = supportedVersions('MongoDB').split(' ')
  expect(Number(minor(imageOf('mongodb')))).toBeGreaterThanOrEqual(Number(oldest))
})

test('Kubernetes begins where the chart says', () => {
  const { kubeVersion } = parse(readText('deploy/helm/prooftrail/Chart.yaml'))
  const [oldest] = supportedVersions('Kubernetes').split(' ')
  expect(kubeVersion).toBe(`>=${oldest}.0-0`)
})

test('the commands that try it again are there', () => {
  const { scripts } = JSON.parse(readText('package.json'))
  const named = [...readText('docs/support.md').matchAll(/npm run ([\w:]+)/g)].map(([, one]) => one)
  expect(named.length).toBeGreaterThan(3)
  expect(named.filter((one) => scripts[one ?? ''] === undefined)).toEqual([])
  expect(readdirSync(join(ROOT, 'test/journeys'))).toContain('tokenops.e2e.test.ts')
})
