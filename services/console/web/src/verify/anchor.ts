/** Where a link of the chain stands on the page. */
export function anchorOf(name: string): string {
  return `link-${name.replaceAll('/', '-')}`
}
