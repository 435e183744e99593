import { readFileSync } from 'node:fs'

/** A configuration that stops the start; the message names the variable and what it takes. */
export class ConfigError extends Error {
  override name = 'ConfigError'
  code = 'PT-9023'
}

export type Env = Readonly<Record<string, string | undefined>>

/** Missing may default, malformed may not: every reader throws `ConfigError` with the name. */
export const readEnv = {
  text(env: Env, name: string, fallback?: string): string {
    const value = env[name] ?? fallback
    if (value === undefined || value === '') throw new ConfigError(`${name} is not set`)
    return value
  },

  optional(env: Env, name: string): string | undefined {
    return env[name] === '' ? undefined : env[name]
  },

  integer(env: Env, name: string, fallback: number): number {
    const text = env[name]
    if (text === undefined || text === '') return fallback
    if (!/^\d{1,15}$/.test(text))
      throw new ConfigError(`${name} takes a whole number, not '${text}'`)
    return Number(text)
  },

  /** A secret as it is given, or as the first line of the file that another variable names. */
  secret(env: Env, { name, file }: { name: string; file: string }): string {
    if (readEnv.optional(env, file) === undefined) return readEnv.text(env, name)
    if (readEnv.optional(env, name) !== undefined) {
      throw new ConfigError(`${name} and ${file} are both set`)
    }
    const [line = ''] = readEnv.file(env, file).split('\n')
    if (line.trim() === '') throw new ConfigError(`${file} names a file without a secret`)
    return line.trim()
  },

  flag(env: Env, name: string): boolean {
    const text = env[name] ?? ''
    if (!['', '0', '1', 'true', 'false'].includes(text)) {
      throw new ConfigError(`${name} takes 1 or 0, not '${text}'`)
    }
    return text === '1' || text === 'true'
  },

  list(env: Env, name: string): string[] {
    return (env[name] ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter(Boolean)
  },

  url(env: Env, name: string, fallback?: string): string {
    const text = readEnv.text(env, name, fallback)
    if (!URL.canParse(text)) throw new ConfigError(`${name} takes a URL, not '${text}'`)
    return text.replace(/\/+$/, '')
  },

  /** The text of the file that the variable names. */
  file(env: Env, name: string): string {
    const path = readEnv.text(env, name)
    try {
      return readFileSync(path, 'utf8')
    } catch {
      throw new ConfigError(`${name}: ${path} cannot be read`)
    }
  },

  /** The JSON of the file that the variable names. */
  json(env: Env, name: string): unknown {
    try {
      return JSON.parse(readEnv.file(env, name))
    } catch (error) {
      if (error instanceof ConfigError) throw error
      throw new ConfigError(`${name} names a file that is not JSON`)
    }
  },
}
