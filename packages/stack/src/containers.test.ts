import { expect, test } from 'vitest'
import { findEngine, parseDockerHost } from './containers.ts'

test.each([
  ['unix:///run/user/1000/podman.sock', { path: '/run/user/1000/podman.sock' }],
  ['tcp://build-host:2375', { host: 'build-host', port: 2375 }],
  ['ssh://somewhere', undefined],
])('DOCKER_HOST=%s is understood', (value, where) => {
  expect(parseDockerHost(value)).toEqual(where)
})

test('an engine that does not answer is none', async () => {
  expect(await findEngine({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).toBeUndefined()
})
