/** The console as tests of its pages open it: every service on the run's stack, the built page, a browser. */
import type { Browser } from 'playwright-core'
import { example } from '../toolkit/agent.ts'
import { type RegisteredAgent, startWorld, type TestWorld } from '../world.ts'
import { launch, type Watched } from './chromium.ts'
import { builtPage, type Look, watchedPage } from './console-page.ts'

export interface ConsolePages {
  world: TestWorld
  browser: Browser
  /** Address of the console, without a slash at its end. */
  base: string
  /** Registered and funded. */
  agent: RegisteredAgent
  /** Opens an address of the console; what happens there and must not is in `faults`. */
  open(path: string, look?: Look): Promise<Watched>
  /** An order with a required item missing, sealed as partial; its id. */
  partialRun(): Promise<string>
  stop(): Promise<void>
}

/**
 * Starts all of it; `label` names the agent of the file.
 * @throws Error where the page cannot be built
 */
export async function openConsolePages(
  label: string,
  options: Parameters<typeof startWorld>[0] = {},
): Promise<ConsolePages> {
  const [world] = await Promise.all([startWorld(options), builtPage()])
  const browser = await launch()
  const base = world.url('console')
  const agent = await world.newAgent(label)
  return {
    ...{ world, browser, base, agent },
    async open(path, look) {
      const opened = await watchedPage(browser, [base], look)
      await opened.page.goto(`${base}${path}`)
      return opened
    },
    async partialRun() {
      const order = agent.order({ evidence: Object(example('tokenops-missing-item').evidence) })
      await world.publish(order)
      const id = order.object.work_order_id
      const { verdict } = await world.trailOf(id)
      if (verdict.verdict !== 'partial') throw new Error(`${id} is sealed as ${verdict.verdict}`)
      // the console has heard of all of it: what it does not know yet it answers with 404
      await world.settle()
      return id
    },
    async stop() {
      await browser.close()
      await world.stop()
    },
  }
}
