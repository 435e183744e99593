import { defineConfig } from 'vitest/config'

const source = { ssr: { resolve: { conditions: ['source', 'node'] } }, resolve: { conditions: ['source'] } }

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: { name: 'unit', include: ['packages/**/src/**/*.test.ts', 'services/**/src/**/*.test.ts', 'test/*.test.ts'], exclude: ['**/node_modules/**', '**/*.int.test.ts'] },
      },
      {
        ...source,
        test: { name: 'int', include: ['packages/**/src/**/*.int.test.ts', 'services/**/src/**/*.int.test.ts', 'test/journeys/*.e2e.test.ts', 'test/faults/*.e2e.test.ts'], globalSetup: ['test/global-setup.ts'], fileParallelism: false, testTimeout: 60_000, hookTimeout: 120_000 },
      },
    ],
  },
})
