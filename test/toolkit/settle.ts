import type { Admin } from 'kafkajs'
import { until } from './until.ts'

/**
 * Resolves when nothing is left to move: every service has committed all that is on its topics,
 * and nothing was said meanwhile. Waits, retries and receivers that are slow are not waited for.
 */
export async function settled(admin: Admin, patienceMs = 60_000): Promise<void> {
  let before = ''
  let last: Standings = { ends: '', behind: [] }
  try {
    await until(
      'rest',
      async () => {
        last = await standings(admin)
        const isQuiet = last.behind.length === 0 && last.ends === before
        before = last.behind.length === 0 ? last.ends : ''
        return isQuiet || undefined
      },
      patienceMs,
    )
  } catch (error) {
    const { message } = error instanceof Error ? error : { message: String(error) }
    throw new Error(`${message}; behind: ${last.behind.join(', ') || 'nobody, but more is said'}`)
  }
}

interface Standings {
  /** The ends of all topics as text. */
  ends: string
  /** Groups that have not committed all, each with where it stands. */
  behind: string[]
}

async function standings(admin: Admin): Promise<Standings> {
  const names = (await admin.listTopics()).filter((topic) => topic.startsWith('prooftrail.'))
  const ends = new Map<string, string>()
  for (const topic of names.sort()) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      ends.set(`${topic}/${partition}`, high)
    }
  }
  const behind: string[] = []
  const { groups } = await admin.listGroups()
  const services = groups.filter(({ groupId }) => groupId.startsWith('prooftrail.'))
  for (const { groupId } of services) {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      for (const { partition, offset } of partitions) {
        const end = ends.get(`${topic}/${partition}`)
        if (end === undefined || offset === '-1' || offset === end) continue
        behind.push(`${groupId} on ${topic}/${partition} at ${offset} of ${end}`)
      }
    }
  }
  return { ends: [...ends].join(), behind }
}
