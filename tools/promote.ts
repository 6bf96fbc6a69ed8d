/**
 * `promote <tag>`: a person, at a terminal, moves main forward to what AgentLab has integrated on `agent`. The only
 * program of AgentLab that moves main; run by a person, imported by nothing, started by nothing. It never pushes.
 */
import { appendFile, chmod } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { AgentLabError, exitCode } from '../src/domain/errors.ts'
import { runIdOf } from '../src/domain/ids.ts'
import { many, short } from '../src/domain/measures.ts'
import { cleanText } from '../src/domain/text.ts'
import { operatorIdentity } from '../src/git/operator-config.ts'
import { createTag, type FastForward, fastForwardMain, removeTag } from '../src/git/promote.ts'
import { type RemovedWorktree, removeReviewWorktree } from '../src/git/review-worktree.ts'
import { agentAncestor, agentVariables } from '../src/process/agent-caller.ts'
import { promoteLockName, takeLock } from '../src/store/lock.ts'
import { type Release, readRelease } from './promote/release.ts'

const usage = `Usage: promote <tag>

Moves your main branch forward to AgentLab's integration branch and tags it, after showing what that adds.
You type the tag once more to agree. It never pushes.

Example: promote v1.2.0
`

/** Carries out the command line and sets the exit code: 0 main has moved, 1 it has not, 2 wrong use. */
export const main = async (args: string[] = process.argv.slice(2)): Promise<void> => {
  if (args.includes('--help') || args.includes('-h')) return void process.stdout.write(usage)
  try {
    const [tag, ...rest] = args
    if (tag === undefined || tag.startsWith('-') || rest.length > 0)
      throw refused('its arguments', 'it takes one tag', 'wrong-use', 'promote v1.2.0')
    await promote(tag)
  } catch (error) {
    process.exitCode = report(error)
  }
}

const promote = async (tag: string): Promise<void> => {
  refuseAgents()
  const release = await readRelease(process.cwd(), tag, process.env)
  const lock = takeLock(join(release.dataDir, promoteLockName), Date.now())
  if (lock === null)
    throw refused('its lock', 'somebody promotes in another terminal', 'promote-busy', 'Let that one end first.')
  try {
    await promoteRelease(release, tag)
  } finally {
    lock.release()
  }
}

/** Nothing of what is shown is erased meanwhile: the lock says so to `agentlab purge`. */
const promoteRelease = async (release: Release, tag: string): Promise<void> => {
  process.stdout.write(`${describe(release)}\n`)
  const word = release.checks.length === 0 ? `${tag} unchecked` : tag
  if ((await ask(`Type "${word}" to move ${release.mainBranch}, anything else to leave it: `)) !== word) {
    process.stdout.write('Nothing has changed.\n')
    process.exitCode = exitCode.failed
    return
  }
  const who = await operatorIdentity(release.repository)
  const at = new Date().toISOString()
  const object = await createTag(release.repository, { tag, commit: release.to, message: tagMessage(tag, release, at) })
  const moved = await move(release)
  if (moved.status !== 'promoted') {
    await removeTag(release.repository, { tag, object })
    throw notMoved(release, moved)
  }
  await record(release, {
    at,
    tag,
    object,
    from: release.from,
    to: release.to,
    who,
    user: userInfo().username,
    tasks: release.tasks,
    notProven: release.notProven,
  })
  process.stdout.write(`${farewell(tag, release, moved.broughtAlong)}\n`)
  for (const line of await tidyUp(release)) process.stdout.write(`${line}\n`)
}

/** An agent must never move main, neither by itself nor as somebody's child. */
const refuseAgents = (): void => {
  const variables = agentVariables(Object.keys(process.env))
  if (variables.length > 0)
    throw refused(
      'its environment',
      `an agent set ${variables.join(', ')}; only a person may promote`,
      'called-by-agent',
      'Run it in a shell of your own.',
    )
  const ancestor = agentAncestor(process.pid)
  if (ancestor !== null)
    throw refused(
      `process ${ancestor.pid}`,
      `this was started below an agent (${ancestor.sign}); only a person may promote`,
      'called-by-agent',
      'Run it in a shell of your own.',
    )
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true)
    throw refused(
      'its terminal',
      'standard input and output must be a terminal, for you read and type',
      'no-terminal',
      'Run it at a terminal, without pipes.',
    )
}

const refused = (what: string, why: string, code: string, cure: string): AgentLabError =>
  new AgentLabError(`promote failed on ${what}: ${why}`, { code, cure, exit: exitCode.wrongUse })

