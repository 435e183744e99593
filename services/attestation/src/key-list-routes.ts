import type { attestationRoutes } from '@prooftrail/contracts/doors'
import { type Handlers, refuse, reply } from '@prooftrail/runtime'
import type { KeyLog } from './key-lists.ts'
import { noteReply, readTilePath, tileReply } from './tile-answers.ts'

type Own = Handlers<typeof attestationRoutes>

/** What answers for signed key lists and their log (C2SP tlog-tiles), where the deployment has any. */
export function keyListHandlers(keyLog: KeyLog | undefined) {
  const absent = (what: string) => refuse('PT-6025', `this deployment has no ${what}`)
  return {
    'GET /key-lists/checkpoint': async () => {
      if (!keyLog) return absent('signed key lists')
      const { note, size } = keyLog
      const cosigned = keyLog.cosigned()
      return noteReply(cosigned?.size === size ? cosigned.note : note)
    },

    'GET /key-lists/checkpoint/cosigned': async () => {
      const cosigned = keyLog?.cosigned()
      if (!cosigned) return refuse('PT-6024', 'no witness has cosigned the key lists')
      return noteReply(cosigned.note)
    },

    'GET /key-lists/tile/*path': async ({ req }) => {
      const tile = readTilePath(req.path.slice('/key-lists/'.length))
      const bytes = tile && keyLog?.tile(tile)
      if (!tile || !bytes) return refuse('PT-6022', `${req.path} is no tile of this log`)
      return tileReply(tile, bytes)
    },

    'GET /key-lists/:file': async ({ params: { file } }) => {
      const [, version] = /^([1-9][0-9]{0,6})\.json$/.exec(file) ?? []
      const bytes = version === undefined ? undefined : keyLog?.list(Number(version))
      if (!bytes) return absent(`key list ${file}`)
      const headers = { 'cache-control': 'public, max-age=3600' }
      return reply(bytes, { type: 'application/json', headers })
    },
  } satisfies Partial<Own>
}
