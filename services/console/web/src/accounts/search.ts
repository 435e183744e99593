/** What of an account is shown: it stands in the address. */
export const KINDS = ['fund', 'hold', 'short', 'debit', 'release'] as const

export interface AccountSearch {
  kind?: (typeof KINDS)[number]
  /** A settlement whose receipt is open. */
  settlement?: string
}

export function readAccountSearch(search: Record<string, unknown>): AccountSearch {
  const kind = KINDS.find((one) => one === search.kind)
  const { settlement } = search
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(typeof settlement === 'string' && settlement !== '' ? { settlement } : {}),
  }
}

export interface AccountsSearch {
  /** Those alone that keep orders waiting. */
  waiting?: true
}

export function readAccountsSearch({ waiting }: Record<string, unknown>): AccountsSearch {
  return waiting === true || waiting === 'true' ? { waiting: true } : {}
}
