import { AssignerProtocol, type PartitionAssigner } from 'kafkajs'

const { MemberAssignment, MemberMetadata } = AssignerProtocol
const NAME = 'PartitionTogether'

/**
 * Partition p of every topic goes to the same member: all that concerns one work order meets in
 * one process, which keeps its document in memory and seldom loses a race.
 */
export const partitionTogether: PartitionAssigner = ({ cluster }) => ({
  name: NAME,
  version: 1,

  async assign({ members, topics }) {
    const sorted = members.map(({ memberId }) => memberId).sort()
    const shares = new Map(sorted.map((id) => [id, {} as Record<string, number[]>]))
    for (const topic of topics) {
      for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
        const member = sorted[partitionId % sorted.length]
        const share = member === undefined ? undefined : shares.get(member)
        if (!share) continue
        share[topic] = [...(share[topic] ?? []), partitionId]
      }
    }
    return [...shares].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: MemberAssignment.encode({
        version: 1,
        assignment,
        userData: Buffer.alloc(0),
      }),
    }))
  },

  protocol({ topics }) {
    return {
      name: NAME,
      metadata: MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
    }
  },
})
