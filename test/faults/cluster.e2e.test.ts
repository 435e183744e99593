/** Three brokers: whichever is killed or paused, alone or with all services, nothing is lost or doubled. */
import { describe } from 'vitest'
import { play } from './play.ts'
import {
  allKilled,
  allKilledWithTwoPaused,
  eachBrokerKilled,
  startWithOneAway,
  twoPaused,
} from './scenarios/brokers.ts'
import { stopWithNothingThere } from './scenarios/stop.ts'

describe('given three brokers, every message on all and counted once it is on two', () => {
  play([eachBrokerKilled, twoPaused, allKilled, startWithOneAway, allKilledWithTwoPaused], {
    ownServers: true,
    cluster: true,
    last: [stopWithNothingThere],
  })
})
