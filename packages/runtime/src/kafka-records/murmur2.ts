import { Partitioners } from 'kafkajs'

/** murmur2 with the seed of Kafka's Java client, on 32-bit integers. */
export function murmur2(data: Uint8Array): number {
  const at = (i: number) => data[i] as number
  const whole = data.length & ~3
  let h = SEED ^ data.length
  for (let i = 0; i < whole; i += 4) {
    let k = at(i) | (at(i + 1) << 8) | (at(i + 2) << 16) | (at(i + 3) << 24)
    k = Math.imul(k, M)
    k ^= k >>> 24
    h = Math.imul(h, M) ^ Math.imul(k, M)
  }
  const rest = data.length & 3
  if (rest === 3) h ^= at(whole + 2) << 16
  if (rest >= 2) h ^= at(whole + 1) << 8
  if (rest >= 1) h = Math.imul(h ^ at(whole), M)
  h ^= h >>> 13
  h = Math.imul(h, M)
  return h ^ (h >>> 15)
}

const SEED = 0x9747b28c
const M = 0x5bd1e995

/** Chooses the partitions that kafkajs's default partitioner chooses. */
export const partitionByKey: typeof Partitioners.DefaultPartitioner = () => {
  const other = Partitioners.DefaultPartitioner()
  return (args) => {
    const { key, partition } = args.message
    if (partition != null || key == null) return other(args)
    const bytes = Buffer.isBuffer(key) ? key : Buffer.from(String(key))
    return (murmur2(bytes) & 0x7fffffff) % args.partitionMetadata.length
  }
}
