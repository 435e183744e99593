/** The page: two files in, one verdict out. It opens no connection, which its policy enforces. */
import { verifyTrail } from '@prooftrail/trail'
import { sha256Hex } from '@prooftrail/trail/encoding'
import { chainOf } from '../src/chain.ts'
import { checksOf } from '../src/checks.ts'
import { FILE_KINDS, type FileKind, kindOfFile } from '../src/files.ts'
import { byId, el, fill } from './dom.ts'
import { banner, chainList, checkList, logSection } from './view.ts'

/** More than any trail takes: a file beyond it is somebody's mistake. */
const MAX_BYTES = 64 * 1024 * 1024

interface Given {
  name: string
  bytes: Uint8Array
  text: string
}

const given: Partial<Record<FileKind, Given>> = {}

async function take(files: Iterable<File>, chosen?: FileKind): Promise<void> {
  const refused: string[] = []
  for (const file of files) {
    if (file.size > MAX_BYTES) {
      refused.push(`${file.name} has ${file.size} bytes, more than any trail.`)
      continue
    }
    const bytes = new Uint8Array(await file.arrayBuffer())
    const text = new TextDecoder().decode(bytes)
    const kind = kindOfFile(file.name, text) ?? chosen
    if (kind === undefined) refused.push(`${file.name} is no trail, no key list and no policy.`)
    else given[kind] = { name: file.name, bytes, text }
  }
  byId('refused').textContent = refused.join(' ')
  showFiles()
  showVerdict()
}

function showFiles(): void {
  for (const kind of FILE_KINDS) {
    const file = given[kind]
    byId(`slot-${kind}`).classList.toggle('filled', file !== undefined)
    const said = byId(`said-${kind}`)
    if (file === undefined) fill(said, kind === 'policy' ? 'none' : 'none yet')
    else {
      const size = `${file.name}, ${file.bytes.length.toLocaleString('en')} bytes, `
      fill(said, size, el('span', 'digest', `sha256:${sha256Hex(file.bytes)}`))
    }
  }
}

function showVerdict(): void {
  const { trail, keys, policy } = given
  const places = ['verdict', 'checks', 'chain', 'log'].map(byId)
  const [verdictPlace, checksPlace, chainPlace, logPlace] = places
  if (!verdictPlace || !checksPlace || !chainPlace || !logPlace) return
  if (trail === undefined || keys === undefined) {
    for (const place of places) fill(place)
    const missing = trail === undefined ? 'the trail' : 'the key list'
    const isBegun = trail !== undefined || keys !== undefined
    if (isBegun) fill(verdictPlace, el('p', 'hint', `Waiting for ${missing}.`))
    return
  }
  const started = performance.now()
  const verdict = verifyTrail(trail.bytes, keys.bytes, policy?.bytes)
  const took = performance.now() - started
  const chain = chainOf(verdict, trail.text)
  fill(verdictPlace, banner(verdict, chain, took), acts(verdict))
  fill(checksPlace, checkList(checksOf(verdict, policy !== undefined)))
  fill(chainPlace, chainList(chain))
  fill(logPlace, verdict.checkpoint && logSection(verdict.checkpoint, noteOf(trail.text)))
  document.title = `${verdict.ok ? 'Verifies' : 'Does not verify'} – Prooftrail verifier`
}

function acts(verdict: unknown): HTMLElement {
  const print = el('button', '', 'Print')
  print.type = 'button'
  print.addEventListener('click', () => window.print())
  const open = el('button', '', 'Open all links')
  open.type = 'button'
  open.addEventListener('click', () => {
    for (const one of document.querySelectorAll('details')) one.open = true
  })
  const save = el('button', '', 'Save the verdict as JSON')
  save.type = 'button'
  save.addEventListener('click', () => saveJson(verdict))
  return el('div', 'acts', print, open, save)
}

function saveJson(verdict: unknown): void {
  const text = `${JSON.stringify(verdict, undefined, 2)}\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = el('a', '')
  link.href = url
  link.download = 'verdict.json'
  link.click()
  URL.revokeObjectURL(url)
}

function noteOf(text: string): string | undefined {
  // asked only where the log's proof holds: the text is a bundle
  const note: unknown = JSON.parse(text).log?.checkpoint
  return typeof note === 'string' ? note : undefined
}

function listen(): void {
  for (const kind of FILE_KINDS) {
    const input = byId(`file-${kind}`)
    input.addEventListener('change', () => {
      if (input instanceof HTMLInputElement && input.files) void take(input.files, kind)
    })
  }
  document.addEventListener('dragover', (event) => {
    event.preventDefault()
    document.body.classList.add('over')
  })
  document.addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) document.body.classList.remove('over')
  })
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    document.body.classList.remove('over')
    void take(event.dataTransfer?.files ?? [])
  })
}

listen()
