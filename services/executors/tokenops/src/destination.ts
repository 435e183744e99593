import type { EvidenceItem } from '@prooftrail/executor-sdk'

const MEMBERS = ['url', 'callback_url', 'endpoint', 'address', 'destination', 'uri']

/** Why the documented destination is not where the callback goes; empty when nothing says so. */
export function destinationFaults(item: EvidenceItem, callbackUrl: string | undefined): string[] {
  if (callbackUrl === undefined) return []
  return MEMBERS.flatMap((member) => {
    const value = item[member]
    if (value === undefined || value === null || value === '') return []
    if (typeof value !== 'string' || !URL.canParse(value)) {
      return [`${member} ${JSON.stringify(value)} is no address`]
    }
    if (placeOf(value) === placeOf(callbackUrl)) return []
    return [`documents ${member} ${value}; the order's callback_url is ${callbackUrl}`]
  })
}

/** Whether any item says where it is: a document's own address says nothing of the destination. */
export function namesDestination(items: readonly EvidenceItem[]): boolean {
  return items.some((item) => MEMBERS.some((member) => typeof item[member] === 'string'))
}

/** Scheme, host, port and path: a query may carry what differs from order to order. */
function placeOf(text: string): string {
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname.replace(/\/+$/, '')}`
}
