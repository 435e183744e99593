import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout that this command belongs to: commands of one checkout find the same stack. */
export const checkout = findCheckout(dirname(fileURLToPath(import.meta.url)))

/** Everything that a started stack keeps on this machine: data, keys, its record. */
export const home = process.env.PROOFTRAIL_HOME ?? join(checkout, '.prooftrail')

function findCheckout(from: string): string {
  for (let dir = from; ; dir = dirname(dir)) {
    if (existsSync(join(dir, 'package-lock.json')) || dir === dirname(dir)) return dir
  }
}
