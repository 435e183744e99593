import { type EvidenceItem, foldWord } from '@prooftrail/executor-sdk'

/** What an item says that it is, as the members that say so spell it. */
const KIND = ['kind', 'type', 'document_type', 'study_type', 'title', 'name', 'subject', 'fee']

/** The words of an item's own description, folded; its reference last, since a file name is a hint. */
export function describedAs(item: EvidenceItem): string[] {
  const said = KIND.flatMap((member) => {
    const value = item[member]
    return typeof value === 'string' ? [foldWord(value)] : []
  })
  return [...said, foldWord(item.reference)]
}

/** Whether any of the words stands in what the item says that it is. */
export function isDescribedBy(item: EvidenceItem, words: readonly string[]): boolean {
  const folded = words.map(foldWord)
  return describedAs(item).some((text) => folded.some((word) => text.includes(word)))
}

/** The first member that holds something, with its name. */
export function firstOf(
  item: { readonly [member: string]: unknown },
  members: readonly string[],
): { member: string; value: unknown } | undefined {
  for (const member of members) {
    const value = item[member]
    if (value !== undefined && value !== null && value !== '') return { member, value }
  }
  return undefined
}
