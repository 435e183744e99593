import { join } from 'node:path'
import { checkout } from '../checkout.ts'

/** The orders that the demo sends, each from a file that anyone can submit again. */
export interface DemoOrder {
  file: string
  title: string
  expect: string
}

const example = (name: string) => join(checkout, 'examples', name)

export const demoOrders: readonly DemoOrder[] = [
  {
    file: example('tokenops-complete.json'),
    title: 'TokenOps: all evidence is there',
    expect: 'ready',
  },
  {
    file: example('tokenops-missing-item.json'),
    title: 'TokenOps: a required item is missing',
    expect: 'partial',
  },
  {
    file: example('tokenops-refused.json'),
    title: 'TokenOps: wrong in several ways at once',
    expect: 'refused',
  },
  {
    file: example('energyops-complete.json'),
    title: 'EnergyOps: the packet is complete',
    expect: 'ready',
  },
  {
    file: example('energyops-gaps.json'),
    title: 'EnergyOps: no diagram, an outdated study, a known gap',
    expect: 'partial',
  },
  {
    file: example('financeops-matched.json'),
    title: 'FinanceOps: every invoice is confirmed',
    expect: 'ready',
  },
  {
    file: example('financeops-differences.json'),
    title: 'FinanceOps: another amount, a duplicate, an absent confirmation',
    expect: 'ready',
  },
]

/** One more, to be put right: what it ends as once its missing item was added. */
export const incompleteOrder: DemoOrder = {
  file: example('tokenops-missing-item.json'),
  title: 'TokenOps: a required item is missing, and is added',
  expect: 'ready',
}

/** The missing item, by evidence class. */
export const addedEvidence = example('added-evidence.json')