const describe = (release: Release): string => {
  const syncs = release.commits.filter(commit => commit.kind === 'sync').length
  return [
    `${release.agentBranch} adds ${many(release.tasks.length, 'task')} to ${release.mainBranch} (${short(release.from)} → ${short(release.to)}):`,
    ...release.tasks.map(task => `  ${task.taskId}  ${task.title}\n      by ${task.worker}, ${task.verdict}`),
    ...(syncs === 0 ? [] : [`  and ${many(syncs, 'merge')} that brought ${release.mainBranch} in`]),
    '',
    release.checks.length === 0 ? 'Checks: NONE' : `Checks passed on exactly this tree: ${release.checks.join(', ')}`,
    '',
    'NOT PROVEN',
    ...release.notProven.map(item => `  - ${item}`),
    '',
    cleanText(release.diffstat).trimEnd(),
    '',
  ].join('\n')
}

const ask = async (question: string): Promise<string> => {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    const closed = new Promise<string>(resolve => terminal.once('close', () => resolve('')))
    return (await Promise.race([terminal.question(question).catch(() => ''), closed])).trim()
  } finally {
    terminal.close()
  }
}

const tagMessage = (tag: string, release: Release, at: string): string =>
  [
    `${tag}`,
    '',
    ...release.tasks.map(task => `${task.taskId} ${task.title} (${task.worker}, ${task.verdict})`),
    '',
    'Not proven:',
    ...release.notProven.map(item => `- ${item}`),
    '',
    `Promoted from ${release.from} at ${at} by ${userInfo().username}.`,
    '',
  ].join('\n')

const move = (release: Release): Promise<FastForward> =>
  fastForwardMain({
    repository: release.repository,
    mainBranch: release.mainBranch,
    target: release.to,
    expectedOld: release.from,
  })

const notMoved = (release: Release, result: Exclude<FastForward, { status: 'promoted' }>): AgentLabError => {
  const of = (why: string, cure: string): AgentLabError =>
    new AgentLabError(`promote failed on ${release.mainBranch}: ${why}`, { code: `promote-${result.status}`, cure })
  if (result.status === 'raced') return of('it moved while you were reading', 'Run promote again and read again.')
  if (result.status === 'notFastForward') return of('it can not be moved forward to there', 'Run promote again.')
  const files = result.files.length === 0 ? '' : `: ${result.files.join(', ')}`
  return of(
    `something in ${result.worktree} would be lost${files} (${result.why})`,
    'Commit it, stash it or move it away, then run promote again.',
  )
}

/** One line per promotion; main has moved already, so a failure here is told and changes nothing. */
const record = async (release: Release, entry: Record<string, unknown>): Promise<void> => {
  const path = join(release.dataDir, 'promotions.jsonl')
  try {
    await appendFile(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 })
    await chmod(path, 0o600)
  } catch (error) {
    process.stderr.write(
      `promote: ${path} could not be written: ${error instanceof Error ? error.message : String(error)}\n`,
    )
  }
}

/** The worktrees for reviewing what main holds now: removed where they hold nothing of yours. Main has moved already. */
const tidyUp = async ({ repository, tasks }: Release): Promise<string[]> => {
  const ids = [...new Set(tasks.flatMap(({ taskId }) => [taskId, runIdOf(taskId)]))]
  const lines: string[] = []
  for (const id of ids) {
    const one = await removeReviewWorktree(repository, id).catch((error: unknown) => error)
    if (one instanceof Error) lines.push(`The worktree of ${id} stays: ${cleanText(one.message)}`)
    else if (one !== null) lines.push(worktreeLine(one as RemovedWorktree))
  }
  return lines
}

const worktreeLine = (one: RemovedWorktree): string =>
  one.status === 'removed' ? `Removed: ${one.path}` : `Kept: ${one.path}, because ${one.why}`

const farewell = (tag: string, { mainBranch, from, to }: Release, broughtAlong: string[]): string => {
  const back = broughtAlong.map(path => `git -C ${path} reset --keep ${from}`)
  const undo = [
    ...(back.length === 0 ? [`git branch -f ${mainBranch} ${from}`] : back.slice(0, 1)),
    `git tag -d ${tag}`,
  ]
  return [
    `${mainBranch} is at ${short(to)}, tagged ${tag}.`,
    ...broughtAlong.map(path => `Brought along: ${path}`),
    `To publish it:  git push origin ${mainBranch} ${tag}`,
    `To undo it here: ${undo.join(' && ')}`,
  ].join('\n')
}

const report = (error: unknown): number => {
  if (!(error instanceof AgentLabError)) {
    process.stderr.write(
      `promote: this is a bug in AgentLab\n${error instanceof Error ? error.stack : String(error)}\n`,
    )
    return exitCode.failed
  }
  process.stderr.write(`error: ${error.message}\n${error.cure === undefined ? '' : `  → ${error.cure}\n`}`)
  return error.exit
}

if (import.meta.main) await main()
