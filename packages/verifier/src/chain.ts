/** The links of a trail as people read them: who said what, when, and what it follows. */
import type { Problem, Verdict } from '@prooftrail/trail'

export interface ChainLink {
  readonly name: string
  /** The name in words. */
  readonly title: string
  /** Who signed, as the key list knows the key; undefined where it does not. */
  readonly party: string | undefined
  readonly role: string | undefined
  /** RFC 3339. */
  readonly issued_at: string | undefined
  readonly digest: string
  readonly key_id: string | undefined
  /** `unproven`: nothing is wrong with it by itself, but the trail that it stands in does not hold. */
  readonly outcome: 'holds' | 'broken' | 'unproven'
  readonly problems: readonly Problem[]
  /** Names of the links that it follows. */
  readonly follows: readonly string[]
  /** What was signed, to be shown; undefined where it cannot be read. */
  readonly object: unknown
  /** The statement that the signature is over, and the signature (base64); undefined where there is none. */
  readonly statement: unknown
  readonly signature: string | undefined
}

export interface Chain {
  readonly links: readonly ChainLink[]
  /** Problems of no link: the file, its header, the keys, the log. */
  readonly others: readonly Problem[]
}

/**
 * The chain of a verdict, with the objects out of the bundle's text. Nothing here is judged: of a
 * link that does not hold, the object is what the file says, no more.
 * @param bundle the text that the verdict is about
 */
export function chainOf(verdict: Verdict, bundle: string): Chain {
  const known = new Map(verdict.links.map((link) => [link.name, link]))
  // verification answers no link that it could not read: those stand in their place all the same
  const raw = rawLinks(bundle).filter((one) => typeof memberOf(one, 'name') === 'string')
  const links = raw.map((one): ChainLink => {
    const name = String(memberOf(one, 'name'))
    const found = known.get(name)
    const problems = verdict.problems.filter(({ link }) => link === name)
    const outcome = problems.length > 0 ? 'broken' : found?.ok ? 'holds' : 'unproven'
    const digest = found?.digest ?? String(memberOf(one, 'digest') ?? '')
    const { party, role, issued_at } = found ?? {}
    return {
      ...{ name, title: titleOf(name), party, role, issued_at, digest, outcome, problems },
      ...contentOf(one),
    }
  })
  const names = new Set(links.map(({ name }) => name))
  const others = verdict.problems.filter(({ link }) => link === undefined || !names.has(link))
  return { links, others }
}

/** `result_contract/1` → `Result contract 1`. */
function titleOf(name: string): string {
  const words = name.replaceAll(/[_/]/g, ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function rawLinks(bundle: string): readonly unknown[] {
  const links = memberOf(parsed(bundle), 'links')
  return Array.isArray(links) ? links : []
}

function contentOf(
  raw: unknown,
): Pick<ChainLink, 'object' | 'follows' | 'key_id' | 'statement' | 'signature'> {
  const envelope = memberOf(raw, 'envelope')
  const payload = memberOf(envelope, 'payload')
  const signatures = memberOf(envelope, 'signatures')
  const first: unknown = Array.isArray(signatures) ? signatures[0] : undefined
  const key = memberOf(first, 'keyid')
  const signature = memberOf(first, 'sig')
  const statement = typeof payload === 'string' ? parsed(decoded(payload)) : undefined
  const predicate = memberOf(statement, 'predicate')
  const object = memberOf(predicate, 'object') ?? predicate
  const after = memberOf(predicate, 'after')
  const subject = memberOf(statement, 'subject')
  const parents = Array.isArray(after) ? after : Array.isArray(subject) ? subject : []
  const named = parents.map((one: unknown) => memberOf(one, 'name'))
  return {
    object,
    follows: named.filter((name) => typeof name === 'string'),
    key_id: typeof key === 'string' ? key : undefined,
    statement,
    signature: typeof signature === 'string' ? signature : undefined,
  }
}

function memberOf(value: unknown, name: string): unknown {
  const isHolder = typeof value === 'object' && value !== null && Object.hasOwn(value, name)
  return isHolder ? Reflect.get(value, name) : undefined
}

function decoded(base64: string): string {
  try {
    const bytes = Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))
    return new TextDecoder().decode(bytes)
  } catch {
    return ''
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
