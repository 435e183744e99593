/** The sheet of one act on a run, and what opens it. */
import type { RecoveryAction } from '@prooftrail/contracts'
import { type ReactNode, useState } from 'react'
import { ActSheet } from './act-sheet.tsx'
import type { RunParts } from './parts.ts'

/** @returns `ask` opens the sheet, about a class or an exception; `sheet` is where it stands */
export function useActSheet(parts: RunParts): {
  ask: (action: RecoveryAction, about?: string) => void
  sheet: ReactNode
} {
  const [asked, setAsked] = useState<{ action: RecoveryAction; about?: string }>()
  const ask = (action: RecoveryAction, about?: string) =>
    setAsked({ action, ...(about === undefined ? {} : { about }) })
  const sheet = asked && (
    <ActSheet
      {...parts}
      {...asked}
      key={asked.action}
      onClose={() => setAsked(undefined)}
      onNext={ask}
    />
  )
  return { ask, sheet }
}
