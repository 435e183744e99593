import { type EvidenceItem, Exact, foldWord, readAmount } from '@prooftrail/executor-sdk'

type Money = InstanceType<typeof Exact>

/** A capacity as something says it, in MW of one kind of current. */
export interface Capacity {
  current: 'AC' | 'DC'
  mw: Money
  /** As it was written, with its member. */
  text: string
  source: string
}

export type CapacityRead = { capacity: Capacity } | { reason: string }

const UNITS: ReadonlyMap<string, { current: 'AC' | 'DC'; factor: string }> = new Map(
  [
    ...['mw', 'mwac', 'acmw', 'mwa', 'megawatt', 'megawatts', 'megawattsac'].map((unit) => [
      unit,
      'AC',
      '1',
    ]),
    ...['kw', 'kwac', 'ackw', 'kilowatt', 'kilowatts', 'kilowattsac'].map((unit) => [
      unit,
      'AC',
      '0.001',
    ]),
    ...['gw', 'gwac'].map((unit) => [unit, 'AC', '1000']),
    ...['mwdc', 'dcmw', 'mwp', 'mwpdc', 'megawattsdc'].map((unit) => [unit, 'DC', '1']),
    ...['kwdc', 'dckw', 'kwp', 'kwpdc', 'kilowattsdc'].map((unit) => [unit, 'DC', '0.001']),
    ...['gwdc', 'gwp'].map((unit) => [unit, 'DC', '1000']),
  ].map(([unit = '', current, factor = '']) => [
    unit,
    { current: current === 'DC' ? 'DC' : 'AC', factor },
  ]),
)

const PLAIN = /^(?:0|[1-9]\d*)(?:\.\d+)?$/

/** Reads an amount in a unit; MW AC where none is said. AC and DC are never converted. */
export function readCapacity(
  value: unknown,
  unit: unknown,
  member: string,
  source: string,
): CapacityRead {
  const said = typeof unit === 'string' && unit.trim() !== '' ? unit : 'MW AC'
  const known = UNITS.get(foldWord(said))
  const read = readAmount(value)
  const text = `${member} ${String(value)} ${said}`
  if (known === undefined) return { reason: `${said} is no unit of capacity that is known` }
  if ('reason' in read || !PLAIN.test(String(value)) || read.amount.isZero()) {
    return { reason: `capacity ${String(value)} is no amount of ${said}` }
  }
  const mw = read.amount.times(new Exact(known.factor))
  return { capacity: { current: known.current, mw, text, source } }
}

const WITH_UNIT =
  /^(?:(?:nameplate|requested|net|gross|max|maximum|total)_?)?(?:capacity|output|size)?_?(mw|kw|gw)_?(ac|dc|p)?$/i

/** All capacities that an item says: `capacity` with `capacity_unit`, and `capacity_mw_ac` and its like. */
export function capacitiesOf(item: EvidenceItem): CapacityRead[] {
  return Object.entries(item).flatMap(([member, value]) => {
    if (value === undefined || value === null || value === '') return []
    if (member === 'capacity') {
      return [readCapacity(value, item.capacity_unit, member, item.reference)]
    }
    const [, size, current = 'ac'] = WITH_UNIT.exec(member) ?? []
    return size === undefined
      ? []
      : [readCapacity(value, `${size}${current}`, member, item.reference)]
  })
}

/** Why two capacities of one current differ, with a hint where a unit was mistaken; else nothing. */
export function capacityDifference(one: Capacity, other: Capacity): string | undefined {
  if (one.current !== other.current || one.mw.eq(other.mw)) return undefined
  const factor = one.mw.gt(other.mw) ? one.mw.div(other.mw) : other.mw.div(one.mw)
  const hint = factor.eq(1000) ? ' (a factor of 1000: one of them may be in other units)' : ''
  return `${one.source} says ${one.text}, ${other.source} ${other.text}${hint}`
}
