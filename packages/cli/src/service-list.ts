/** The services of the product in the order in which a work order meets them. */
export const SERVICES = [
  { name: 'intake', folder: 'services/intake', port: 7001 },
  { name: 'receipt', folder: 'services/receipt', port: 7004 },
  { name: 'dispatch', folder: 'services/dispatch', port: 7002 },
  { name: 'callback', folder: 'services/callback', port: 7005 },
  { name: 'attestation', folder: 'services/attestation', port: 7006 },
  { name: 'console', folder: 'services/console', port: 7007 },
] as const

export type ServiceName = (typeof SERVICES)[number]['name']

/** Executors that come with the product; each is a folder that knows nothing of the others. */
export const EXECUTORS = [
  { name: 'tokenops', folder: 'services/executors/tokenops', port: 7003 },
  { name: 'energyops', folder: 'services/executors/energyops', port: 7013 },
  { name: 'financeops', folder: 'services/executors/financeops', port: 7023 },
] as const
