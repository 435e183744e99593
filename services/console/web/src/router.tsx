/** Every address of the page. A page's own code is loaded when it is first shown. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { readAccountSearch, readAccountsSearch } from './accounts/search.ts'
import { readSearch as readActsSearch } from './acts/search.ts'
import { readSearch as readBatchSearch } from './batches/search.ts'
import { readLogSearch } from './log/search.ts'
import { readSearch as readParkedSearch } from './parked/search.ts'
import { readSearch as readRunSearch } from './run/search.ts'
import { readSearch as readRunsSearch } from './runs/search.ts'
import { NotFound, PageFailed } from './shell/fallback.tsx'
import { Shell } from './shell/shell.tsx'
import { readSearch as readSreSearch } from './sre/search.ts'
import { Loading } from './ui/parts.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const overview = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
})

const runs = createRoute({
  getParentRoute: () => root,
  path: '/runs',
  validateSearch: readRunsSearch,
  component: lazyRouteComponent(() => import('./runs/runs-page.tsx'), 'RunsPage'),
})

const run = createRoute({
  getParentRoute: () => root,
  path: '/runs/$id',
  validateSearch: readRunSearch,
  component: lazyRouteComponent(() => import('./run/run-page.tsx'), 'RunPage'),
})

const batches = createRoute({
  getParentRoute: () => root,
  path: '/batches',
  component: lazyRouteComponent(() => import('./batches/batches-page.tsx'), 'BatchesPage'),
})

const batch = createRoute({
  getParentRoute: () => root,
  path: '/batches/$id',
  validateSearch: readBatchSearch,
  component: lazyRouteComponent(() => import('./batches/batch-page.tsx'), 'BatchPage'),
})

const acts = createRoute({
  getParentRoute: () => root,
  path: '/acts',
  validateSearch: readActsSearch,
  component: lazyRouteComponent(() => import('./acts/acts-page.tsx'), 'ActsPage'),
})

const parked = createRoute({
  getParentRoute: () => root,
  path: '/parked',
  validateSearch: readParkedSearch,
  component: lazyRouteComponent(() => import('./parked/parked-page.tsx'), 'ParkedPage'),
})

const parkedItem = createRoute({
  getParentRoute: () => root,
  path: '/parked/$id',
  component: lazyRouteComponent(() => import('./parked/parked-item-page.tsx'), 'ParkedItemPage'),
})

const tools = createRoute({
  getParentRoute: () => root,
  path: '/tools',
  component: lazyRouteComponent(() => import('./tools/tools-page.tsx'), 'ToolsPage'),
})

const tool = createRoute({
  getParentRoute: () => root,
  path: '/tools/$tool',
  component: lazyRouteComponent(() => import('./tools/tool-page.tsx'), 'ToolPage'),
})

const agents = createRoute({
  getParentRoute: () => root,
  path: '/agents',
  component: lazyRouteComponent(() => import('./agents/agents-page.tsx'), 'AgentsPage'),
})

const agent = createRoute({
  getParentRoute: () => root,
  path: '/agents/$id',
  component: lazyRouteComponent(() => import('./agents/agent-page.tsx'), 'AgentPage'),
})

const accounts = createRoute({
  getParentRoute: () => root,
  path: '/accounts',
  validateSearch: readAccountsSearch,
  component: lazyRouteComponent(() => import('./accounts/accounts-page.tsx'), 'AccountsPage'),
})

const account = createRoute({
  getParentRoute: () => root,
  path: '/accounts/$account',
  validateSearch: readAccountSearch,
  component: lazyRouteComponent(() => import('./accounts/account-page.tsx'), 'AccountPage'),
})

const log = createRoute({
  getParentRoute: () => root,
  path: '/log',
  validateSearch: readLogSearch,
  component: lazyRouteComponent(() => import('./log/log-page.tsx'), 'LogPage'),
})

/** An agent's view of its one run: the handle stands in the fragment, which no server sees. */
const task = createRoute({
  getParentRoute: () => root,
  path: '/task',
  component: lazyRouteComponent(() => import('./run/task-page.tsx'), 'TaskPage'),
})

const verify = createRoute({
  getParentRoute: () => root,
  path: '/verify',
  component: lazyRouteComponent(() => import('./verify/verify-page.tsx'), 'VerifyPage'),
})

const sre = createRoute({
  getParentRoute: () => root,
  path: '/sre',
  validateSearch: readSreSearch,
  component: lazyRouteComponent(() => import('./sre/sre-page.tsx'), 'SrePage'),
})

/** Where a sign-in on a second tab ends; the first one goes on by itself. */
const signedIn = createRoute({
  getParentRoute: () => root,
  path: '/signed-in',
  component: () => (
    <main id="main" className="narrow">
      <h1>You are signed in</h1>
      <p>Close this tab and go on where you were.</p>
    </main>
  ),
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/index.html',
  beforeLoad: () => {
    throw redirect({ to: '/' })
  },
})

// a page each line
const routeTree = root.addChildren([
  ...[overview, runs, run],
  ...[batches, batch, acts],
  ...[parked, parkedItem],
  ...[tools, tool],
  ...[agents, agent],
  ...[accounts, account],
  ...[log],
  ...[sre],
  ...[task, verify, signedIn, home],
])

export function makeRouter() {
  return createRouter({
    routeTree,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultPendingComponent: () => <Loading what="the page" />,
    defaultErrorComponent: PageFailed,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
