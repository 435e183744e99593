import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import express from 'express'
import { expect, onTestFinished, test } from 'vitest'
import { PAGE_CSP, servePage } from './page.ts'

/** A built page of two files; answers how to ask for an address. */
async function given({ isBuilt = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'prooftrail-page-'))
  if (isBuilt) {
    mkdirSync(join(folder, 'assets'))
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>page</title>')
    writeFileSync(join(folder, 'assets/index-abc.js'), 'export {}')
    writeFileSync(join(folder, '.sources'), 'digest')
  }
  const app = express()
  servePage(app, folder)
  app.use((_req, res) => void res.status(404).json({ code: 'PT-9032' }))
  const server = app.listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await new Promise((resolve) => server.once('listening', resolve))
  // A server that listens on a port has an address with one.
  const { port } = server.address() as AddressInfo
  return (path: string, accept = 'text/html,*/*;q=0.8') =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve) => {
      // paths as they are: fetch would tidy them
      get({ port, path, headers: { accept } }, (res) => {
        let text = ''
        res.on('data', (chunk) => {
          text += chunk
        })
        res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, text }))
      })
    })
}

test.each(['/', '/runs', '/runs/wo_x?tab=proof', '/task'])('%s is the page', async (path) => {
  const ask = await given()
  const { status, headers, text } = await ask(path)
  expect([status, text]).toEqual([200, '<!doctype html><title>page</title>'])
  expect(headers['content-security-policy']).toBe(PAGE_CSP)
  expect(headers['cache-control']).toBe('no-cache')
})

test('its policy allows nothing inline, nothing from elsewhere, and no frame', () => {
  expect(PAGE_CSP).toContain("default-src 'none'")
  expect(PAGE_CSP).toContain("frame-ancestors 'none'")
  expect(PAGE_CSP).not.toMatch(/unsafe|https?:|\*/)
})

test('files whose names tell what they hold are kept for ever', async () => {
  const ask = await given()
  const { status, headers } = await ask('/assets/index-abc.js')
  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
})

test.each(['/v1/nothing', '/assets/none.js', '/keys.json', '/.sources', '/../package.json'])(
  'no page answers for %s where JSON is expected',
  async (path) => {
    const ask = await given()
    expect((await ask(path, 'application/json')).status).toBe(404)
  },
)

test('a path of machines is no page, whatever it is asked as', async () => {
  const ask = await given()
  expect((await ask('/v1/nothing')).status).toBe(404)
})

test('a page that is not built says how it is', async () => {
  const ask = await given({ isBuilt: false })
  const { status, text } = await ask('/')
  expect([status, JSON.parse(text).code]).toEqual([503, 'PT-7020'])
})
