/** Whether the value is one of a closed list. */
export function isOneOf<T extends string>(list: readonly T[], value: unknown): value is T {
  // includes wants a member of the list; whether it is one is what is asked
  return typeof value === 'string' && list.includes(value as T)
}
