/**
 * Many runs in the console's collection without an order for each: documents of real runs, written
 * again under other ids, handles, places in the log and times.
 */
import type { Collection, Document } from 'mongodb'

const AT_ONCE = 1_000
const FIRST = Date.parse('2026-01-01T00:00:00.000Z')
/** A run every so many milliseconds. */
const APART_MS = 20_000
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567'

/** Writes runs until there are so many. @param say how far it is */
export async function project(
  runs: Collection<Document & { _id: string }>,
  wanted: number,
  say: (line: string) => void,
): Promise<void> {
  const models = await runs.find({ _id: /^wo_/ }).limit(50).toArray()
  if (models.length === 0) throw new Error('there is no run to write others after')
  let there = await runs.countDocuments({ _id: /^wo_/ })
  const texts = models.map((one) => JSON.stringify(one))
  const from = performance.now()
  let told = 0
  for (let n = 0; there < wanted; n += AT_ONCE) {
    const count = Math.min(AT_ONCE, wanted - there)
    const docs = Array.from({ length: count }, (_, at) => copyOf(texts, models, n + at))
    await runs.insertMany(docs, { ordered: false })
    there += count
    if (there - told < wanted / 10) continue
    told = there
    say(`${there} runs after ${((performance.now() - from) / 1_000).toFixed(0)} s`)
  }
}

/** The n-th copy: of one of the models, in turn. */
function copyOf(
  texts: readonly string[],
  models: readonly (Document & { _id: string })[],
  n: number,
): Document & { _id: string } {
  const at = n % texts.length
  const [text = '', model] = [texts[at], models[at]]
  const id = nameOf('wo_', n)
  const token = String(model?.ix?.task_token ?? '')
  const renamed = text.replaceAll(String(model?._id), id).replaceAll(token, nameOf('tt_', n))
  const doc: Document & { _id: string } = JSON.parse(renamed)
  const time = new Date(FIRST + n * APART_MS).toISOString()
  const row = { ...JSON.parse(String(doc.ix.row)), changed_at: time, accepted_at: time }
  const names = [...doc.ix.names].filter((name: string) => !name.startsWith('log:'))
  doc.ix = {
    ...doc.ix,
    ...{ since: time, changed: `${time} ${id}`, accepted: `${time} ${id}` },
    names: [...names.map((name) => otherName(name, n)), `log:${n}`],
    row: JSON.stringify(row),
  }
  return doc
}

/** A name of the wire format, the n-th of its prefix. */
function nameOf(prefix: string, n: number): string {
  let digits = ''
  for (let left = n; digits.length < 8; left = Math.floor(left / 32)) {
    digits = (BASE32[left % 32] ?? 'a') + digits
  }
  return prefix + digits.padStart(32, 'p')
}

/** The same name of another run: its last places are the copy's number. */
function otherName(name: string, n: number): string {
  if (name.startsWith('sha256:')) return name.slice(0, -8) + n.toString(16).padStart(8, '0')
  return name.slice(0, -8) + nameOf('', n).slice(-8)
}
