/** Lies about how links hang together: what they follow, their statements, entries, seals, header. */
import { digestOf } from '@prooftrail/trail/encoding'
import { ENDED_TRAILS, kindOf } from '@prooftrail/trail/format'
import { isObject, type JsonObject } from '../plain.ts'
import { type Liar, pickDraft, say } from './objects.ts'
import { putAt } from './paths.ts'
import { type Draft, isEnded, type Telling } from './telling.ts'

/** A link follows nothing, something unknown, something twice, or not what it must. */
export const falseFollowing: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, ({ kind }) => kind !== 'attestation')
  if (draft === undefined) return undefined
  const isRoot = kindOf(draft.kind).root === true
  const unknown = { name: 'work_order', digest: digestOf({ other: random.below(1e6) }) }
  if (isRoot) {
    if (draft.name === 'work_order') draft.refs = () => [unknown]
    else draft.refs = (_, before) => before.slice(0, 1)
    return `${draft.name}: follows something`
  }
  switch (random.below(5)) {
    case 0:
      draft.refs = () => []
      return `${draft.name}: follows nothing`
    case 1:
      draft.refs = (refs) => [...refs, unknown]
      return `${draft.name}: follows what is not there`
    case 2:
      draft.refs = (refs) => [...refs, ...refs.slice(0, 1)]
      return `${draft.name}: follows the same twice`
    case 3:
      draft.refs = ([first, ...rest]) =>
        first ? [{ ...first, name: 'recovery_request' }, ...rest] : []
      return `${draft.name}: follows by another name`
    default:
      draft.refs = ([first, ...rest]) =>
        first ? [{ ...first, digest: first.digest.replace('sha256:', '') }, ...rest] : []
      return `${draft.name}: follows by a bare digest`
  }
}

/** A receipt, delivery, contract or entry does not follow what it is about. */
export const missedFollowing: Liar = (telling, random) => {
  const choices: [RegExp, (draft: Draft) => string | undefined][] = [
    [/^usage_receipt/, (draft) => followOnly(draft, ['work_order'])],
    [/^callback_delivery/, (draft) => followOnly(draft, ['work_order'])],
    [/^result_contract/, (draft) => followOnly(draft, ['work_order'])],
    [/^(evidence_checklist|reconciliation_result)/, (draft) => followOnly(draft, ['work_order'])],
    [
      /^ledger_entry/,
      (draft) => {
        const at = random.below(100)
        draft.refs = (refs) => refs.toSpliced(at % refs.length, 1)
        return `${draft.name}: misses one link`
      },
    ],
    [
      /^ledger_entry/,
      (draft) => {
        draft.refs = (refs) => refs.toReversed()
        return `${draft.name}: follows in another order`
      },
    ],
    [
      /^usage_receipt/,
      (draft) => {
        if (!telling.drafts.some(({ name }) => name === 'settlement_receipt')) return undefined
        draft.refs = (refs) => refs.filter(({ name }) => name !== 'settlement_receipt')
        return `${draft.name}: does not name the settlement receipt`
      },
    ],
  ]
  const [pattern, lie] = random.pick(choices)
  const draft = pickDraft(telling, random, ({ name }) => pattern.test(name))
  return draft && lie(draft)
}

function followOnly(draft: Draft, names: readonly string[]): string {
  draft.refs = (_, before) => before.filter(({ name }) => names.includes(name))
  return `${draft.name}: follows only ${names}`
}

