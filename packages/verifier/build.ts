/** `npm run build:verifier`: the public verifier as one HTML file that needs nothing else. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/**
 * The page's text. Script and style stand inline and are named by their digests in the policy; it
 * allows nothing else, so no connection can be opened.
 */
export async function buildVerifier(): Promise<string> {
  const script = await bundled('page/page.ts')
  const style = await bundled('page/style.css')
  const csp = [
    "default-src 'none'",
    `script-src '${digest(script)}'`,
    `style-src '${digest(style)}'`,
    // the empty icon, so that no browser asks for one
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  const parts = {
    '{{csp}}': csp,
    '<!--style-->': `<style>${style}</style>`,
    '<!--script-->': `<script>${script}</script>`,
  }
  return Object.entries(parts).reduce(
    (text, [place, part]) => {
      if (!text.includes(place)) throw new Error(`page.html has no place for ${place}`)
      return text.replace(place, () => part)
    },
    readFileSync(here('page/page.html'), 'utf8'),
  )
}

async function bundled(path: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [here(path)],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@prooftrail/source'],
    charset: 'utf8',
    legalComments: 'inline',
  })
  const text = outputFiles[0]?.text.trim() ?? ''
  // a script ends at its first end tag, whatever stands around it
  if (/<\/(script|style)/i.test(text)) throw new Error(`${path} holds an end tag`)
  return text
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const page = await buildVerifier()
  const file = here('dist/prooftrail-verifier.html')
  mkdirSync(here('dist'), { recursive: true })
  writeFileSync(file, page)
  const hex = createHash('sha256').update(page).digest('hex')
  const size = `${page.length} bytes, ${gzipSync(page).length} compressed`
  process.stdout.write(
    `packages/verifier/dist/prooftrail-verifier.html\n  ${size}\n  sha256:${hex}\n`,
  )
}
