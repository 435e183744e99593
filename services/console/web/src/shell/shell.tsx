/** What stands around every page: where one can go, the search, who is signed in, how fresh it is. */
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { ForkNotice } from '../log/fork-banner.tsx'
import { AccountMenu } from './account-menu.tsx'
import { Freshness } from './freshness.tsx'
import { KeyHelp } from './keys.tsx'
import { SearchBox } from './search-box.tsx'
import { SessionGate } from './session-gate.tsx'

/** Every place of the navigation; a new page has its line here and its route in router.tsx. */
const PLACES = [
  { to: '/', label: 'Overview' },
  { to: '/runs', label: 'Runs' },
  { to: '/batches', label: 'Batches' },
  { to: '/parked', label: 'Parked' },
  { to: '/acts', label: 'Acts' },
  { to: '/tools', label: 'Tools' },
  { to: '/agents', label: 'Agents' },
  { to: '/accounts', label: 'Accounts' },
  { to: '/log', label: 'Log' },
  { to: '/sre', label: 'Deployment' },
  { to: '/verify', label: 'Verify a file' },
] as const

export function Shell() {
  const { pathname } = useLocation()
  // whoever holds a handle sees one run, and nothing that leads elsewhere
  const isAgentView = pathname === '/task'
  useFocusOnNewPage(pathname)
  return (
    <>
      <a className="skip" href="#main">
        To the content
      </a>
      <header className="top">
        <Link to={isAgentView ? '/task' : '/'} className="brand" activeProps={{}}>
          <img src="/icon.svg" alt="" width="24" height="24" /> Prooftrail
        </Link>
        {!isAgentView && <SearchBox />}
        <div className="top-end">
          {!isAgentView && <Freshness />}
          <AccountMenu isAgentView={isAgentView} />
        </div>
        {!isAgentView && (
          <nav aria-label="Pages">
            {PLACES.map(({ to, label }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === '/', includeSearch: false }}>
                {label}
              </Link>
            ))}
          </nav>
        )}
      </header>
      {!isAgentView && pathname !== '/log' && <ForkNotice />}
      {isAgentView ? <Outlet /> : <SessionGate />}
      <KeyHelp />
    </>
  )
}

/** A new page is told by its heading: the keyboard goes there, as after a load. */
function useFocusOnNewPage(pathname: string): void {
  const known = useRef(pathname)
  useEffect(() => {
    if (known.current === pathname) return
    known.current = pathname
    const heading = document.querySelector('h1')
    if (!(heading instanceof HTMLElement)) return
    heading.tabIndex = -1
    heading.focus({ preventScroll: true })
  }, [pathname])
}
