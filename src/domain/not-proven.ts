/** What a run does not prove, said item by item so that silence is never taken for proof. */

import { count, duration, many, moment } from './measures.ts'
import { noteWords } from './repository-note.ts'
import { countWords } from './research-text.ts'
import type { ChecksView, RunView, TaskView, VerdictView } from './run-view.ts'
import { cleanLine } from './text.ts'
import { nearness, passWords } from './verdict-words.ts'

/** Every item is one sentence of plain text. Empty when all that is looked for was proven (see `provenSentence`). */
export const notProven = (view: RunView): string[] => [
  ...ofTheRun(view),
  ...(view.planning.purpose === 'plan' ? [] : view.tasks.flatMap(ofTask)),
  ...ofTheVerdicts(view),
  ...ofTheCost(view),
]

/** Said where notProven is empty: what exactly was looked for. */
export const provenSentence =
  'Nothing was found to list. Looked for: scripted models, a loosened lane, missing containment, submodules, files stored elsewhere, unfinished tasks, checks that are missing, ' +
  'did not run, were red before or could make user namespaces, new dependencies, verdicts that are missing, inconclusive or of the same vendor, findings left open, ' +
  'reproductions not replayed, research answers, lost output, unmeasured usage, a clock set back, erased words.'

const ofTheRun = (view: RunView): string[] => {
  const items: string[] = []
  if (view.imported !== undefined)
    items.push(
      `This run was imported on ${moment(view.imported.at).slice(0, 10)} from a file: who made the file is not known, and nothing it says was checked on this machine.`,
    )
  if (view.rehearsed)
    items.push('The models were scripted (a rehearsal): this says nothing about what real models would have done.')
  items.push(...ofTheLane(view), ...ofTheWalls(view), ...view.notes.map(note => noteWords(note).notProven))
  if (view.planOrigin === 'fallback')
    items.push('The plan is a fallback: no planner cut the goal, it is one single task.')
  if (view.sync?.kind === 'merge' || view.sync?.kind === 'conflict')
    items.push("What main brought in was checked with the integration branch, not reviewed: it is main's.")
  if (view.planning.purpose === 'plan') items.push("This run made a plan and nothing more: a plan is a model's word.")
  else if (view.tasks.length === 0 && view.sync === null) items.push('There is no plan: nothing was worked on.')
  if (view.clockBackMs > 0)
    items.push(
      `This machine's clock was set back by ${duration(view.clockBackMs)} during the run: durations across that are too short.`,
    )
  if (view.erased)
    items.push("This run's words were erased: goal, statements and findings can no longer be held against the work.")
  const integrated = view.tasks.filter(task => task.integrated !== null)
  if (integrated.length > 1) {
    items.push("Each verdict was given at a task's own tip; their merged result was checked, not reviewed.")
  }
  return items
}

const ofTheLane = ({ lane, loosenedFrom }: RunView): string[] =>
  loosenedFrom === null
    ? []
    : [
        `You let this run into lane ${lane} although it needed ${loosenedFrom}: whoever lane ${lane} lets see its data may have seen all of it.`,
      ]

const ofTheWalls = (view: RunView): string[] => {
  if (view.containment === 'unboxed')
    return [
      'No box: nothing but their own good behaviour kept the agents from the rest of this machine and its network.',
    ]
  if (view.network === 'host')
    return ["The box shared this machine's network: what the agents fetched or sent was not limited."]
  if (!view.launches.some(launch => launch.what === 'setup')) return []
  if (view.setupHosts !== null) return ofTheSetup(view.setupHosts)
  return view.lane !== 'private'
    ? ["The set-up ran with this machine's network: what it fetched or sent was not limited."]
    : []
}

const ofTheSetup = (hosts: readonly string[]): string[] =>
  hosts.length === 0
    ? []
    : [
        `The set-up could reach ${cleanLine(hosts.join(', '), 400)} with a copy of its declared inputs: what it fetched and sent was not looked at.`,
      ]

const named = (task: TaskView): string =>
  task.title === null ? `Task ${task.number}` : `Task ${task.number} (${cleanLine(task.title, 60)})`

const ofTask = (task: TaskView): string[] => {
  const items: string[] = []
  const isSettled = task.state === 'integrated' || task.state === 'recorded'
  if (!isSettled) items.push(`${named(task)}: nothing is proven, it is ${stateWords[task.state] ?? 'under way'}.`)
  if (task.kind === 'research') {
    if (task.answer !== null || task.state === 'recorded')
      items.push(`${named(task)}: its answer is a model's word; nobody verified it.`, ...ofTheClaims(task))
  } else if (task.integrated !== null) items.push(...ofIntegration(task, task.integrated))
  const dropped = task.attempts.reduce((sum, attempt) => sum + attempt.dropped, 0)
  if (dropped > 0)
    items.push(`${named(task)}: ${many(dropped, 'line')} of the agents' output went past the bound and were not seen.`)
  return items
}

/** Nothing where its citations were not looked at, or all of them hold. */
const ofTheClaims = (task: TaskView): string[] => {
  const { claims } = task
  const isAllCited =
    claims !== null && claims !== undefined && claims.notFound + claims.uncited === 0 && claims.cited > 0
  return claims === undefined || isAllCited ? [] : [`${named(task)}: its citations: ${countWords(claims)}.`]
}