/** A statement or its spelling is not of the format. */
export const falseStatement: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, () => true)
  if (draft === undefined) return undefined
  const isSeal = draft.kind === 'attestation'
  const put = (path: string, value: unknown) => {
    draft.statement = (statement) => {
      const copy: JsonObject = structuredClone(statement)
      putAt(copy, path, value)
      return copy
    }
    return `${draft.name}: statement ${path} = ${JSON.stringify(value) ?? 'nothing'}`
  }
  const spell = (what: string, change: (text: string) => string) => {
    draft.payload = change
    return `${draft.name}: ${what}`
  }
  const lies: (() => string)[] = [
    () => put('_type', random.pick(['https://in-toto.io/Statement/v0.1', 'x', undefined])),
    () => put('predicateType', random.pick(['https://prooftrail.dev/link/v2', undefined, 7])),
    () => put('extra', true),
    () => put('subject', random.pick([[], {}, undefined, 'x'])),
    () => put('subject.0.extra', 1),
    () => put('subject.0.digest.sha512', 'x'),
    () => put('subject.0.digest.sha256', random.pick(['0'.repeat(64), undefined, 7])),
    () => put('subject.0.name', random.pick(['recovery_request', 'note', undefined])),
    () => spell('a space in its payload', (text) => text.replace('{', '{ ')),
    () => spell('a newline behind its payload', (text) => `${text}\n`),
    () =>
      spell('an escape in its payload', (text) =>
        text.replace('statement/v1', 'statement\\/v1').replace('Statement/v1', 'Statement\\/v1'),
      ),
    () =>
      spell('members out of order', (text) =>
        text
          .replace(/^\{("_type":"[^"]*"),/, '{')
          .replace(/\}$/, ',"_type":"https://in-toto.io/Statement/v1"}'),
      ),
    () =>
      spell('a key twice', (text) =>
        text.replace('{', '{"_type":"https://in-toto.io/Statement/v1",'),
      ),
    () => spell('a byte order mark', (text) => `\ufeff${text}`),
  ]
  if (!isSeal) {
    lies.push(
      () => put('predicate.extra', 1),
      () => put('predicate.after', random.pick([undefined, {}, 'x'])),
      () => put('predicate.object.note', 'signed and not in the digest'),
    )
  }
  return random.pick(lies)()
}

/** An object holds what the JSON form never does; digest and signature are over it. */
export const forbiddenJson: Liar = (telling, random) => {
  const draft = pickDraft(telling, random, ({ kind }) => kind !== 'attestation')
  if (draft === undefined) return undefined
  const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)])
  switch (random.below(3)) {
    case 0:
      return say(draft, 'note', deep(62 + random.below(5)))
    case 1:
      return say(draft, 'note', JSON.parse('{"__proto__":1}'))
    default:
      return say(draft, 'note', random.pick([9_007_199_254_740_992, 1e21, 1e300]))
  }
}

/** The closing record records other links, other digests, or more than it closes. */
export const falseRecord: Liar = (telling, random) => {
  const entry = pickDraft(telling, random, ({ kind }) => kind === 'ledger_entry')
  if (entry === undefined) return undefined
  const objects: unknown[] = Array.isArray(entry.object.objects) ? entry.object.objects : []
  const at = random.below(Math.max(objects.length, 1))
  const first = telling.drafts.filter(({ name }) => name === 'ledger_entry')
  const recorded = (change: (all: JsonObject[]) => unknown) => {
    entry.say = (object) => {
      const all = Array.isArray(object.objects) ? object.objects.filter(isObject) : []
      return { ...object, objects: change(all) }
    }
  }
  switch (random.below(8)) {
    case 0:
      recorded((all) => all.toSpliced(at, 1))
      return `${entry.name}: does not record one link`
    case 1:
      recorded((all) => [...all, ...all.slice(0, 1)])
      return `${entry.name}: records a link twice`
    case 2:
      recorded((all) => [all.at(-1), ...all.slice(0, -1)])
      if (objects.length < 2) return undefined
      return `${entry.name}: records in another order`
    case 3:
      recorded((all) =>
        all.map((one, i) => (i === at ? { ...one, digest: one.statement_digest } : one)),
      )
      return `${entry.name}: records another digest`
    case 4:
      recorded((all) => all.map((one, i) => (i === at ? { ...one, key_id: 'A'.repeat(43) } : one)))
      return `${entry.name}: records another key`
    case 5:
      recorded((all) => all.map((one, i) => (i === at ? { ...one, note: 1 } : one)))
      return `${entry.name}: records more than four members`
    case 6: {
      if (entry.name === 'ledger_entry' || first.length === 0) return undefined
      const before = Array.isArray(first[0]?.object.objects) ? first[0].object.objects : []
      recorded((all) => [...before, ...all])
      return `${entry.name}: records again what an earlier entry did`
    }
    default:
      return say(entry, 'task_token', `tt_${'a'.repeat(32)}`)
  }
}

