/** Of a service or a tool whose part of an order's CPU nobody measured. */
const SHARE = 10

/**
 * Puts services into at most `count` groups of about the same work (`share` of service.json); each
 * keeps their order.
 */
export function splitInGroups<P extends { share?: number | undefined }>(
  plans: readonly P[],
  count: number,
): P[][] {
  const groups = Array.from({ length: count }, () => ({ share: 0, members: new Set<P>() }))
  const shareOf = ({ share = SHARE }: P) => share
  for (const plan of plans.toSorted((a, b) => shareOf(b) - shareOf(a))) {
    const [lightest] = groups.toSorted((a, b) => a.share - b.share)
    if (!lightest) continue
    lightest.share += shareOf(plan)
    lightest.members.add(plan)
  }
  return groups
    .map(({ members }) => plans.filter((plan) => members.has(plan)))
    .filter((members) => members.length > 0)
}
