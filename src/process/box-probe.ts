/** Finds out, by building one, whether this machine can box a process; says which part is missing and what to do. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { assetPath } from '../config/assets.ts'
import { cleanLine } from '../domain/text.ts'
import { bubblewrapArguments } from './bubblewrap.ts'
import { hostFacts, systemPath } from './host-facts.ts'
import { mountsOf } from './mounts.ts'
import { findProgram, toolNeeds } from './programs.ts'
import { run } from './run.ts'
import { seatbeltArguments, seatbeltProfile } from './seatbelt.ts'
import { sandboxExec } from './seatbelt-box.ts'
import { seccompFilter } from './seccomp.ts'

export type BoxProbe =
  | { available: true; version: string; asRoot: boolean }
  /** macOS: `true` ran in a sandbox. What that holds back was never tried. */
  | { available: true; version: null; asRoot: boolean }
  | {
      available: false
      /** What could not be had: `platform`, `bubblewrap`, `system calls`, `socat`, `AppArmor`, `user namespaces`, `/proc`, `box`, `sandbox-exec`. */
      part: string
      reason: string
      cure: string
    }

/** Builds a box like a worker's around `true`. Takes about 20 ms; never throws. */
export const probeBox = async (): Promise<BoxProbe> => {
  if (process.platform === 'darwin') return probeSeatbelt()
  if (process.platform !== 'linux') return noBoxOn(process.platform)
  const bubblewrap = await findProgram('bwrap', systemPath())
  if (bubblewrap === null) return noBubblewrap
  const filter = seccompFilter(process.arch)
  if (filter === null) return noFilterFor(process.arch)
  if ((await hostFacts()).socat === null) return noSocat
  const options = { cwd: '/', env: { PATH: systemPath() }, timeoutMs: 10_000, encoding: 'utf8' as const }
  const version = (await run(bubblewrap, ['--version'], options)).stdout.replace(/^bubblewrap\s+/, '').trim()
  const { exitCode, stderr, failedToStart } = await run(bubblewrap, await probeArguments(), {
    ...options,
    input: filter,
  })
  if (exitCode === 0) return { available: true, version, asRoot: process.getuid?.() === 0 }
  return explain(cleanLine(failedToStart ?? stderr, 400), version, machine())
}

/** Runs `true` in the sandbox of a policy that allows nothing; `program` is the system's own unless told. */
export const probeSeatbelt = async (program = sandboxExec): Promise<BoxProbe> => {
  const words = seatbeltArguments(seatbeltProfile([], 'none'), ['/usr/bin/true'])
  const options = { cwd: '/', env: {}, timeoutMs: 10_000, encoding: 'utf8' as const }
  const { exitCode, stderr, failedToStart } = await run(program, words, options)
  if (exitCode === 0) return { available: true, version: null, asRoot: process.getuid?.() === 0 }
  const reason = cleanLine(failedToStart ?? stderr, 400) || `it ended with ${exitCode ?? 'a signal'}`
  const cure = 'It comes with macOS and makes no sandbox inside another one: start AgentLab from a plain terminal.'
  return { available: false, part: 'sandbox-exec', reason, cure }
}

const probeArguments = async (): Promise<string[]> => {
  const file = (await findProgram('true', systemPath())) ?? '/bin/true'
  const { prefixes } = await toolNeeds(file, { home: homedir(), env: process.env })
  const policy = {
    containment: 'boxed' as const,
    seat: '/',
    readable: prefixes,
    writable: [],
    hidden: [],
    userNamespaces: false,
    network: 'none' as const,
    limits: { wallMs: 10_000, outputBytes: 1_024, processes: 64, fileBytes: 1_024, openFiles: 64 },
  }
  const facts = await hostFacts()
  // The filter comes on standard input.
  const parts = { mounts: mountsOf(policy, facts.ownTools), files: [], filterDescriptor: 0 }
  return bubblewrapArguments(policy, { file, args: [], cwd: '/' }, parts, facts)
}

const installCure =
  'Install it: sudo apt-get install -y bubblewrap (Debian, Ubuntu), sudo dnf install -y bubblewrap (Fedora).'

const noBubblewrap: BoxProbe = {
  available: false,
  part: 'bubblewrap',
  reason: 'there is no bwrap on this machine',
  cure: installCure,
}

const noFilterFor = (arch: string): BoxProbe => ({
  available: false,
  part: 'system calls',
  reason: `AgentLab has no filter of system calls for ${arch}`,
  cure: 'Run AgentLab on x64 or arm64.',
})

