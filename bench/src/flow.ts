import { type TopicName, topics } from '@prooftrail/contracts'

/** The nodes of the graph; `log` is attestation's second reader, of the ledger. */
export const NODES = [
  'intake',
  'receipt',
  'dispatch',
  'executor',
  'callback',
  'attestation',
  'log',
  'console',
] as const
export type Node = (typeof NODES)[number]

/** Which event a node's output follows; what a topic's readers are, the catalogue says. */
const CAUSES: Partial<Record<TopicName, { node: Node; after: TopicName }>> = {
  'work-order.accepted': { node: 'intake', after: 'work-order.submitted' },
  'credits.held': { node: 'receipt', after: 'work-order.accepted' },
  'execution.bound': { node: 'dispatch', after: 'credits.held' },
  'execution.commanded': { node: 'dispatch', after: 'credits.held' },
  'execution.progressed': { node: 'executor', after: 'execution.commanded' },
  'result.produced': { node: 'executor', after: 'execution.commanded' },
  'result.accepted': { node: 'dispatch', after: 'result.produced' },
  'usage-receipt.issued': { node: 'receipt', after: 'result.accepted' },
  'callback.attempted': { node: 'callback', after: 'usage-receipt.issued' },
  'ledger.appended': { node: 'attestation', after: 'callback.attempted' },
  'trail.attested': { node: 'log', after: 'ledger.appended' },
}

/** The topics of an order's way, in its order. */
export const WAY: readonly TopicName[] = [
  'work-order.submitted',
  ...(Object.keys(topics) as TopicName[]).filter((name) => CAUSES[name] !== undefined),
]

/** Who says a message of an order's way, and which one it follows; undefined for the first. */
export function causeOf(said: TopicName): { node: Node; after: TopicName } | undefined {
  return CAUSES[said]
}

/** The topics that a node reads, by the catalogue. */
export function readBy(node: Node): TopicName[] {
  if (node === 'log') return ['ledger.appended']
  return WAY.filter(
    (name) =>
      topics[name].readers.includes(node) &&
      !(node === 'attestation' && name === 'ledger.appended'),
  )
}

/** What a node says when it has read a message of this topic. */
export function saidAfter(node: Node, read: TopicName): TopicName[] {
  return WAY.filter((name) => CAUSES[name]?.node === node && CAUSES[name]?.after === read)
}
