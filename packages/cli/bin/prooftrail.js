#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// A checkout runs its sources; an image holds the built files only.
const source = new URL('../src/main.ts', import.meta.url)
if (existsSync(fileURLToPath(source))) {
  await import('./source.js')
  await import(source.href)
} else {
  await import('../dist/main.js')
}
