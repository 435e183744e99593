/** The tables of doors in the services' pages. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Route, Routes } from '../src/doors/index.ts'
import { readDoors } from './openapi.ts'
import { withRegion } from './region.ts'

/** The README of each service that has routes, with their table. */
export async function doorsPages(root: string): Promise<[path: string, text: string][]> {
  const { doors, WHO } = await readDoors(root)
  return Object.entries<Routes>(doors).map(([service, routes]) => {
    const path = `services/${service}/README.md`
    const rows = Object.entries(routes).map(([key, route]) => {
      const { who, status, codes } = route
      const [usual = 200] = [status ?? []].flat()
      const says = usual === 200 ? route.says : `${usual} ${route.says}`
      return `| \`${key}${queryOf(route)}\`${bodyOf(route)} | ${WHO[who]} | ${says} | ${codes.join(', ')} |`
    })
    const table = ['| door | for | answer | codes |', '| --- | --- | --- | --- |', ...rows]
    const text = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : ''
    return [path, withRegion(text, 'doors', ['', ...table, ''].join('\n'))]
  })
}

function queryOf({ query }: Route): string {
  const names = Object.keys({ ...query?.properties })
  return names.length === 0 ? '' : `?${names.map((name) => `${name}=`).join('&')}`
}

/** The members of a body; a schema of another form has its own page. */
function bodyOf({ body }: Route): string {
  const { properties, required = [] }: { properties?: object; required?: string[] } = Object(
    body?.schema,
  )
  if (properties === undefined) return ''
  const names = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`))
  return names.length === 0 ? '' : ` \`{ ${names.join(', ')} }\``
}
