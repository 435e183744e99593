import { colour, mark, type Output, pad } from '../output.ts'
import type { Step } from '../world.ts'

/** Start-up as people see it: one line a part; on a terminal the line at work is redrawn. */
export function showProgress(out: Output): { step(step: Step): void; end(): void } {
  const started = new Map<string, number>()
  const last = new Map<string, string>()
  let drawn = false
  const clear = () => {
    if (drawn) process.stdout.write('\r\u001b[2K')
    drawn = false
  }
  return {
    step({ part, message, done, total }) {
      const since = started.get(part) ?? Date.now()
      started.set(part, since)
      const share = done !== undefined && total ? ` ${Math.floor((100 * done) / total)} %` : ''
      const text = `${pad(part, 11)} ${message}${share}`
      if (out.live) {
        clear()
        if (isWait(message)) out.say(`${mark('dot')} ${text}`)
        else if (isFinal(message)) out.say(`${mark('ok')} ${text} ${colour.dim(took(since))}`)
        else {
          process.stdout.write(
            `${mark('dot')} ${text}`.slice(0, (process.stdout.columns ?? 80) - 1),
          )
          drawn = true
        }
      } else if (last.get(part) !== message) {
        out.say(
          `${isFinal(message) ? mark('ok') : mark('dot')} ${text}${isFinal(message) ? ` ${took(since)}` : ''}`,
        )
      }
      last.set(part, message)
    },
    end: clear,
  }
}

/** Lines about a wait stay on the screen. */
function isWait(message: string): boolean {
  return /waiting for|is there after/.test(message)
}

function isFinal(message: string): boolean {
  return !isWait(message) && /ready|registered|answer|fetched/.test(message)
}

function took(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
