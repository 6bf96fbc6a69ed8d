/** Runs attacks in boxes as a worker of a lane gets them, and the same scripts without a box. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentLabError, exitCode } from '../../domain/errors.ts'
import type { Lane } from '../../domain/lane.ts'
import type { Attack } from '../../lanes/walls/attack.ts'
import { findProgram } from '../../process/programs.ts'
import { run } from '../../process/run.ts'
import type { BoxErrand, startInBox } from '../box-command.ts'
import type { Project } from '../project.ts'
import { makeSeat, type Seat, seatAt } from '../seats.ts'
import type { LaneGate } from './lane-gate.ts'

/** How a box is started; another way is for tests that break a wall on purpose. */
export type Start = typeof startInBox

export interface LaneBox {
  lane: Lane
  project: Project
  seat: Seat
  gate: LaneGate
  names: Record<string, string>
  start: Start
}

/** Makes a seat by this name. */
export const makeWallSeat = async (project: Project, name: string): Promise<Seat> => {
  const seat = seatAt(project.paths.seats, name)
  await makeSeat(seat)
  return seat
}

const limits = { wallMs: 600_000, outputBytes: 65_536 }

/** Runs scripts one after the other, each by itself, and prints the exit code of each. */
const oneByOne = 'for script; do bash -c "$script" </dev/null >/dev/null 2>&1; echo $?; done'

/**
 * Which of the attacks get through, tried in one box. One that is to outlive its box needs that to itself.
 * @throws AgentLabError `no-wall` (exit 5) where the box can't be built, `walls-untried` where it did not try them all
 */
export const attackBoxed = async (box: LaneBox, attacks: readonly Attack[], name: string): Promise<boolean[]> => {
  const said = await inBox(box, attacks, name)
  const codes = said.trim().split('\n').map(Number)
  if (codes.length !== attacks.length || codes.some(code => !Number.isInteger(code)))
    throw new AgentLabError(`doctor failed on the box of lane ${box.lane}: it ended before all was tried`, {
      code: 'walls-untried',
    })
  const [only] = attacks
  if (only?.after === undefined) return codes.map(code => code === 0)
  return [codes[0] === 0 && (await openly(only.after, box.seat, operatorEnvironment(box))) === 0]
}

const inBox = async (box: LaneBox, attacks: readonly Attack[], name: string): Promise<string> => {
  const { project, seat } = box
  const stdoutPath = join(seat.io, `${name}.stdout`)
  const stderrPath = join(seat.io, `${name}.stderr`)
  const host = { project, now: Date.now, log: () => {} }
  const errand: BoxErrand = {
    seat,
    taskId: null,
    what: 'attacks',
    file: '/bin/bash',
    args: ['-c', oneByOne, 'walls', ...attacks.map(({ script }) => script)],
    cwd: seat.out,
    env: { PATH: systemPath, HOME: seat.home, TMPDIR: seat.tmp, LANG: 'C.UTF-8', ...namesOf(box) },
    stdinPath: null,
    stdoutPath,
    stderrPath,
    readable: [join(project.env.HOME!, '.cargo'), seat.io],
    network: box.gate.network,
    limits,
  }
  const process = await box.start(host, { runId: 'wallwall', request: { containment: 'boxed' } }, errand)
  const end = await process.ended
  if (end.failedToStart === null) return readFile(stdoutPath, 'utf8')
  throw new AgentLabError(`doctor failed on the box of lane ${box.lane}: ${end.failedToStart}`, {
    code: 'no-wall',
    exit: exitCode.noWall,
    cure: 'See what is missing with agentlab doctor.',
  })
}

const systemPath = '/usr/local/bin:/usr/bin:/bin'

const namesOf = ({ names, gate, seat }: LaneBox): Record<string, string> => ({
  ...names,
  ...gate.names,
  OUTBOX: seat.out,
  OWN_SEAT: seat.root,
})

const operatorEnvironment = (box: LaneBox): Record<string, string> => ({
  ...(box.project.env as Record<string, string>),
  ...namesOf(box),
})

/** The same without a box, as the operator would run it. Null where it succeeds, else why it could not. */
export const attackOpenly = async (attack: Attack, box: LaneBox, upstreamPort: number): Promise<string | null> => {
  const isRoot = process.getuid?.() === 0
  if (attack.control === 'root' && !isRoot) return 'only root could do it'
  if (attack.control === 'ordinary' && isRoot) return 'root may do it anyway'
  const env = { ...operatorEnvironment(box), GATE_PORT: String(upstreamPort) }
  const codes = [await openly(attack.script, box.seat, env)]
  if (attack.after !== undefined) codes.push(await openly(attack.after, box.seat, env))
  if (codes.every(code => code === 0)) return null
  if (attack.script.startsWith('exec perl') && (await findProgram('perl', systemPath)) === null)
    return 'there is no perl on this machine'
  return attack.mayBeMissing ?? 'it does not succeed without a box either'
}

/** Not by `launch`, which would end what an attack leaves behind: without a box nothing does. */
const openly = async (script: string, seat: Seat, env: Record<string, string>): Promise<number | null> =>
  (await run('/bin/bash', ['-c', script], { cwd: seat.out, env, timeoutMs: 20_000 })).exitCode
