// npm run chaos -- --minutes N --seed S: plays one seed on servers of its own, with a line of progress on
// a terminal and a table at the end. A seed that fails joins test/faults/seeds.json.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
})
const minutes = Number(values.minutes)
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write('npm run chaos -- --minutes N --seed S: N is above 0, S is a whole number\n')
  process.exit(2)
}
const seconds = Math.round(minutes * 60)
const root = fileURLToPath(new URL('../../../', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'prooftrail-chaos-'))
const progress = join(dir, 'progress')
process.stdout.write(`seed ${seed}, ${seconds} s\n`)

const env = {
  ...process.env,
  CHAOS_SEED: String(seed),
  CHAOS_SECONDS: String(seconds),
  CHAOS_PROGRESS: progress,
}
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const args = [vitest, 'run', '--project', 'faults', 'test/faults/chaos/seeds.e2e.test.ts']
const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' })
const isLive = process.stderr.isTTY === true
const line = setInterval(() => {
  let text = ''
  try {
    text = readFileSync(progress, 'utf8')
  } catch {
    return
  }
  if (isLive)
    process.stderr.write(`\r\u001b[2K${text.slice(0, (process.stderr.columns ?? 80) - 1)}`)
}, 1_000)
let isEnded = false
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    isEnded = true
    child.kill(signal)
  })
}

child.on('exit', (code) => {
  clearInterval(line)
  if (isLive) process.stderr.write('\r\u001b[2K')
  // a deployment that never came up says nothing of the seed
  const hasBegun = existsSync(progress)
  rmSync(dir, { recursive: true, force: true })
  const isFailed = code !== 0 && hasBegun && !isEnded
  if (code !== 0 && !isFailed) {
    const why = hasBegun ? 'chaos was ended' : 'chaos did not begin'
    process.stdout.write(`${why}; nothing is known of the seed\n`)
  }
  if (isFailed) {
    const file = join(root, 'test/faults/seeds.json')
    const seeds = JSON.parse(readFileSync(file, 'utf8'))
    const isKnown = seeds.some((one) => one.seed === seed && one.seconds === seconds)
    if (!isKnown && code !== null) {
      const lines = [...seeds, { seed, seconds }].map((one) => `  ${JSON.stringify(one)}`)
      const text = lines
        .join(',\n')
        .replace(/\{"seed":(\d+),"seconds":(\d+)\}/g, '{ "seed": $1, "seconds": $2 }')
      writeFileSync(file, `[\n${text}\n]\n`)
    }
    process.stdout.write(
      `seed ${seed} failed and is in test/faults/seeds.json; again: npm run chaos -- --minutes ${minutes} --seed ${seed}\n`,
    )
  }
  process.exitCode = code ?? 1
})