const noSocat: BoxProbe = {
  available: false,
  part: 'socat',
  reason: 'there is no socat on this machine, and an agent in a box reaches its model through it',
  cure: 'Install it: sudo apt-get install -y socat (Debian, Ubuntu), sudo dnf install -y socat (Fedora).',
}

const noBoxOn = (platform: string): BoxProbe => ({
  available: false,
  part: 'platform',
  reason: `AgentLab boxes processes with bubblewrap, which ${platform} does not have`,
  cure: 'Run AgentLab on Linux, in a virtual machine or a container.',
})

/** What the diagnosis looks at besides bubblewrap's own words. */
export interface Machine {
  asRoot: boolean
  appArmorRestricts: boolean
  /** Debian's older switch; false where it is off. */
  mayCloneUnprivileged: boolean
  maxUserNamespaces: number | null
  inContainer: boolean
  /** Name of the AppArmor profile this process runs under, or null. */
  confinedBy: string | null
}

/** Names the part that failed. Pure. */
export const explain = (said: string, version: string, machine: Machine): BoxProbe => {
  const reason = said.replace(/^bwrap: /, '') || 'bubblewrap ended without a word'
  const missing = (part: string, cure: string): BoxProbe => ({ available: false, part, reason, cure })
  if (/unknown option|Unknown option/.test(said)) {
    return missing(
      'bubblewrap',
      `This is bubblewrap ${version}; AgentLab needs 0.8.0 or newer, which Debian 12, Ubuntu 24.04 and what came after them have.`,
    )
  }
  if (machine.inContainer && (isAboutProc(said) || isAboutNamespaces(said))) {
    return missing(isAboutProc(said) ? '/proc' : 'user namespaces', containerCure(machine))
  }
  if (isAboutProc(said))
    return missing('/proc', 'Something mounted over /proc forbids a fresh one; see: findmnt -R /proc')
  if (!isAboutNamespaces(said)) return missing('box', 'See bubblewrap’s own message above.')
  if (machine.appArmorRestricts && !machine.asRoot) return missing('AppArmor', appArmorCure())
  if (!machine.mayCloneUnprivileged) {
    return missing('user namespaces', 'Allow them: sudo sysctl -w kernel.unprivileged_userns_clone=1')
  }
  if (machine.maxUserNamespaces === 0) {
    return missing('user namespaces', 'Allow them: sudo sysctl -w user.max_user_namespaces=15000')
  }
  return missing('user namespaces', 'The kernel or a security module forbids them; the journal (dmesg) names which.')
}

// bubblewrap forbids namespaces below it by a switch in /proc/sys, which a container may have made read-only.
const isAboutProc = (said: string): boolean => /mount proc|max_user_namespaces/.test(said)

const isAboutNamespaces = (said: string): boolean => /namespace|uid map|gid map|setgroups|RTM_NEWADDR|clone/i.test(said)

const appArmorCure = (): string =>
  `Give bubblewrap its profile: sudo install -m 644 ${assetPath('profiles/apparmor/bwrap')} /etc/apparmor.d/bwrap && sudo apparmor_parser -r /etc/apparmor.d/bwrap`

// Docker's seccomp filter forbids namespaces, its masked /proc a fresh one, and on AppArmor hosts its profile all mounts.
const containerCure = ({ confinedBy }: Machine): string => {
  const also = confinedBy === null ? '' : ' --security-opt apparmor=unconfined'
  return `Start the container with: --security-opt seccomp=unconfined --security-opt systempaths=unconfined${also}`
}

const machine = (): Machine => ({
  asRoot: process.getuid?.() === 0,
  appArmorRestricts: contentOf('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1',
  mayCloneUnprivileged: contentOf('/proc/sys/kernel/unprivileged_userns_clone') !== '0',
  maxUserNamespaces: numberOf(contentOf('/proc/sys/user/max_user_namespaces')),
  inContainer:
    ['/.dockerenv', '/run/.containerenv'].some(path => existsSync(path)) ||
    /docker|containerd|kubepods|lxc|podman/.test(contentOf('/proc/1/cgroup') ?? ''),
  confinedBy: profileOf(contentOf('/proc/self/attr/apparmor/current') ?? contentOf('/proc/self/attr/current')),
})

const contentOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return null
  }
}

const numberOf = (text: string | null): number | null => (text === null || text === '' ? null : Number(text))

// `docker-default (enforce)`; SELinux writes labels with colons into the same file.
const profileOf = (text: string | null): string | null => /^([\w.-]+) \(enforce\)/.exec(text ?? '')?.[1] ?? null
