import { type PilotReport, reportText } from '@prooftrail/console'
import { CommandError } from '../fault.ts'
import { ask } from '../http.ts'
import type { Output } from '../output.ts'
import { serviceUrl } from '../world.ts'

/**
 * Prints the pilot report of a run as text; with --json the document itself.
 * @param id work order id (`wo_…`) or task handle (`tt_…`)
 * @throws CommandError exit 3 while nothing is known of it
 */
export async function report(id: string, out: Output): Promise<void> {
  const address = `${serviceUrl('console')}/v1/tasks/${encodeURIComponent(id)}/report`
  const { status, body } = await ask<PilotReport>('GET', address)
  if (status === 404) throw new CommandError('PT-8005', `nothing is known of ${id} (yet)`, 3)
  out.document(body)
  out.say(reportText(body).trimEnd())
}
