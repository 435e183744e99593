import type { Admin } from 'kafkajs'
import { until } from './until.ts'

/**
 * Resolves when nothing is left to move: every service has committed all that is on its topics,
 * and nothing was said meanwhile. Waits, retries and receivers that are slow are not waited for.
 */
export async function settled(admin: Admin, patienceMs = 60_000): Promise<void> {
  let before = ''
  await until(
    'rest',
    async () => {
      const now = await standings(admin)
      const isQuiet = now !== undefined && now === before
      before = now ?? ''
      return isQuiet || undefined
    },
    patienceMs,
  )
}

/** The ends of all topics as text; undefined while a group lags behind. */
async function standings(admin: Admin): Promise<string | undefined> {
  const names = (await admin.listTopics()).filter((topic) => topic.startsWith('prooftrail.'))
  const ends = new Map<string, string>()
  for (const topic of names.sort()) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      ends.set(`${topic}/${partition}`, high)
    }
  }
  const { groups } = await admin.listGroups()
  const services = groups.filter(({ groupId }) => groupId.startsWith('prooftrail.'))
  for (const { groupId } of services) {
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId })) {
      for (const { partition, offset } of partitions) {
        const end = ends.get(`${topic}/${partition}`)
        if (end !== undefined && offset !== '-1' && offset !== end) return undefined
      }
    }
  }
  return [...ends].join()
}
