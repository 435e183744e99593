import type { intakeRoutes } from '@prooftrail/contracts/doors'
import { type Access, type Handlers, type Reader, type Refused, refuse } from '@prooftrail/runtime'
import type { Fault } from './codes.ts'
import type { State, Tools } from './state.ts'

/** What intake's doors work with. */
export type Doors = {
  store: Pick<Reader<State>, 'read' | 'find'>
  access: Pick<Access, 'caller'>
} & Omit<Tools, 'policy' | 'isDoors' | 'hasRoomForTools'>

export type IntakeHandlers = Handlers<typeof intakeRoutes>

/** A fault as a problem document (RFC 9457). */
export function refusal(
  { code, detail }: Fault,
  extras: Readonly<Record<string, unknown>> = {},
  headers: Readonly<Record<string, string>> = {},
): Refused {
  return refuse(code, detail, extras, headers)
}
