/**
 * Markup out of templates: whatever is put in is text and is escaped, unless it is markup itself.
 */
export interface Markup {
  readonly markup: string
}

export type Put = string | number | Markup | readonly Markup[]

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** @example html`<p>${text}</p>` */
export function html(parts: TemplateStringsArray, ...puts: readonly Put[]): Markup {
  const markup = parts.map((part, at) => `${part}${at < puts.length ? put(puts[at] ?? '') : ''}`)
  return { markup: markup.join('') }
}

function put(value: Put): string {
  if (typeof value === 'string' || typeof value === 'number') return escapeText(String(value))
  if ('markup' in value) return value.markup
  return value.map(({ markup }) => markup).join('')
}

/** Safe as text and as the value of a quoted attribute. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
}
