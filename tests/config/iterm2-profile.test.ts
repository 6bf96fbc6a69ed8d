/** The iTerm2 profile we ship and what is written of it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { DynamicProfiles, isOurProfile, profileText } from '../../src/config/iterm2-profile.ts'

const shipped = readFileSync('profiles/iterm2.json', 'utf8')
const target = { directory: '/home/operator/my project', command: ['agentlab', 'runs', '-f'] }

test('the shipped file is one valid profile with a fixed Guid', () => {
  expect(DynamicProfiles.parse(JSON.parse(shipped)).Profiles[0]!.Guid).toBe('6B0C1B1E-7C0E-4C57-9E53-3A1F5D2A9C41')
})

test('is filled in for the repository, the same each time', () => {
  const text = profileText(shipped, target)
  expect(text).toBe(profileText(shipped, target))
  expect(JSON.parse(text).Profiles[0]).toMatchObject({
    Command: 'agentlab runs -f',
    'Working Directory': '/home/operator/my project',
    'Custom Command': 'Yes',
  })
})

test('quotes words of the command that iTerm2 would split', () => {
  const { Profiles } = JSON.parse(profileText(shipped, { ...target, command: ['/opt/my tools/agentlab', 'a"b\\c'] }))
  expect(Profiles[0].Command).toBe('"/opt/my tools/agentlab" "a\\"b\\\\c"')
})

test('is told from other profiles, and from what is no profile', () => {
  expect(isOurProfile(profileText(shipped, target), shipped)).toBe(true)
  expect(isOurProfile(shipped.replace('6B0C1B1E', '00000000'), shipped)).toBe(false)
  expect(isOurProfile('{', shipped)).toBe(false)
  expect(isOurProfile('', '')).toBe(false)
})
