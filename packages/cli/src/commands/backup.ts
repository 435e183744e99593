import { join, resolve } from 'node:path'
import { type BackupRecord, backUp, restoreBackup } from '@prooftrail/stack'
import { home } from '../checkout.ts'
import { colour, mark, type Output } from '../output.ts'

/** Copies data and keys of this machine's stack, which must not run. @throws StackError */
export async function backup(dir: string, out: Output): Promise<void> {
  const to = resolve(dir)
  const record = await backUp(placesIn(home), to, showDone('backing up', out))
  tell(record, to, out)
  out.say(colour.dim('  private keys and secrets are in it: keep it as you keep them'))
}

/** Puts a backup where no data is. @throws StackError */
export async function restore(
  dir: string,
  { to = home }: { to?: string },
  out: Output,
): Promise<void> {
  const record = await restoreBackup(
    resolve(dir),
    placesIn(resolve(to)),
    showDone('restoring', out),
  )
  tell(record, resolve(to), out)
  const how = to === home ? 'prooftrail up' : `PROOFTRAIL_HOME=${resolve(to)} prooftrail up`
  out.say(colour.dim(`  start it with \`${how}\`, then \`prooftrail doctor --deep\``))
}

function placesIn(dir: string) {
  return { dataDir: join(dir, 'data'), keysDir: join(dir, 'keys') }
}

function tell({ made_at, files }: BackupRecord, place: string, out: Output): void {
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0)
  out.document({ place, made_at, files: files.length, bytes })
  const size = `${files.length} files, ${(bytes / 1e6).toFixed(1)} MB`
  out.say(`${mark('ok')} ${place}  ${size}, of ${made_at}`)
}

/** One line that is drawn again on a terminal. */
function showDone(what: string, out: Output): (done: number, total: number) => void {
  return (done, total) => {
    if (!out.live) return
    process.stdout.write(`\r\u001b[2K${done < total ? `${what} ${done} of ${total} files` : ''}`)
  }
}
