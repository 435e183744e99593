import { hkdfSync } from 'node:crypto'
import type { Request, Response } from 'express'
import { EncryptJWT, jwtDecrypt } from 'jose'

/**
 * A session is what its holder would otherwise show as Bearer, encrypted in a cookie that no script
 * reads: every service judges it as it judges any other Bearer, so that a session is worth no more.
 */
export interface Session {
  /** What is shown to services; absent where the doors of this machine are open. */
  bearer?: string
  /** Seconds since 1970. */
  endsAt: number
}

/** Where and how the cookie is set. */
export class SessionCookie {
  readonly #key: Uint8Array
  readonly #isSecure: boolean
  readonly name: string

  /**
   * @param secret of the deployment, the same in every process of the console
   * @param publicUrl with https the cookie is bound to its host and never travels in the clear
   */
  constructor(secret: string, publicUrl: string) {
    const key = hkdfSync('sha256', secret, '', 'prooftrail session cookie', 32)
    this.#key = new Uint8Array(key)
    this.#isSecure = publicUrl.startsWith('https:')
    this.name = this.#isSecure ? '__Host-prooftrail' : 'prooftrail-session'
  }

  async set(res: Response, { bearer, endsAt }: Session): Promise<void> {
    const token = await new EncryptJWT(bearer === undefined ? {} : { bearer })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setExpirationTime(endsAt)
      .encrypt(this.#key)
    const maxAge = endsAt - Math.floor(Date.now() / 1000)
    res.append('set-cookie', `${this.name}=${token}; ${this.#attributes}; Max-Age=${maxAge}`)
  }

  clear(res: Response): void {
    res.append('set-cookie', `${this.name}=; ${this.#attributes}; Max-Age=0`)
  }

  /** The session of a request; undefined where it shows none that counts. */
  async read(req: Request): Promise<Session | undefined> {
    const token = cookieOf(req, this.name)
    if (token === undefined || token === '') return undefined
    try {
      const { payload } = await jwtDecrypt(token, this.#key)
      const { bearer, exp, aud } = payload
      // what belongs to a sign-in under way is no session
      if (exp === undefined || aud !== undefined) return undefined
      return { endsAt: exp, ...(typeof bearer === 'string' ? { bearer } : {}) }
    } catch {
      return undefined
    }
  }

  /** What a sign-in with an issuer must find again when it comes back. */
  async setFlow(res: Response, said: object, seconds: number): Promise<void> {
    const token = await new EncryptJWT({ ...said })
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
      .setAudience('sign-in')
      .setExpirationTime(Math.floor(Date.now() / 1000) + seconds)
      .encrypt(this.#key)
    res.append('set-cookie', `${this.name}-flow=${token}; ${this.#attributes}; Max-Age=${seconds}`)
  }

  async readFlow(req: Request): Promise<Record<string, unknown> | undefined> {
    const token = cookieOf(req, `${this.name}-flow`)
    if (token === undefined || token === '') return undefined
    try {
      return (await jwtDecrypt(token, this.#key, { audience: 'sign-in' })).payload
    } catch {
      return undefined
    }
  }

  clearFlow(res: Response): void {
    res.append('set-cookie', `${this.name}-flow=; ${this.#attributes}; Max-Age=0`)
  }

  get #attributes(): string {
    return `Path=/; HttpOnly; SameSite=Lax${this.#isSecure ? '; Secure' : ''}`
  }
}

function cookieOf(req: Request, name: string): string | undefined {
  const pairs = (req.get('cookie') ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
