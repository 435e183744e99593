/** Examines the log beside the page; asks the console for tiles, which prove themselves. */
import { examine, type LogReport, type LogRequest } from './examine.ts'

export type LogAnswer = { report: LogReport; tookMs: number } | { fault: string }

addEventListener('message', ({ data }: MessageEvent<LogRequest>) => {
  const started = performance.now()
  examine(data, read).then(
    (report) => say({ report, tookMs: performance.now() - started }),
    (error: unknown) => say({ fault: error instanceof Error ? error.message : String(error) }),
  )
})

function say(answer: LogAnswer): void {
  postMessage(answer)
}

async function read(path: string): Promise<Uint8Array | undefined> {
  const answer = await fetch(`/${path}`)
  if (answer.status === 404) return undefined
  if (!answer.ok) throw new Error(`/${path} answers ${answer.status}`)
  return new Uint8Array(await answer.arrayBuffer())
}