/** Verdict, state, events, revision or the entry that is followed are not so. */
export const falseEntry: Liar = (telling, random) => {
  const entry = pickDraft(telling, random, ({ kind }) => kind === 'ledger_entry')
  if (entry === undefined) return undefined
  const { object } = entry
  const events: unknown[] = Array.isArray(object.events) ? object.events : []
  const at = random.below(Math.max(events.length, 1))
  const isFirst = entry.name === 'ledger_entry'
  const verdicts = ['ready', 'partial', 'failed', ...Object.keys(ENDED_TRAILS), 'closed'].filter(
    (one) => one !== object.verdict,
  )
  switch (random.below(9)) {
    case 0:
      return say(entry, 'verdict', random.pick(verdicts))
    case 1:
      return say(
        entry,
        'state',
        random.pick(['created', 'operating', 'attested', 'Closed', 'done']),
      )
    case 2:
      return say(
        entry,
        `events.${at}.event_type`,
        random.pick(['closed', 'created', 'run_Created']),
      )
    case 3:
      return say(
        entry,
        `events.${at}.to_state`,
        random.pick(['run_created', 'funded', 'paused', 'done']),
      )
    case 4:
      if (telling.kind === 'refused') return undefined
      return say(entry, 'events', [])
    case 5:
      return say(entry, 'revision', Number(object.revision) + 1)
    case 6:
      if (!isFirst) return say(entry, 'follows', undefined)
      return say(entry, 'follows', { name: 'ledger_entry', digest: digestOf(object), index: 0 })
    case 7:
      if (isFirst) return undefined
      return say(entry, 'follows.index', random.pick([10_000, -1, '3', 1.5]))
    default:
      if (isFirst) return undefined
      return say(entry, 'follows.name', random.pick(['ledger_entry/9', 'attestation', undefined]))
  }
}

/** A seal says other than what follows from entry and contract. */
export const falseSeal: Liar = (telling, random) => {
  const seal = pickDraft(telling, random, ({ kind }) => kind === 'attestation')
  if (seal === undefined) return undefined
  const members = [
    ...['attestation_id', 'attestation_type', 'work_order_id', 'verdict', 'requested_tool'],
    ...['result_status', 'evidence_status', 'result_package_hash', 'issued_at'],
  ]
  seal.statement = (statement) => {
    const copy: JsonObject = structuredClone(statement)
    const subjects: unknown[] = Array.isArray(copy.subject) ? copy.subject : []
    switch (random.below(9)) {
      case 0:
        putAt(copy, `predicate.${random.pick(members)}`, random.pick(['ready', 'x', undefined]))
        if (digestOf(copy) === digestOf(statement)) putAt(copy, 'predicate.verdict', 'x')
        break
      case 1:
        putAt(copy, 'predicate.note', 'more')
        break
      case 2:
        putAt(copy, 'predicate.revision', random.pick([7, '0', undefined]))
        break
      case 3:
        putAt(copy, 'subject', subjects.slice(1))
        break
      case 4:
        putAt(copy, 'subject', subjects.toReversed())
        break
      case 5:
        putAt(copy, 'subject', [...subjects, ...subjects.slice(0, 1)])
        break
      case 6:
        putAt(copy, 'subject.0.digest.sha256', '0'.repeat(64))
        break
      case 7:
        putAt(copy, 'predicate.pilot.runtime_state', 'operating')
        break
      default:
        putAt(copy, 'predicate.issued_at', '2026-01-06T10:00:00.000Z')
    }
    return copy
  }
  return `${seal.name}: another seal`
}

