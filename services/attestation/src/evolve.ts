import { Seal, type SealStatement } from '@prooftrail/trail'
import { attemptOf, keepLater, NO_LATER, resultsIn } from './later.ts'
import { isEntryName, nameAt } from './signer.ts'
import {
  type AttestationEvent,
  type Closing,
  type Fact,
  type Facts,
  noFacts,
  type ResultFact,
  type SealedTrail,
  type State,
} from './state.ts'

/** Folds one event. Pure; a fact that is there already changes nothing. */
export function evolve(state: State, event: AttestationEvent): State {
  switch (event.type) {
    case 'keys.learned': {
      const held = state.status === 'keys' ? state : { keys: [], revision: 0 }
      const fresh = new Set(event.data.keys.map(({ kid }) => kid))
      const keys = [...held.keys.filter(({ kid }) => !fresh.has(kid)), ...event.data.keys]
      return { status: 'keys', keys, revision: Math.max(held.revision, event.data.revision) }
    }
    case 'fact.kept':
      if (state.status === 'sealed') return keepAfterSeal(state, event.data)
      return { status: 'joining', facts: keep(factsOf(state), event.data) }
    case 'ledger.appended':
      return state
    case 'trail.closed':
      return closed(state, event.data)
    case 'trail.attested': {
      if (state.status !== 'sealed') return state
      const { key_id, signature, revision, log_index } = event.data
      // Made by this service as a seal's statement; on the bus it is plain JSON.
      const statement = event.data.statement as unknown as SealStatement
      const seal = {
        name: nameAt('attestation', revision),
        seal: Seal.fromWire({ statement, key_id, signature }),
      }
      const { awaited: _, sealed_index: __, ...rest } = state
      return { ...rest, items: [...state.items, seal], index: log_index }
    }
    case 'index.missed': {
      if (state.status !== 'sealed' || state.awaited === undefined) return state
      const looked = state.awaited.looked + 1
      return { ...state, awaited: { ...state.awaited, until: event.data.until, looked } }
    }
  }
}

/**
 * What stays of a trail that is forgotten: its entries and seals, which are digests, so that the log
 * can be derived again and whoever holds a bundle can compare it.
 */
export function entriesAndSeals(state: State): State {
  if (state.status !== 'sealed') return state.status === 'keys' ? state : { status: 'absent' }
  const { items, index } = state
  const stays = items.filter((item) => 'seal' in item || isEntryName(item.name))
  return { status: 'forgotten', items: stays, ...(index === undefined ? {} : { index }) }
}

/** When a document wants to look for its leaf. */
export function due(state: State): string | undefined {
  return state.status === 'sealed' ? state.awaited?.until : undefined
}

function closed(state: State, closing: Closing): SealedTrail {
  const { links, entry, attempt, task_token, until, late = [], later, attempts } = closing
  const before = state.status === 'sealed' ? state : undefined
  // The entry of a closing is the ledger entry that the same decision signed.
  const { ledger_entry_id } = entry.link.object as { ledger_entry_id: string }
  return {
    status: 'sealed',
    items: [...(before?.items ?? []), ...links, entry],
    revision: before === undefined ? 0 : before.revision + 1,
    awaited: { entry_id: ledger_entry_id, until, looked: 0 },
    ...(before?.index === undefined ? {} : { sealed_index: before.index }),
    late,
    ...(attempts ? { attempts } : {}),
    ...(later ? { later } : {}),
    attempt: Math.max(attempt, before?.attempt ?? 0),
    task_token,
  }
}

function keepAfterSeal(state: SealedTrail, fact: Fact): SealedTrail {
  const isOfResult = fact.kind === 'delivery' && fact.number < resultsIn(state.items)
  if (!isOfResult) return { ...state, later: keepLater(state.later ?? NO_LATER, fact) }
  const newest = Math.max(attemptOf(state, fact.number), fact.delivery.link.object.attempt)
  const late = [...state.late, fact.delivery]
  late.sort((a, b) => a.link.object.attempt - b.link.object.attempt)
  if (fact.number === 0) return { ...state, late, attempt: newest }
  return { ...state, late, attempts: { ...state.attempts, [fact.number]: newest } }
}

/** What is known first stays: a work order has one order, one result, one command an attempt. */
function keep(facts: Facts, fact: Fact): Facts {
  if (fact.kind !== 'act' && fact.number === 0) return keepFirst(facts, fact)
  return { ...facts, later: keepLater(facts.later ?? NO_LATER, fact) }
}

function keepFirst(facts: Facts, fact: ResultFact): Facts {
  switch (fact.kind) {
    case 'bound':
      return {
        ...facts,
        order: facts.order ?? fact.order,
        bound: { [fact.attempt]: fact.bound, ...facts.bound },
      }
    case 'result':
      return { ...facts, result: facts.result ?? fact.result }
    case 'receipts':
      return { ...facts, receipts: facts.receipts ?? fact.receipts }
    case 'delivery': {
      const { attempt } = fact.delivery.link.object
      const isKnown = facts.deliveries.some(({ link }) => link.object.attempt === attempt)
      return isKnown ? facts : { ...facts, deliveries: [...facts.deliveries, fact.delivery] }
    }
  }
}

function factsOf(state: State): Facts {
  return state.status === 'joining' ? state.facts : noFacts()
}
