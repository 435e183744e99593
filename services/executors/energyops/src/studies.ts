import { type EvidenceClass, type EvidenceItem, judgeItems } from '@prooftrail/executor-sdk'
import type { Profile } from './profile.ts'
import { isDescribedBy } from './words.ts'

/** Items of earlier kinds of study that a usable later one stands for, by that one. */
export function supersededStudies(
  items: readonly EvidenceItem[],
  studies: Profile['studies'],
  evidenceClass: EvidenceClass,
  issued_at: string,
): Map<EvidenceItem, EvidenceItem> {
  const ranked = items.flatMap((item) => {
    const rank = studies.findLastIndex(({ words }) => isDescribedBy(item, words))
    if (rank < 0) return []
    const usable = judgeItems([item], evidenceClass, issued_at).state === 'present'
    return [{ item, rank, usable }]
  })
  const found = new Map<EvidenceItem, EvidenceItem>()
  for (const { item, rank, usable } of ranked) {
    const later = ranked.find((other) => other.usable && other.rank > rank)
    const state = judgeItems([item], evidenceClass, issued_at).state
    // Age is what a later study mends; what is disputed or unclear stays so.
    if (!usable && later && state === 'stale') found.set(item, later.item)
  }
  return found
}
