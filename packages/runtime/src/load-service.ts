import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Env } from './env.ts'
import type { Host } from './host.ts'
import type { RebuildOptions, Rebuilt } from './rebuild/rebuild-service.ts'

/** What every service exports under these names: its settings, and how it begins. */
export interface ServiceModule {
  /** @throws ConfigError naming the variable */
  readConfig(env: Env): { port: number }
  start(host: Host, config: unknown): Promise<{ stop(): Promise<void> }>
  /** Makes its collection again from the topics. @throws RebuildError */
  rebuild?(host: Host, config: unknown, options?: RebuildOptions): Promise<Rebuilt>
}

/**
 * Imports a service from its folder: from source where this package runs from source, else what was
 * built.
 * @throws Error when the folder holds no service
 */
export async function loadService(dir: string): Promise<ServiceModule> {
  const folder = resolve(dir)
  const source = join(folder, 'src/index.ts')
  const fromSource = import.meta.url.endsWith('.ts') && existsSync(source)
  const file = fromSource ? source : join(folder, 'dist/index.js')
  const module: unknown = await import(pathToFileURL(file).href)
  if (isServiceModule(module)) return module
  throw new Error(`${file} does not export readConfig and start`)
}

function isServiceModule(module: unknown): module is ServiceModule {
  const member = (name: string): unknown => Reflect.get(Object(module), name)
  return ['readConfig', 'start'].every((name) => typeof member(name) === 'function')
}
