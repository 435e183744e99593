import { defineConfig } from 'vitest/config'

/** Packages of this repository resolve to their sources: no build comes before a test. */
const conditions = ['@prooftrail/source', 'node']
const source = {
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  // Global setup runs in an environment of its own.
  environments: { __vitest__: { resolve: { conditions } } },
}

const unit = [
  'packages/**/src/**/*.test.ts',
  'services/**/src/**/*.test.ts',
  'test/{,walks/,chart/,upgrade/,faults/chaos/}*.test.ts',
]
const int = ['packages/**/src/**/*.int.test.ts', 'services/**/src/**/*.int.test.ts']
const e2e = [
  ...['journeys', 'tools'].map((name) => `test/${name}/**/*.e2e.test.ts`),
  'test/faults/draw.e2e.test.ts',
  'test/faults/chaos/short.e2e.test.ts',
]
// Processes and servers that are killed and paused, the conformance suite on the product's own
// tools: minutes long, and apart from the others.
const own = 'test/tools/own-tools.e2e.test.ts'
const outage = 'packages/runtime/src/outage.int.test.ts'
const faults = ['test/faults/**/*.e2e.test.ts', own, outage]
const apart = ['**/node_modules/**', own, outage]

const chart = 'test/chart/*.chart.test.ts'

const onRealServers = {
  globalSetup: ['test/global-setup.ts'],
  fileParallelism: false,
  testTimeout: 60_000,
  hookTimeout: 120_000,
}

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          setupFiles: ['test/property-seed.ts'],
          testTimeout: 30_000,
          include: unit,
          exclude: ['**/node_modules/**', 'test/**/*.e2e.test.ts', ...int, chart],
        },
      },
      { ...source, test: { name: 'int', include: int, exclude: apart, ...onRealServers } },
      { ...source, test: { name: 'e2e', include: e2e, exclude: apart, ...onRealServers } },
      {
        ...source,
        test: {
          name: 'faults',
          include: faults,
          exclude: ['**/node_modules/**', ...e2e.filter((file) => file.startsWith('test/faults/'))],
          ...onRealServers,
        },
      },
      { ...source, test: { name: 'chart', include: [chart], testTimeout: 60_000 } },
      {
        ...source,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.browser.test.ts'],
          ...onRealServers,
          // a page shows what it shows when the machine has the time
          expect: { poll: { timeout: 30_000 } },
        },
      },
    ],
  },
})
