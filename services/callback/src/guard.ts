import { allowedAddress, checkCallbackUrl, classifyAddress } from '@prooftrail/contracts'
import type { Guard } from './target.ts'

/** Exceptions of a deployment; both empty: public HTTPS on the usual ports only. */
export interface GuardOptions {
  /** CIDRs that may be called although they are not public. */
  networks: readonly string[]
  /** Ports that may be called besides the usual ones (callback-target.ts). */
  ports: readonly number[]
}

/** The guard that intake asks too, with this deployment's exceptions. */
export function makeGuard({ networks, ports }: GuardOptions): Guard {
  const rules = { allowedNetworks: networks, allowedPorts: ports }
  return {
    checkUrl(url) {
      const [fault] = checkCallbackUrl(url, rules)
      return fault ? { refused: fault } : new URL(url)
    },
    refuseAddress: (address) =>
      allowedAddress(address, networks) ? undefined : `${address} is ${classifyAddress(address)}`,
  }
}
