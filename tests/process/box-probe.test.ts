/** What is said where a box can't be had; tests/process/fail-closed.test.ts really takes the parts away. */
import { describe, expect, test } from 'vitest'
import { explain, type Machine, probeBox } from '../../src/process/box-probe.ts'

const machine: Machine = {
  asRoot: false,
  appArmorRestricts: false,
  mayCloneUnprivileged: true,
  maxUserNamespaces: 10_000,
  inContainer: false,
  confinedBy: null,
}

test('builds a box here and names the version', async () => {
  expect(await probeBox()).toEqual({
    available: true,
    version: expect.stringMatching(/^\d+\.\d+/),
    asRoot: process.getuid?.() === 0,
  })
})

describe('explain', () => {
  const denied =
    'bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user namespaces.'

  test.each<[string, string, Partial<Machine>, string, RegExp]>([
    [
      'AppArmor',
      'bwrap: setting up uid map: Permission denied',
      { appArmorRestricts: true },
      'AppArmor',
      /^Give bubblewrap its profile: sudo install -m 644 \S+\/profiles\/apparmor\/bwrap \/etc\/apparmor\.d\/bwrap && sudo apparmor_parser -r \/etc\/apparmor\.d\/bwrap$/,
    ],
    [
      'Debian’s switch',
      denied,
      { mayCloneUnprivileged: false },
      'user namespaces',
      /sudo sysctl -w kernel\.unprivileged_userns_clone=1/,
    ],
    [
      'a limit of none',
      denied,
      { maxUserNamespaces: 0 },
      'user namespaces',
      /sudo sysctl -w user\.max_user_namespaces=\d+/,
    ],
    [
      'a container',
      denied,
      { inContainer: true },
      'user namespaces',
      /--security-opt seccomp=unconfined --security-opt systempaths=unconfined$/,
    ],
    [
      'a container under AppArmor',
      denied,
      { inContainer: true, confinedBy: 'docker-default' },
      'user namespaces',
      /--security-opt apparmor=unconfined$/,
    ],
    [
      'a container with a masked /proc',
      "bwrap: Can't mount proc on /newroot/proc: Operation not permitted",
      { inContainer: true },
      '/proc',
      /systempaths=unconfined/,
    ],
    ['an old bubblewrap', 'bwrap: Unknown option --disable-userns', {}, 'bubblewrap', /0\.8\.0 or newer/],
    [
      'a container with a read-only /proc/sys',
      'bwrap: cannot open /proc/sys/user/max_user_namespaces: Read-only file system',
      { inContainer: true },
      '/proc',
      /systempaths=unconfined/,
    ],
    ['something else', 'bwrap: Out of memory', {}, 'box', /own message/],
  ])('names %s', (_, said, difference, part, cure) => {
    expect(explain(said, '0.8.0', { ...machine, ...difference })).toEqual({
      available: false,
      part,
      reason: said.replace('bwrap: ', ''),
      cure: expect.stringMatching(cure),
    })
  })
})
