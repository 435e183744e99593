import type { MetricTable } from '@prooftrail/contracts'

/** What receipt exports besides what every service does: the accounts in sum. */
export const metrics = {
  credits: {
    type: 'gauge',
    unit: 'credits',
    help: 'Credits of all agents’ accounts together: funded = held + debited + free; each process tells the whole',
    labels: ['state'],
  },
  credit_orders_waiting: {
    type: 'gauge',
    unit: 'orders',
    help: 'Orders of all accounts that wait for credits',
  },
  credit_accounts: {
    type: 'gauge',
    unit: 'accounts',
    help: 'Accounts in these sums',
  },
  credit_sums_age_seconds: {
    type: 'gauge',
    unit: 'seconds',
    help: 'For how long these sums have stood: the accounts are gone through one page after the other',
  },
} as const satisfies MetricTable
