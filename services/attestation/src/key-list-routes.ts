import { problem } from '@prooftrail/runtime'
import type { Express, Response } from 'express'
import type { KeyLog } from './key-lists.ts'
import { readTilePath, sendNote, sendTile } from './tile-answers.ts'

/**
 * Public: `GET /key-lists/<version>.json`, and their log as C2SP tlog-tiles, `/key-lists/checkpoint`,
 * `/key-lists/tile/…`, with `/key-lists/checkpoint/cosigned`.
 */
export function mountKeyLists(app: Express, keyLog: KeyLog | undefined): void {
  const absent = (res: Response, what: string) =>
    problem(res, 404, 'PT-6025', `this deployment has no ${what}`)

  app.get('/key-lists/checkpoint', (_req, res) => {
    if (!keyLog) return absent(res, 'signed key lists')
    const { note, size } = keyLog
    const cosigned = keyLog.cosigned()
    sendNote(res, cosigned?.size === size ? cosigned.note : note)
  })

  app.get('/key-lists/checkpoint/cosigned', (_req, res) => {
    const cosigned = keyLog?.cosigned()
    if (!cosigned) return problem(res, 404, 'PT-6024', 'no witness has cosigned the key lists')
    sendNote(res, cosigned.note)
  })

  app.get('/key-lists/tile/*path', (req, res) => {
    const tile = readTilePath(req.path.slice('/key-lists/'.length))
    const bytes = tile && keyLog?.tile(tile)
    if (!tile || !bytes) return problem(res, 404, 'PT-6022', `${req.path} is no tile of this log`)
    sendTile(res, tile, bytes)
  })

  app.get('/key-lists/:file', (req, res) => {
    const [, version] = /^([1-9][0-9]{0,6})\.json$/.exec(req.params.file) ?? []
    const bytes = version === undefined ? undefined : keyLog?.list(Number(version))
    if (!bytes) return absent(res, `key list ${req.params.file}`)
    res
      .set('cache-control', 'public, max-age=3600')
      .type('application/json')
      .send(Buffer.from(bytes))
  })
}
