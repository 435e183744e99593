/** What of a run is shown, in the address. */
export const TABS = ['summary', 'timeline', 'proof', 'delivery', 'revisions', 'report'] as const

export type Tab = (typeof TABS)[number]

export interface RunSearch {
  tab?: Tab
}

export function readSearch(search: Record<string, unknown>): RunSearch {
  const tab = TABS.find((one) => one === search.tab)
  return tab === undefined || tab === 'summary' ? {} : { tab }
}