/** The header, in bundle and entries alike, is none that a trail of its links can have. */
export const falseHeader: Liar = (telling, random) => {
  const entries = telling.drafts.filter(({ kind }) => kind === 'ledger_entry')
  const everywhere = (path: string, value: unknown) => {
    putAt(telling.pilot, path, value)
    for (const one of entries) say(one, `pilot.${path}`, value)
    return `pilot: ${path} = ${JSON.stringify(value) ?? 'nothing'}`
  }
  const newest = (path: string, value: unknown) => {
    putAt(telling.pilot, path, value)
    const last = entries.at(-1)
    if (last) say(last, `pilot.${path}`, value)
    return `pilot: newest ${path} = ${JSON.stringify(value)}`
  }
  const ended = isEnded(telling)
  const isPilot = telling.pilot.execution_mode === 'controlled_pilot' && !ended
  switch (random.below(9)) {
    case 0:
      return everywhere(
        'execution_mode',
        random.pick(
          ['live', 'standard', 'controlled_pilot'].filter(
            (one) => one !== telling.pilot.execution_mode,
          ),
        ),
      )
    case 1:
      return everywhere('pilot_id', isPilot ? undefined : 'tokenops_controlled_pilot_001')
    case 2:
      return everywhere('tool', random.pick(['energyops-x', 'othertool']))
    case 3:
      return newest(
        'runtime_state',
        random.pick(['refused_', 'result_ready', 'delivered', 'created']),
      )
    case 4:
      if (entries.length > 1 || ended) return undefined
      return newest(
        'runtime_state',
        random.pick(['operating', 'queued', isPilot ? 'closed' : 'ready_for_operator_review']),
      )
    case 5:
      return everywhere('note', 'more')
    case 6:
      putAt(telling.pilot, 'runtime_state', ended ? 'closed' : 'exception_open')
      return 'pilot: another runtime_state in the bundle than in the entry'
    case 7: {
      const first = entries[0]
      if (first === undefined || ended) return undefined
      return say(first, 'pilot.runtime_state', 'operating')
    }
    default: {
      const order = telling.drafts[0]
      if (order === undefined || !isPilot) return undefined
      return say(order, 'pilot_id', 'another_pilot')
    }
  }
}

/** Links are missing, surplus or elsewhere, and the header says so too. */
export const falseOrder: Liar = (telling, random) => {
  const { drafts, pilot } = telling
  const trail: string[] = Array.isArray(pilot.proof_trail) ? pilot.proof_trail.map(String) : []
  const inHead = drafts.slice(0, trail.length - 2)
  const rename = (names: readonly string[]) => {
    putAt(pilot, 'proof_trail', names)
    for (const one of drafts) if (one.kind === 'ledger_entry') say(one, 'pilot.proof_trail', names)
  }
  switch (random.below(6)) {
    case 0: {
      const victim = random.pick(inHead)
      if (victim.name === 'work_order') return undefined
      telling.drafts = drafts.filter((one) => one !== victim)
      rename(trail.filter((name) => name !== victim.name))
      return `no ${victim.name}`
    }
    case 1: {
      if (isEnded(telling)) return undefined
      const at = trail.indexOf('usage_receipt')
      const moved = drafts.slice()
      moved.splice(at, 2, ...drafts.slice(at, at + 2).reverse())
      telling.drafts = moved
      rename(trail.toSpliced(at, 2, ...trail.slice(at, at + 2).reverse()))
      return 'usage_receipt and callback_delivery change places'
    }
    case 2: {
      const last = drafts.at(-1)
      const entry = drafts.findLast(({ kind }) => kind === 'ledger_entry')
      if (last === undefined || entry === undefined) return undefined
      const n = drafts.filter(({ kind }) => kind === 'ledger_entry').length
      telling.drafts = [
        ...drafts,
        { ...entry, name: `ledger_entry/${n}`, object: { ...entry.object, revision: n } },
        { ...last, name: `attestation/${n}` },
      ]
      return 'a revision without anything new'
    }
    case 3: {
      const delivery = drafts.find(({ name }) => name === 'callback_delivery')
      if (delivery === undefined) return undefined
      telling.drafts = [...drafts, { ...delivery, name: lastName(telling, 'callback_delivery') }]
      return 'a link behind the last seal'
    }
    case 4: {
      const at = random.below(drafts.length)
      telling.drafts = drafts.map((one, i) =>
        i === at ? { ...one, name: `${one.name.split('/')[0]}/${7 + random.below(9)}` } : one,
      )
      return 'a link under another number'
    }
    default:
      rename([...trail.slice(0, -1), 'attestation', 'attestation'])
      return 'a proof trail that names a seal twice'
  }
}

function lastName({ drafts }: Telling, kind: string): string {
  return `${kind}/${drafts.filter((one) => one.kind === kind).length}`
}
