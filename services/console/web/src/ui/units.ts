/** Numbers of panels as people read them, each with its unit. */
import type { Unit } from '../data/sre.ts'
import { durationOf } from './time.tsx'

const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** Three digits tell enough of a number that moves. */
function digits(value: number): string {
  const short = Number(value.toPrecision(3))
  return short.toLocaleString('en', { maximumFractionDigits: 4 })
}

/** @param value null: nothing is known */
export function inUnit(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined) return '–'
  switch (unit) {
    case 'seconds':
      return spanOf(value)
    case 'per second':
      return `${digits(value)}/s`
    case 'share':
      return `${digits(value * 100)} %`
    case 'bytes':
      return bytesOf(value)
    case 'cores':
      return `${digits(value)} cores`
    case 'count':
    case 'credits':
      return Math.abs(value) >= 100_000 ? compact(value) : counted(value)
  }
}

/** The same where there is little room. */
export function onScale(value: number, unit: Unit): string {
  return unit === 'cores' ? digits(value) : inUnit(value, unit)
}

function spanOf(seconds: number): string {
  const size = Math.abs(seconds)
  const sign = seconds < 0 ? '−' : ''
  if (size === 0) return '0 s'
  if (size < 1) return `${sign}${digits(size * 1_000)} ms`
  if (size < 60) return `${sign}${digits(size)} s`
  return sign + durationOf(size * 1_000)
}

function bytesOf(value: number): string {
  const power = Math.min(
    BYTES.length - 1,
    Math.max(0, Math.floor(Math.log10(Math.abs(value) || 1) / 3)),
  )
  return `${digits(value / 1_000 ** power)} ${BYTES[power]}`
}

/** What is counted is whole, but for what lies between two counts. */
function counted(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : digits(value)
}

function compact(value: number): string {
  return value.toLocaleString('en', { notation: 'compact', maximumSignificantDigits: 4 })
}
