/** The trail as a chain: each link opens to what was signed, by whom, and what it follows. */
import type { Chain, ChainLink } from '@prooftrail/verifier'
import { useEffect, useState } from 'react'
import { Json } from '../ui/json.tsx'
import { Id, Mark, Terms } from '../ui/parts.tsx'
import { Time } from '../ui/time.tsx'
import { anchorOf } from './anchor.ts'

const SIGNS = { holds: 'passed', broken: 'failed', unproven: 'open' } as const

export function ChainList({ chain }: { chain: Chain }) {
  return (
    <>
      {chain.others.length > 0 && (
        <ul className="problems">
          {chain.others.map(({ code, detail }) => (
            <li key={`${code} ${detail}`}>
              <code>{code}</code> {detail}
            </li>
          ))}
        </ul>
      )}
      <ol className="chain">
        {chain.links.map((link) => (
          <LinkItem key={link.name} link={link} />
        ))}
      </ol>
    </>
  )
}

/** Opened by a link of the page that leads to it, and by who clicks. */
function useOpenAt(anchor: string): [boolean, (open: boolean) => void] {
  const [isOpen, setOpen] = useState(() => location.hash === `#${anchor}`)
  useEffect(() => {
    const look = () => {
      if (location.hash !== `#${anchor}`) return
      setOpen(true)
      document.getElementById(anchor)?.scrollIntoView({ block: 'start' })
    }
    look()
    addEventListener('hashchange', look)
    return () => removeEventListener('hashchange', look)
  }, [anchor])
  return [isOpen, setOpen]
}

function LinkItem({ link }: { link: ChainLink }) {
  const { name, title, party, role, issued_at, digest, outcome, problems } = link
  const anchor = anchorOf(name)
  const [isOpen, setOpen] = useOpenAt(anchor)
  return (
    <li id={anchor} className={outcome}>
      <Mark is={SIGNS[outcome]} />
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className="name">{title}</span>
          <span className="who">
            {party ?? (outcome === 'unproven' ? 'not checked' : 'unknown key')}
          </span>
          <span className="when">{issued_at && <Time at={issued_at} />}</span>
          <code className="digest">{digest.slice(7, 19)}</code>
        </summary>
        {isOpen && (
          <div className="open">
            <Terms
              of={{
                'Signed by': party && `${party}, as ${role ?? ''}`,
                Key: link.key_id && <Id value={link.key_id} whole />,
                Signature: link.signature && <Id value={link.signature} whole />,
                Digest: <Id value={digest} whole />,
                Follows:
                  link.follows.length > 0 &&
                  link.follows.map((one, at) => (
                    <span key={one}>
                      {at > 0 && ', '}
                      <a href={`#${anchorOf(one)}`}>{one.replaceAll('_', ' ')}</a>
                    </span>
                  )),
              }}
            />
            {outcome !== 'holds' && <p className="soft">What the file says, unproven:</p>}
            <h3>Object</h3>
            <Json value={link.object ?? null} name={name.replaceAll('/', '-')} />
            <details>
              <summary>The statement that is signed</summary>
              <Json
                value={link.statement ?? null}
                name={`${name.replaceAll('/', '-')}-statement`}
              />
            </details>
          </div>
        )}
      </details>
      {problems.length > 0 && (
        <ul className="problems">
          {problems.map(({ code, detail }) => (
            <li key={`${code} ${detail}`}>
              <code>{code}</code> {detail}
            </li>
          ))}
        </ul>
      )}
    </li>
  )
}
