/** What is said of a run's box, where it is thinner or opens less than the operator may think. */
import { expect, test } from 'vitest'
import { containmentWords, shortContainment } from '../../src/domain/containment-words.ts'

const boxed = { containment: 'boxed', network: 'gate' } as const

test.each([
  [boxed, 'boxed by the operating system, no network but the gate to the models', 'boxed'],
  [{ ...boxed, asRoot: true }, '; as root: a flaw of the kernel gives away the machine', 'boxed, as root'],
  [
    { ...boxed, shutTools: 1 },
    '; 1 folder of your tools left out (agentlab doctor says why)',
    'boxed, without 1 folder of your tools',
  ],
  [{ ...boxed, containment: 'unboxed', asRoot: true }, 'UNBOXED: nothing held the agents; as root', 'unboxed, as root'],
] as const)('%j', (view, receipt, short) => {
  expect(containmentWords(view)).toContain(receipt)
  expect(shortContainment(view)).toBe(short)
})
