// Checks received callbacks with the Standard Webhooks library for Node.
//
//   node check-callbacks.js DIR
//
// DIR is what `prooftrail demo --once --out DIR` leaves. What was received is older than the
// library's tolerance for a replay, so its clock is set to the callback's own time.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Webhook } from 'standardwebhooks'

const [dir] = process.argv.slice(2)
const json = (...path) => JSON.parse(readFileSync(join(dir, ...path), 'utf8'))
const webhook = new Webhook(json('secrets.json').webhook_secret)
const files = readdirSync(join(dir, 'callbacks')).sort()
if (files.length === 0) throw new Error(`${dir} has no callbacks`)

for (const file of files) {
  const { headers, body_base64 } = json('callbacks', file)
  const body = Buffer.from(body_base64, 'base64').toString('utf8')
  const now = Date.now
  Date.now = () => Number(headers['webhook-timestamp']) * 1000
  const payload = webhook.verify(body, headers)
  let refused = false
  try {
    webhook.verify(body.replace('callback_event_id', 'callback_event_iD'), headers)
  } catch {
    refused = true
  }
  Date.now = now
  if (!refused) throw new Error('a changed body verifies')
  console.log(`ok ${headers['webhook-id']}: v1 verifies, ${payload.event_type}`)
}
