import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OnProgress } from '../progress.ts'
import { CLUSTER_PORTS, choosePorts, drawPorts, isPortFree, type Ports } from './ports.ts'

/**
 * The ports of a data directory's next start: those of its last start where they are free. They are remembered there.
 * A port that somebody else has is stepped over, which is said.
 */
export async function takePorts(
  dataDir: string,
  { usual, ephemeral }: { usual: Ports; ephemeral: boolean },
  onProgress: OnProgress,
): Promise<Ports> {
  const file = join(dataDir, 'ports.json')
  const remembered = parsePorts(await readFile(file, 'utf8').catch(() => ''))
  const wanted = ephemeral ? drawPorts(Math.random, usual) : usual
  const { ports, stepped } = await choosePorts(wanted, remembered, isPortFree)
  for (const { part, wanted: missed, got } of ephemeral ? [] : stepped) {
    if (part.startsWith('controller')) continue
    const of = part.startsWith('kafka') ? 'kafka' : part === 'mongodb' ? part : 'registry'
    onProgress({ part: of, message: `port ${missed} is taken; using ${got}` })
  }
  await writeFile(file, `${JSON.stringify(ports)}\n`)
  return ports
}

/** The ports remembered in a data directory; what is not a port is as if it was not there. */
export function parsePorts(text: string): Partial<Ports> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return {}
    const known = Object.entries(value).filter(
      ([part, port]) => part in CLUSTER_PORTS && Number.isInteger(port),
    )
    return Object.fromEntries(known)
  } catch {
    return {}
  }
}