const stateWords: Record<string, string> = {
  pending: 'not begun',
  failed: 'failed',
  skipped: 'skipped',
  dropped: 'dropped from the plan by you',
  rejected: 'rejected by you',
  cancelled: 'cancelled',
  awaitingOperator: 'waiting for you',
}

const ofIntegration = (task: TaskView, integrated: NonNullable<TaskView['integrated']>): string[] => {
  const items: string[] = []
  const own = task.checks.findLast(one => one.tree === integrated.tree)
  const checks = own ?? task.checks.findLast(one => one.tree === integrated.stack?.tree)
  const problem = checksProblem(checks)
  if (problem !== null) items.push(`${named(task)}: ${problem}`)
  items.push(...ofTheNamespaces(task, checks), ...ofTheEnvironment(task))
  if (own === undefined && checks !== undefined)
    items.push(
      `${named(task)}: its checks ran on it together with those that landed on top of it, not on its own tree.`,
    )
  const atTip = task.verdicts.filter(verdict => verdict.tip === task.tip)
  const pass = atTip.findLast(verdict => verdict.value === 'pass')
  if (pass === undefined) items.push(`${named(task)}: no passing verdict at the tip that was integrated.`)
  else items.push(...ofPass(task, pass))
  if (integrated.rebuiltTip !== null)
    items.push(
      `${named(task)}: the branch was rebuilt below it; the verdict was given on the change as it was before (checks ran anew).`,
    )
  const vain = atTip.filter(verdict => verdict.value === 'inconclusive').length
  if (vain > 0) items.push(`${named(task)}: ${many(vain, 'verdict')} at its last tip did not count (inconclusive).`)
  return items
}

/** What was noted of the environment when the tip that was integrated was checked last. */
const ofTheEnvironment = (task: TaskView): string[] => {
  // A stack's environment is everybody's: what a task brings into it shows where it was checked alone.
  const last = task.checks.findLast(one => one.tip === task.tip && one.stack === undefined)
  const notes = task.findings.filter(one => one.source === 'environment' && one.at === last?.at)
  return notes.flatMap(one =>
    one.findings === null
      ? [`${named(task)}: what its environment left open was erased.`]
      : one.findings.map(({ claim }) => `${named(task)}: ${cleanLine(claim, 400)}`),
  )
}

const ofTheNamespaces = (task: TaskView, checks: ChecksView | undefined): string[] => {
  const names = (checks?.results ?? []).filter(check => check.userNamespaces).map(check => cleanLine(check.name, 60))
  return names.length === 0
    ? []
    : [
        `${named(task)}: with your leave (box.userns), ${names.join(', ')} could make user namespaces: more of the kernel was within reach of the code it ran.`,
      ]
}

const checksProblem = (checks: ChecksView | undefined): string | null => {
  if (checks === undefined) return 'no checks are on record for the tree that was integrated.'
  const names = (status: string): string =>
    checks.results
      .filter(check => check.status === status)
      .map(check => cleanLine(check.name, 60))
      .join(', ') || 'some'
  switch (checks.status) {
    case 'none':
      return 'no checks are configured, so none ran.'
    case 'notRun':
      return `checks did not run (${names('notRun')}).`
    case 'failedOnBaseToo':
      return `checks are red, and were red on the base before (${names('failed')}): they neither block nor prove.`
    case 'failed':
      return `it was integrated although checks failed (${names('failed')}).`
    case 'passed':
      return null
  }
}

const ofPass = (task: TaskView, pass: VerdictView): string[] => {
  const items: string[] = []
  if (pass.sameVendor) {
    const near = nearness(pass) === 'same model' ? "asked the author's own model and has its" : "has the author's"
    items.push(`${named(task)}: ${passWords(pass)}: the verifier ${pass.verifier ?? ''} ${near} blind spots.`)
  }
  for (const finding of pass.findings)
    items.push(`${named(task)}: left open as minor: ${cleanLine(finding.claim, 200)}`)
  return items
}

const ofTheVerdicts = (view: RunView): string[] => {
  const verdicts = view.tasks.flatMap(task => task.verdicts)
  const reproductions = verdicts
    .flatMap(verdict => verdict.findings)
    .filter(finding => finding.reproduction !== undefined).length
  const claimed = verdicts.reduce((sum, verdict) => sum + verdict.ran.length, 0)
  return [
    ...(reproductions > 0
      ? [`${many(reproductions, 'reproduction')} given by verifiers: not replayed by AgentLab.`]
      : []),
    ...(claimed > 0
      ? [`${many(claimed, 'command')} verifiers say they ran, with these exit codes: not replayed by AgentLab.`]
      : []),
  ]
}

const ofTheCost = (view: RunView): string[] => {
  const { unmeasured, tokens } = view.spending
  return unmeasured === 0
    ? []
    : [
        `The usage of ${many(unmeasured, 'request')} was not measured: ${tokens === 0 ? 'what they cost is not known' : `${count(tokens)} tokens is a lower bound`}.`,
      ]
}
