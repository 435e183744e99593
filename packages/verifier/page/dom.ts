/** Elements with texts, never with markup: what a file says is shown, not run. */

type Child = Node | string | undefined | readonly Child[]

/** An element of a class with children; texts become text nodes. */
export function el<K extends keyof HTMLElementTagNameMap>(
  name: K,
  className: string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name)
  if (className !== '') made.className = className
  append(made, children)
  return made
}

/** An element of the page's own. @throws Error where the page has none of this id */
export function byId(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (found === null) throw new Error(`the page has no #${id}`)
  return found
}

/** What the element holds from here on. */
export function fill(parent: Element, ...children: readonly Child[]): void {
  parent.replaceChildren()
  append(parent, children)
}

function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === undefined) continue
    if (typeof child === 'string' || child instanceof Node) parent.append(child)
    else append(parent, child)
  }
}
