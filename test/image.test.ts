/** Images: what the Dockerfile says, and the list of what an image holds. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { ROOT, readText } from './repo/files.ts'

const dockerfile = readText('deploy/Dockerfile')
const hasHadolint = spawnSync('hadolint', ['--version']).status === 0
if (!hasHadolint) console.log('No hadolint is on PATH, so the Dockerfile was not linted.')

describe('given the Dockerfile', () => {
  test('then a process is entered without a shell, by a user who is a number', () => {
    expect(dockerfile).toMatch(/^ENTRYPOINT \["node", "\/app\/entry\.js"\]$/m)
    expect(dockerfile).toMatch(/^USER \d+:\d+$/m)
    const last = dockerfile.slice(dockerfile.lastIndexOf('FROM '))
    expect(last).not.toMatch(/^(RUN|CMD|SHELL|ADD)\b/m)
  })

  test.skipIf(!hasHadolint)('when hadolint reads it, then it finds nothing', () => {
    const { status, stdout } = spawnSync('hadolint', [join(ROOT, 'deploy/Dockerfile')])
    expect(`${status} ${stdout}`).toBe('0 ')
  })
})

describe('given what is installed in an image', () => {
  let root = ''
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const component = (name: string, version: string) => ({
    ...{ 'bom-ref': `${name}@${version}`, type: 'library', name, version },
    purl: `pkg:npm/${name}@${version}`,
  })
  const all = {
    bomFormat: 'CycloneDX',
    metadata: { component: component('prooftrail', '0.1.0') },
    components: [
      ...[component('@scope/one', '1.0.0'), component('two', '2.0.0')],
      ...[component('two', '2.1.0'), component('tester', '3.0.0')],
    ],
    dependencies: [
      { ref: '@scope/one@1.0.0', dependsOn: ['two@2.0.0', 'tester@3.0.0'] },
      { ref: 'tester@3.0.0', dependsOn: [] },
    ],
  }

  /** An image's root with packages at these paths. */
  function image(packages: Record<string, { name: string; version: string }>): void {
    root = mkdtempSync(join(tmpdir(), 'prooftrail-image-'))
    for (const [path, told] of Object.entries(packages)) {
      const file = join(root, path, 'package.json')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, JSON.stringify(told))
    }
    writeFileSync(join(root, 'all.json'), JSON.stringify(all))
  }
  const list = () =>
    JSON.parse(
      execFileSync(
        process.execPath,
        [join(ROOT, 'deploy/image/sbom.js'), 'all.json', 'services/intake'],
        { cwd: root, stdio: 'pipe' },
      ).toString(),
    )

  test('when it is listed, then every package is there with its version, and none that is not', () => {
    image({
      'node_modules/@scope/one': { name: '@scope/one', version: '1.0.0' },
      'node_modules/@scope/one/node_modules/two': { name: 'two', version: '2.0.0' },
      'services/intake/node_modules/two': { name: 'two', version: '2.1.0' },
    })
    const { components, dependencies, metadata } = list()
    const refs = components.map((one: { 'bom-ref': string }) => one['bom-ref'])
    expect(refs).toEqual(['@scope/one@1.0.0', 'two@2.0.0', 'two@2.1.0'])
    expect(dependencies).toEqual([{ ref: '@scope/one@1.0.0', dependsOn: ['two@2.0.0'] }])
    expect(metadata.component).toMatchObject({ name: 'services/intake', version: '0.1.0' })
  })

  test('when one is installed that the lock file does not know, then there is no list', () => {
    image({ 'node_modules/stray': { name: 'stray', version: '9.9.9' } })
    expect(list).toThrow(/stray@9\.9\.9/)
  })
})
