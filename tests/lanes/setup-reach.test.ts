/** Which set-up gets a network, and what is given up for it. */
import { expect, test } from 'vitest'
import { hostsOf, setupReach } from '../../src/lanes/setup-reach.ts'

const mirror = 'http://10.0.0.7:4873/npm'
const registries = ['a.test', 'b.test:8443']
const declared = { inputs: ['package.json'], network: 'registries' as const }

test.each([
  ['what is listed', { registries, mirror: null }, declared, null, ['a.test', 'b.test:8443']],
  ['a mirror alone', { registries: [], mirror }, declared, null, ['10.0.0.7:4873']],
  ['both', { registries, mirror }, declared, null, ['a.test', 'b.test:8443', '10.0.0.7:4873']],
  ['nothing where nothing is listed', { registries: [], mirror: null }, declared, 'unlisted', []],
  ['nothing without inputs', { registries, mirror }, { ...declared, inputs: [] }, 'noInputs', []],
  ['nothing where it wants none', { registries, mirror }, { ...declared, network: 'none' as const }, 'asked', []],
])('reaches %s', (_, lane, setup, none, hosts) => {
  const reach = setupReach(lane, setup)
  expect(reach.none).toBe(none)
  expect(hostsOf(reach)).toEqual(hosts)
  expect(reach.mirror).toBe(none === null ? lane.mirror : null)
})
