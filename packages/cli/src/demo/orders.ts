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
]
