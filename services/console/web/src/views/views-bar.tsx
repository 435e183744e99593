/** Views of a list: those that everybody has, those that people keep, and what keeps one. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { Button } from 'react-aria-components'
import { type View, viewsQuery } from '../data/views.ts'
import { ViewsSheet } from './views-sheet.tsx'

/** What stands in an address, in the form in which it is kept. */
export type Kept = View['search']

export interface ViewsOf<S> {
  page: View['page']
  to: '/runs' | '/acts'
  /** What the list shows now. */
  search: S
  /** An address as the list reads it. */
  read: (search: Kept) => S
  isSame: (one: S, other: S) => boolean
  /** Views that everybody has. */
  presets: readonly { label: string; search: S }[]
  /** Whether the list is filtered as one of those; default: whether it is the same. */
  isPreset?: (preset: S) => boolean
  /** What of the address stays when one of those is chosen. */
  keep?: Partial<S>
}

export function ViewsBar<S extends object>(props: ViewsOf<S>) {
  const { page, to, search, read, isSame, presets, keep } = props
  const { isPreset = (preset: S) => isSame(preset, search) } = props
  const { data: views = [] } = useQuery(viewsQuery(page))
  const [isOpen, setOpen] = useState(false)
  return (
    <nav aria-label="Views" className="presets">
      {presets.map(({ label, search: preset }) => (
        <ViewLink key={label} to={to} search={{ ...preset, ...keep }} is={isPreset(preset)}>
          {label}
        </ViewLink>
      ))}
      {views.map((view) => {
        const own = read(view.search)
        return (
          <ViewLink key={view.view_id} to={to} search={own} is={isSame(own, search)} kept>
            {view.name}
            {view.shared && <span className="soft"> shared</span>}
          </ViewLink>
        )
      })}
      <Button className="button small" onPress={() => setOpen(true)}>
        Keep this view
      </Button>
      {isOpen && (
        <ViewsSheet
          page={page}
          search={keptOf(search)}
          views={views}
          onClose={() => setOpen(false)}
        />
      )}
    </nav>
  )
}

function ViewLink({
  to,
  search,
  is,
  kept = false,
  children,
}: {
  to: '/runs' | '/acts'
  search: object
  is: boolean
  kept?: boolean
  children: ReactNode
}) {
  return (
    <Link
      to={to}
      search={search as never}
      className={[...(kept ? ['kept'] : []), ...(is ? ['chosen'] : [])].join(' ')}
      aria-current={is ? 'true' : undefined}
      activeProps={{}}
    >
      {children}
    </Link>
  )
}

/** An address in the form in which it is kept: texts, and lists of texts. */
function keptOf(search: object): Kept {
  const entries = Object.entries(search).filter(([, value]) => value !== undefined)
  return Object.fromEntries(
    entries.map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map(String) : String(value),
    ]),
  )
}
