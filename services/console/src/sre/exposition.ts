/** The text of `/metrics` (OpenMetrics or Prometheus), read as far as panels name it. */

export type Labels = Readonly<Record<string, string>>

/** A series as it stands in the text, and its value. */
export interface Exposed {
  /** Name and labels as they are written: the same in every text of one process. */
  key: string
  value: number
}

/** Name, labels (whose quoted values hold anything), value. What stands behind it is an exemplar. */
const LINE = /^([a-zA-Z_:][\w:]*)(\{(?:[^"}]|"(?:[^"\\]|\\.)*")*\})? +(\S+)/
/** Each begins where the one before ended: a text is read once, whatever it is. */
const LABEL = /[{,]\s*([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/gy
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' }

/** The wanted series of a text, one after the other; lines that are none are passed over. */
export function* exposedIn(text: string, wanted: ReadonlySet<string>): Iterable<Exposed> {
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const end = line.search(/[{ ]/)
    if (end === -1 || !wanted.has(line.slice(0, end))) continue
    const [, name = '', labels = '', said = ''] = LINE.exec(line) ?? []
    const value = numberOf(said)
    if (name !== '' && value !== undefined) yield { key: name + labels, value }
  }
}

/** Name and labels of a key. */
export function seriesIn(key: string): { name: string; labels: Labels } {
  const at = key.indexOf('{')
  if (at === -1) return { name: key, labels: {} }
  const found = [...key.slice(at).matchAll(LABEL)]
  const labels = found.map(([, name = '', value = '']) => [name, unescaped(value)])
  return { name: key.slice(0, at), labels: Object.fromEntries(labels) }
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (whole, one: string) => ESCAPED[one] ?? whole)
}

function numberOf(said: string): number | undefined {
  const infinite = /^([+-]?)inf$/i.exec(said)
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(said)) return Number.NaN
  const value = Number(said)
  return said === '' || Number.isNaN(value) ? undefined : value
}
