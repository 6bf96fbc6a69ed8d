/** The Linux back end of launch: a process in bubblewrap, whose pid namespace dies with it. */
import type { ChildProcess } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Backend } from './backend.ts'
import { boxFiles, userIn } from './box-files.ts'
import { type BoxParts, bubblewrapArguments } from './bubblewrap.ts'
import { family } from './descendants.ts'
import { bridgeFailed } from './gate-bridge.ts'
import { hostFacts, systemPath } from './host-facts.ts'
import { mountsOf } from './mounts.ts'
import { type ProcessRow, processRow, processTable } from './process-table.ts'
import { findProgram } from './programs.ts'
import { systemCallFilter } from './seccomp.ts'

const statusDescriptor = 3
const filterDescriptor = 4

/** @throws AgentLabError `no-wall` (exit 5) where bubblewrap is missing or the policy can't be kept */
export const boxed: Backend = async (policy, command) => {
  const facts = await hostFacts()
  const files = boxFiles(policy.network, userIn(policy, facts))
  const inputs = [systemCallFilter(policy), ...files.map(file => file.content)]
  const parts: BoxParts = {
    mounts: mountsOf(policy, facts.ownTools),
    files: files.map(({ path }, index) => ({ path, descriptor: filterDescriptor + 1 + index })),
    filterDescriptor,
  }
  return {
    file: await findBubblewrap(),
    args: ['--json-status-fd', String(statusDescriptor), ...bubblewrapArguments(policy, command, parts, facts)],
    cwd: '/',
    env: {},
    pipes: 1 + inputs.length,
    attach: (child, pid) => {
      const status = readStatus(child.stdio[statusDescriptor] as Readable)
      for (const [at, content] of inputs.entries()) give(child.stdio[filterDescriptor + at] as Writable, content)
      const mainOf = (table: ProcessRow[]): ProcessRow | undefined => {
        const init = status.init()
        return init === null ? undefined : firstChild(table, init.pid)
      }
      return {
        signal: async name => {
          const main = mainOf(await processTable())
          if (main !== undefined && !main.isDead) process.kill(main.pid, name)
        },
        // At once, so that nothing the command starts meanwhile is missed; a gate's bridge in the group outlives it.
        interrupt: async () => {
          const main = await soon(async () => mainOf(await processTable()), child)
          if (main !== undefined) kill(-main.group, 'SIGINT')
        },
        kill: () => endGroup(pid),
        watch: table => family(table, new Set([pid])),
        settle: async () => {
          const init = status.init()
          // Ended before it told of its namespace: whatever it had begun is still in its process group.
          if (init === null) endGroup(pid)
          return init === null || (await isGone(init, 10_000)) ? [] : [init.pid]
        },
        hasRun: () => status.hasRun() && !(typeof policy.network === 'object' && status.exitCode() === bridgeFailed),
      }
    },
  }
}

/** What `look` finds, as soon as the box is so far; nothing once it has ended. */
const soon = async <T>(look: () => Promise<T | undefined>, child: ChildProcess): Promise<T | undefined> => {
  for (;;) {
    const found = await look()
    if (found !== undefined || child.exitCode !== null || child.signalCode !== null) return found
    await delay(20)
  }
}

/** Absolute path of bubblewrap. @throws AgentLabError `no-wall` (exit 5) */
export const findBubblewrap = async (): Promise<string> => {
  const found = process.platform === 'linux' ? await findProgram('bwrap', systemPath()) : null
  if (found !== null) return found
  throw new AgentLabError('launch failed on the box: there is no bubblewrap (bwrap) on this machine', {
    code: 'no-wall',
    exit: exitCode.noWall,
    cure: 'Install the package bubblewrap (npm run setup does it), then see: agentlab doctor',
  })
}

const endGroup = (pid: number): void => kill(-pid, 'SIGKILL')

const kill = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // Nobody is left there.
  }
}

/** The command itself: what else became a child of the namespace's first process, a gate's bridge say, came later. */
const firstChild = (table: ProcessRow[], pid: number): ProcessRow | undefined =>
  table
    .filter(row => row.parent === pid)
    .toSorted((a, b) => Number(a.startTicks) - Number(b.startTicks) || a.pid - b.pid)[0]

/** bubblewrap reads all it is given while it builds; one that has died meanwhile says so itself. */
const give = (pipe: Writable, content: Buffer | string): void => {
  pipe.on('error', () => {})
  pipe.end(content)
}

// bubblewrap writes {"child-pid": N} when the namespace is made and {"exit-code": N} after a command it did execute.
const readStatus = (pipe: Readable): { init(): ProcessRow | null; hasRun(): boolean; exitCode(): number | null } => {
  let text = ''
  let init: ProcessRow | null = null
  pipe.setEncoding('utf8')
  pipe.on('error', () => {})
  pipe.on('data', (chunk: string) => {
    text += chunk
    const [, pid] = /"child-pid":\s*(\d+)/.exec(text) ?? []
    if (init === null && pid !== undefined) init = processRow(Number(pid))
  })
  const exitCodeIn = (): number | null => {
    const [, code] = /"exit-code":\s*(\d+)/.exec(text) ?? []
    return code === undefined ? null : Number(code)
  }
  return { init: () => init, hasRun: () => exitCodeIn() !== null, exitCode: exitCodeIn }
}

// The namespace's first process ends only after the kernel has ended all others in it (zap_pid_ns_processes).
const isGone = async (init: ProcessRow, deadlineMs: number): Promise<boolean> => {
  const until = Date.now() + deadlineMs
  for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 50)) {
    const now = processRow(init.pid)
    if (now === null || now.isDead || now.startTicks !== init.startTicks) return true
    if (Date.now() > until) return false
    await delay(waitMs)
  }
}
