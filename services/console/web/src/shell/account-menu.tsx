/** Who is signed in, the zone of times, light or dark. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import {
  Button,
  Header,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
} from 'react-aria-components'
import { ask } from '../data/api.ts'
import { sessionQuery } from '../data/queries.ts'
import { setZone, useZone } from '../ui/time.tsx'
import { setTheme, useTheme } from './theme.ts'

export function AccountMenu({ isAgentView }: { isAgentView: boolean }) {
  const { data: session } = useQuery({ ...sessionQuery, enabled: !isAgentView })
  const zone = useZone()
  const theme = useTheme()
  const client = useQueryClient()
  const signOut = async () => {
    await ask('/v1/session', { method: 'DELETE' })
    client.clear()
    await client.invalidateQueries()
  }
  const name = isAgentView ? 'View' : (session?.name ?? 'View')
  return (
    <MenuTrigger>
      <Button className="account">
        {name}
        {session?.role && <span className="role">{session.role}</span>} <span aria-hidden>▾</span>
      </Button>
      <Popover className="popover" placement="bottom end">
        <Menu className="menu" aria-label="Settings">
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[zone]}
            onSelectionChange={(keys) => setZone([...keys][0] === 'utc' ? 'utc' : 'local')}
          >
            <Header>Times</Header>
            <MenuItem id="local">in my zone</MenuItem>
            <MenuItem id="utc">in UTC</MenuItem>
          </MenuSection>
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[theme]}
            onSelectionChange={(keys) => setTheme(String([...keys][0]))}
          >
            <Header>Colours</Header>
            <MenuItem id="system">as the system</MenuItem>
            <MenuItem id="light">light</MenuItem>
            <MenuItem id="dark">dark</MenuItem>
          </MenuSection>
          {session?.signed_in && !session.open ? (
            <MenuItem id="sign-out" onAction={() => void signOut()}>
              Sign out
            </MenuItem>
          ) : null}
        </Menu>
      </Popover>
    </MenuTrigger>
  )
}
