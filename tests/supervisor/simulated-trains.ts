/** The part of a simulated world where tips meet: the branch `agent`, what each tree holds, who does not go with whom. */
import type { EffectOf } from '../../src/domain/effect.ts'
import type { LoopEvent, LoopEventOf, TrainMember } from '../../src/domain/event.ts'
import { learn, newStack, nextStep } from '../../src/supervisor/train-search.ts'
import { oid } from './facts.ts'

export interface Landing {
  taskId: string
  tip: string
  tree: string
  /** The top of its stack. */
  checkedTree: string
}

interface Dice {
  chance(probability: number): boolean
  pick<T>(values: readonly T[]): T
  objectFor(name: string): string
  text(): string
}

type Status = LoopEventOf<'checks.finished'>['status']

export const createTrains = ({ chance, pick, objectFor, text }: Dice) => {
  let agent = oid(1)
  /** Where `agent` has stood since it was rebuilt last. */
  let line = [agent]
  let standing: Landing[] = []
  const integrations: Landing[] = []
  const goodTrees = new Map<string, readonly string[]>()
  const statuses = new Map<string, Status>()
  const badPairs = new Map<string, boolean>()
  const answers = new Map<string, LoopEvent[]>()

  /** Drawn once for each two tips: each may be green alone and red together. */
  const isBadPair = (one: string, other: string): boolean => {
    const key = [one, other].toSorted().join(' ')
    const isBad = badPairs.get(key) ?? chance(0.15)
    badPairs.set(key, isBad)
    return isBad
  }

  /** The checks on what these tips make of `agent`, the same for the same tree. */
  const check = (tips: readonly string[]): { tree: string; status: Status } => {
    const tree = objectFor(`${agent} ${tips.join(' ')}`)
    const held = standing.map(one => one.tip)
    const news = tips.filter(tip => !held.includes(tip))
    const isRed = news.some((tip, index) => [...held, ...news.slice(0, index)].some(other => isBadPair(other, tip)))
    const drawn = isRed || (tips.length === 1 && news.length > 0 && chance(0.1)) ? 'failed' : fine()
    const status = statuses.get(tree) ?? drawn
    statuses.set(tree, status)
    if (status !== 'failed') goodTrees.set(tree, [...held, ...tips])
    return { tree, status }
  }

  /** Of a train that was called off and landed all the same; what is told already is not heard again. */
  const lateLandings = (runId: string): LoopEvent[] =>
    standing.filter(({ taskId }) => taskId.startsWith(runId)).map(one => told(runId, one))

  const holds = (tip: string): boolean => standing.some(one => one.tip === tip)

  const moveTo = (commit: string): void => {
    agent = commit
    line.push(commit)
  }

  const fine = (): Status => pick(['passed', 'failedOnBaseToo', 'notRun', 'none'] as const)

  const run = (effect: EffectOf<'train.run'>): LoopEvent[] => {
    const { runId, train, members } = effect
    const end: LoopEvent = { type: 'train.ended', runId, train, checkRuns: 0 }
    // A repeated train comes to the same end.
    const known = answers.get(effect.key)
    if (known !== undefined) return known
    if (chance(0.05)) {
      const reason = pick(['branchCheckedOut', 'agentMovedByHand'] as const)
      return [...members.map(({ taskId }): LoopEvent => ({ type: 'integration.refused', runId, taskId, reason })), end]
    }
    if (chance(0.1)) moveTo(objectFor(`by hand ${integrations.length} ${effect.key}`))
    const before = members.filter(member => holds(member.tip))
    const astray = members.filter(member => !before.includes(member) && !line.includes(member.agent))
    const aboard = members.filter(member => !before.includes(member) && !astray.includes(member))
    const apart = aboard.filter((_, index) => index > 0 && chance(0.1))
    const { events, lands, bad } = search(
      effect,
      aboard.filter(member => !apart.includes(member)),
    )
    const gone = astray.map(({ taskId }): LoopEvent => ({ type: 'agent.moved', runId, taskId }))
    // Somebody else moved agent first.
    if (chance(0.1)) return [...events, ...gone, ...before.map(member => told(runId, member)), end]
    const landed = land(runId, lands)
    const answer = [
      ...events,
      ...gone,
      ...before.map(member => told(runId, member)),
      ...landed,
      ...(bad === null ? [] : [sentBack(runId, bad, lands)]),
      ...apart.map(({ taskId }): LoopEvent => conflict(runId, taskId)),
      end,
    ]
    answers.set(effect.key, answer)
    return answer
  }

  const search = ({ runId, train }: EffectOf<'train.run'>, stack: readonly TrainMember[]) => {
    const events: LoopEvent[] = []
    let known = newStack(stack.length, stack[0]?.agent === agent)
    for (;;) {
      const step = nextStep(known)
      if (step.kind === 'end') {
        const bad = step.isNextBad ? stack[step.lands]! : null
        return { events, lands: stack.slice(0, step.lands), bad }
      }
      const part = stack.slice(0, step.height)
      const { tree, status } = check(part.map(member => member.tip))
      const taskIds = part.map(member => member.taskId)
      events.push({ type: 'train.checked', runId, train, taskIds, agent, tree, status, resultsContentId: text() })
      known = learn(known, step.height, status !== 'failed')
    }
  }

  const land = (runId: string, lands: readonly TrainMember[]): LoopEvent[] => {
    const checkedTree = objectFor(`${agent} ${lands.map(member => member.tip).join(' ')}`)
    const below = agent
    for (const [index, { taskId, tip }] of lands.entries()) {
      const tree = objectFor(
        `${below} ${lands
          .slice(0, index + 1)
          .map(member => member.tip)
          .join(' ')}`,
      )
      const landing = { taskId, tip, tree, checkedTree }
      integrations.push(landing)
      standing.push(landing)
      moveTo(objectFor(`integration of ${taskId} ${tip}`))
    }
    return lands.map(member => told(runId, member))
  }

  const told = (runId: string, { taskId, tip }: Pick<TrainMember, 'taskId' | 'tip'>): LoopEvent => {
    const { tree } = standing.find(one => one.tip === tip)!
    const commit = objectFor(`integration of ${taskId} ${tip}`)
    return { type: 'task.integrated', runId, taskId, commit, agent: oid(1), tip, tree }
  }

  const sentBack = (runId: string, bad: TrainMember, lands: readonly TrainMember[]): LoopEvent => ({
    type: 'checks.finished',
    runId,
    taskId: bad.taskId,
    tip: bad.tip,
    agent,
    tree: objectFor(`${agent} ${bad.tip}`),
    status: 'failed',
    resultsContentId: text(),
    findingsContentId: text(),
    environmentContentId: null,
    stack: lands.map(member => member.taskId),
  })

  const conflict = (runId: string, taskId: string): LoopEvent => ({
    type: 'merge.conflicted',
    runId,
    taskId,
    agent,
    files: 1,
    findingsContentId: text(),
  })

  /** All of it or nothing, and a second time sees that it was done. */
  const rebuild = (effect: EffectOf<'agent.rebuild'>): LoopEvent => {
    const { runId, tasks, back, findingsContentId } = effect
    const to = objectFor(`without ${tasks.join(' ')} ${effect.agent} ${findingsContentId}`)
    const rebuilt: LoopEvent = { type: 'agent.rebuilt', runId, tasks, back, from: effect.agent, to, findingsContentId }
    if (agent === to) return rebuilt
    if (chance(0.3)) {
      const reason = pick(['conflict', 'checksFailed', 'foreignMerge', 'notThere', 'branchCheckedOut'] as const)
      return { type: 'rebuild.refused', runId, tasks, reason, contentId: text() }
    }
    if (agent !== effect.agent) return { type: 'rebuild.raced', runId, tasks, agent }
    standing = standing.filter(one => !tasks.includes(one.taskId))
    line = []
    moveTo(to)
    return rebuilt
  }

  return {
    integrations,
    standing: (): readonly Landing[] => standing,
    goodTrees,
    agent: () => agent,
    holds,
    lateLandings,
    check,
    run,
    rebuild,
  }
}
