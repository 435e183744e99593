import { Link } from '@tanstack/react-router'
import { Empty, Failed } from '../ui/parts.tsx'

export function NotFound() {
  return (
    <main id="main">
      <h1>No such page</h1>
      <Empty title="Nothing is at this address.">
        <p>
          <Link to="/">Overview</Link> or <Link to="/runs">all runs</Link>; a run is found by any of
          its ids in the search above.
        </p>
      </Empty>
    </main>
  )
}

/** A page that could not be shown; the shell around it goes on. */
export function PageFailed({ error, reset }: { error: unknown; reset: () => void }) {
  return (
    <main id="main">
      <h1>This page could not be shown</h1>
      <Failed error={error} again={reset} />
    </main>
  )
}
