/** What the keyboard does everywhere, and the sheet that says so. */
import { type LinkProps, useNavigate } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Sheet } from '../ui/sheet.tsx'

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'to the search'],
  ['g o', 'overview'],
  ['g r', 'runs'],
  ['g b', 'batches'],
  ['g h', 'trail of acts: history'],
  ['g p', 'parked messages'],
  ['g t', 'tools'],
  ['g a', 'agents'],
  ['g c', 'accounts: credits'],
  ['g l', 'the log'],
  ['g d', 'deployment'],
  ['g v', 'verify a file'],
  ['j, k', 'next, previous line of a list'],
  ['Enter', 'open the line'],
  ['x', 'mark the line'],
  ['?', 'this sheet'],
  ['Esc', 'close what is open'],
]

const GOES: Readonly<Record<string, LinkProps['to']>> = {
  ...{ o: '/', r: '/runs' },
  ...{ p: '/parked', t: '/tools', a: '/agents', c: '/accounts', l: '/log' },
  ...{ b: '/batches', h: '/acts' },
  d: '/sre',
  v: '/verify',
}

/** How long after `g` the next key still belongs to it. */
const CHORD_MS = 1_200

export function KeyHelp() {
  const navigate = useNavigate()
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    let since = 0
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      const goes = Date.now() - since < CHORD_MS ? GOES[event.key] : undefined
      since = event.key === 'g' ? Date.now() : 0
      if (goes) void navigate({ to: goes })
      else if (event.key === '?') setOpen(true)
      else if (event.key === '/') document.getElementById('search')?.focus()
      else return
      event.preventDefault()
    }
    document.addEventListener('keydown', listen)
    return () => document.removeEventListener('keydown', listen)
  }, [navigate])
  return (
    <Sheet title="Keyboard" isOpen={isOpen} onClose={() => setOpen(false)}>
      <dl className="terms keys">
        {KEYS.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
    </Sheet>
  )
}

/** Whether a key belongs to what somebody writes. */
export function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}
