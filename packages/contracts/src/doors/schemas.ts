/** Pieces of answers that several doors share. */
import Type, { type TSchema, type TUnsafe } from 'typebox'
import type {
  CallbackDelivery,
  ExceptionTicket,
  LedgerEntry,
  ResultContract,
  SettlementReceipt,
  UsageReceipt,
  WorkOrder,
} from '../generated/types.ts'
import type { CheckedObject } from '../objects.ts'

interface Objects {
  CallbackDelivery: CallbackDelivery
  ExceptionTicket: ExceptionTicket
  LedgerEntry: LedgerEntry
  ResultContract: ResultContract
  SettlementReceipt: SettlementReceipt
  UsageReceipt: UsageReceipt
  WorkOrder: WorkOrder
}

/** An object of the wire format; its schema follows from its record in schemas/. */
export function objectOf<N extends keyof Objects & CheckedObject>(name: N): TUnsafe<Objects[N]> {
  return Type.Unsafe<Objects[N]>({ $ref: `#/components/schemas/${name}` })
}

/** An object with the members that sign it. */
export function linkOf<T extends TSchema>(object: T) {
  return Type.Object({
    object,
    after: Type.Array(Type.Object({ name: Type.String(), digest: Type.String() })),
    key_id: Type.String(),
    signature: Type.String(),
  })
}

/** RFC 3339 with milliseconds. */
export const time = Type.String({ format: 'date-time' })

/** How many credits. */
export const credits = Type.Integer({ minimum: 0 })

export const publicKey = Type.Object({
  kid: Type.String(),
  x: Type.String(),
  nbf: Type.Optional(Type.Integer()),
  exp: Type.Optional(Type.Integer()),
  revoked_at: Type.Optional(Type.Integer()),
  revoked_for: Type.Optional(Type.String()),
})

/** A JWK as whoever registers it gives it. */
export const jwk = Type.Object({}, { description: 'a public Ed25519 JWK' })

/** One of a closed list. */
export function oneOf<const V extends readonly [string, ...string[]]>(values: V) {
  return Type.Unsafe<V[number]>({ type: 'string', enum: [...values] })
}

/** A part of a list: how many at most. */
export function limit(most: number, fallback: number) {
  return Type.Optional(Type.Integer({ minimum: 1, maximum: most, default: fallback }))
}

/** Where a list goes on: what its last page said. */
export const cursor = Type.Optional(Type.String({ maxLength: 1024 }))
