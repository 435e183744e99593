import type { Scenario } from './scenario.ts'
import { batchKilled } from './scenarios/batch-killed.ts'
import { crashes, crashOfEach, moments } from './scenarios/crash-points.ts'
import { deliveredTwice } from './scenarios/delivered-twice.ts'
import { earlyOrder } from './scenarios/early-order.ts'
import { hotAccount } from './scenarios/hot-account.ts'
import { killed } from './scenarios/killed.ts'
import { lateStarter } from './scenarios/late-starter.ts'
import { outOfOrder } from './scenarios/out-of-order.ts'
import { poison } from './scenarios/poison.ts'
import { receivers } from './scenarios/receivers.ts'
import { brokerRestart, databaseAway, registryAway } from './scenarios/servers-away.ts'
import { slowOrder } from './scenarios/slow-order.ts'
import { twoInstances } from './scenarios/two-instances.ts'

/** The moments of the crashes follow from it. */
const SEED = 20_260_302

/** All of them, one after the other on one deployment; what takes a minute beside others comes early. */
export const whole: readonly Scenario[] = [
  deliveredTwice(24),
  receivers,
  ...moments.map((moment, i) => crashOfEach(moment, SEED + i)),
  killed,
  batchKilled,
  twoInstances,
  brokerRestart,
  registryAway,
  poison,
  outOfOrder,
  earlyOrder,
  slowOrder,
  hotAccount,
  lateStarter,
  databaseAway,
]

/** What a minute has room for. */
export const draw: readonly Scenario[] = [
  deliveredTwice(12),
  crashes('a crash at each moment, in one service each', SEED, () => [
    ['receipt', 'before the save'],
    ['dispatch', 'after the save, before the publish'],
    ['attestation', 'after the publish, before the offset moves'],
  ]),
]
