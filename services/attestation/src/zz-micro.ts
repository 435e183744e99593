import { openCodec, topicFor } from '@prooftrail/contracts'
import {
  canonicalBytes,
  canonicalize,
  checkJson,
  deriveId,
  leafHash,
  linkDigests,
  verifyLinkSignature,
} from '@prooftrail/trail'
import { KnownSignatures } from './check-link.ts'
import { decide } from './decide.ts'
import { evolve } from './evolve.ts'
import { makeSigner } from './signer.ts'
import { initial, type State } from './state.ts'
import { allKeys, exampleKeys, exampleRun } from './testing/example-run.ts'

const keys = new Map(allKeys.keys.map((k) => [k.kid, k]))
const known = new KnownSignatures()
const ctx = {
  known,
  signer: makeSigner(exampleKeys.attestation, undefined, known),
  findKey: (k: string) => keys.get(k),
  leaves: new Map(),
}
const codec = openCodec({ url: process.env.SCHEMA_REGISTRY_URL ?? '' })
await codec.ready(['ledger.appended'])
const M = 1000
const links: any[] = []
const runs = Array.from({ length: M }, (_, i) => exampleRun({ name: `m${i}` }))
const time = (name: string, f: (i: number) => void) => {
  for (let i = 0; i < 200; i++) f(i)
  const t = process.cpuUsage()
  for (let i = 0; i < M; i++) f(i)
  const u = process.cpuUsage(t)
  console.log(name, ((u.user + u.system) / M).toFixed(0), 'us')
}
time('join cold', (i) => {
  let s: State = initial
  const k = new KnownSignatures()
  for (const input of runs[i]!.facts)
    for (const e of decide(s, input, { ...ctx, known: k })) {
      s = evolve(s, e)
      if (e.type === 'ledger.appended') links[i] = e.data
    }
})
time('join warm', (i) => {
  let s: State = initial
  for (const input of runs[i]!.facts) for (const e of decide(s, input, ctx)) s = evolve(s, e)
})
const bytes = links.map((l) => codec.encode('ledger.appended', l))
const t0 = topicFor('ledger.appended')
await codec.decode(t0, bytes[0]!)
time('decode', (i) => {
  codec.decode(t0, bytes[i]!)
})
const dec = bytes.map((b) => codec.decode(t0, b) as any)
time('canonicalize', (i) => {
  canonicalize(dec[i].object)
})
time('JSON.stringify', (i) => {
  JSON.stringify(dec[i].object)
})
time('checkJson', (i) => {
  checkJson(dec[i].object)
})
time('canonicalBytes+leaf', (i) => {
  leafHash(canonicalBytes(dec[i].object))
})
time('linkDigests', (i) => {
  linkDigests('ledger_entry', dec[i])
})
time('verify', (i) => {
  verifyLinkSignature('ledger_entry', dec[i], keys.get(exampleKeys.attestation.key_id)!)
})
time('deriveId', (i) => {
  deriveId('le', dec[i].object.work_order_id, 0)
})
function fast(v: any): string {
  if (typeof v === 'string') return JSON.stringify(v)
  if (typeof v !== 'object') return String(v === 0 ? 0 : v)
  if (Array.isArray(v)) {
    let s = '['
    for (let i = 0; i < v.length; i++) s += (i ? ',' : '') + fast(v[i])
    return s + ']'
  }
  const ks = Object.keys(v).sort()
  let s = '{'
  for (let i = 0; i < ks.length; i++) {
    const k = ks[i]!
    s += (i ? ',' : '') + JSON.stringify(k) + ':' + fast(v[k])
  }
  return s + '}'
}
function sorted(v: any): any {
  if (typeof v !== 'object' || v === null) return v
  if (Array.isArray(v)) return v.map(sorted)
  const o: any = {}
  for (const k of Object.keys(v).sort()) o[k] = sorted(v[k])
  return o
}
time('fast', (i) => {
  fast(dec[i].object)
})
time('sorted+stringify', (i) => {
  JSON.stringify(sorted(dec[i].object))
})
console.log(fast(dec[0].object) === canonicalize(dec[0].object))
