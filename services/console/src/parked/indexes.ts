import type { IndexSpec } from '@prooftrail/runtime'

/** Lists go by state and time; each member that they filter by most has an index of its own. */
const BY = ['code', 'topic', 'service', 'agent', 'tool', 'document'] as const
const only = { partialFilterExpression: { 'ix.parked': { $exists: true } } }

/** Every list, count and clearing of parked messages goes by one of these. */
export const PARKED_INDEXES: readonly IndexSpec[] = [
  { name: 'parked', key: { 'ix.parked': 1, 'ix.parked_since': 1, _id: 1 }, ...only },
  ...BY.map((member) => ({
    name: `parked_${member}`,
    key: { [`ix.parked_${member}`]: 1, 'ix.parked_since': 1, _id: 1 } as const,
    partialFilterExpression: { [`ix.parked_${member}`]: { $exists: true } },
  })),
  {
    name: 'parked_queue',
    key: { 'ix.parked_queue': 1, 'ix.parked': 1 },
    partialFilterExpression: { 'ix.parked_queue': { $exists: true } },
  },
  {
    name: 'parked_counts',
    key: { 'ix.parked': 1, 'ix.parked_topic': 1, 'ix.parked_code': 1, 'ix.parked_since': 1 },
    ...only,
  },
  {
    name: 'parked_settled',
    key: { 'ix.parked_settled': 1 },
    partialFilterExpression: { 'ix.parked_settled': { $exists: true } },
  },
]
