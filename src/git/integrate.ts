/** Integrations: merge commits by AgentLab on the branch `agent`, and how to read them back. They never touch main. */
import { Oid, type TaskId } from '../domain/ids.ts'
import { commitTree, composeMessage, parseTrailers, type Trailers } from './commit.ts'
import { type GitPlace, gitBytes, records } from './exec.ts'
import { agentLabIdentity } from './operator-config.ts'
import { isAncestor } from './refs.ts'

/** One first-parent commit of `agent`. `foreign`: not made by AgentLab, or not of the shape it makes. */
export type AgentCommit = {
  commit: Oid
  tree: Oid
  parents: Oid[]
  title: string
  trailers: Trailers
} & ({ kind: 'integration'; taskId: TaskId; taskTip: Oid } | { kind: 'sync'; main: Oid } | { kind: 'foreign' })

/**
 * The merge commit that integrates a task: first parent the old `agent`, second the task's tip, tree exactly the one
 * whose checks passed. Trailers get `AgentLab-Integration: <taskId>`. Only writes the object.
 */
export const integrationCommit = (
  place: GitPlace,
  input: {
    agentTip: Oid
    taskTip: Oid
    tree: Oid
    taskId: TaskId
    title: string
    body?: string
    trailers?: Trailers
    when: number
  },
): Promise<Oid> =>
  commitTree(place, {
    tree: input.tree,
    parents: [input.agentTip, input.taskTip],
    message: composeMessage(input.title, input.body ?? '', { Integration: input.taskId, ...input.trailers }),
    when: input.when,
  })

/** The merge commit that brings main's new commits into `agent`: second parent main, trailer `AgentLab-Sync: <main>`. */
export const syncCommit = (
  place: GitPlace,
  input: { agentTip: Oid; main: Oid; tree: Oid; mainBranch: string; when: number },
): Promise<Oid> =>
  commitTree(place, {
    tree: input.tree,
    parents: [input.agentTip, input.main],
    message: composeMessage(`Bring ${input.mainBranch} into agent`, '', { Sync: input.main }),
    when: input.when,
  })

const ours = `${agentLabIdentity.name} <${agentLabIdentity.email}>`

const classify = (record: string): AgentCommit => {
  const [commit = '', tree = '', parentList = '', committer = '', ...message] = record.split('\n')
  const parents = parentList === '' ? [] : parentList.split(' ')
  const trailers = parseTrailers(message.join('\n'))
  const base = { commit, tree, parents, title: message[0] ?? '', trailers }
  const second = parents[1]
  if (parents.length !== 2 || second === undefined || committer !== ours) return { ...base, kind: 'foreign' }
  if (trailers.Integration) return { ...base, kind: 'integration', taskId: trailers.Integration, taskTip: second }
  if (trailers.Sync === second) return { ...base, kind: 'sync', main: second }
  return { ...base, kind: 'foreign' }
}

/** The first-parent commits that `agent` has and `main` lacks, oldest first. */
export const integrationsBetween = async (place: GitPlace, main: Oid, agent: Oid): Promise<AgentCommit[]> => {
  const format = '--format=%H%n%T%n%P%n%cn <%ce>%n%B'
  const range = [Oid.parse(agent), `^${Oid.parse(main)}`]
  const output = await gitBytes(place, [
    'log',
    '--first-parent',
    '--reverse',
    '-z',
    '--no-mailmap',
    format,
    ...range,
    '--',
  ])
  // `git log -z` separates records and does not end the last one.
  return records(Buffer.concat([output, Buffer.from(output.length > 0 && output.at(-1) !== 0 ? '\0' : '')])).map(
    classify,
  )
}

export type Integration = Extract<AgentCommit, { kind: 'integration' }>

/** The integration through which a task's tip is in `agent`, or null. */
export const findIntegration = async (
  place: GitPlace,
  agent: Oid,
  taskId: TaskId,
  tip: Oid,
): Promise<Integration | null> => {
  if (!(await isAncestor(place, tip, agent))) return null
  const commits = await integrationsBetween(place, tip, agent)
  return (
    commits.find(
      (entry): entry is Integration => entry.kind === 'integration' && entry.taskId === taskId && entry.taskTip === tip,
    ) ?? null
  )
}

/** The commit of `findIntegration`, or null. */
export const isIntegrated = async (place: GitPlace, agent: Oid, taskId: TaskId, tip: Oid): Promise<Oid | null> =>
  (await findIntegration(place, agent, taskId, tip))?.commit ?? null
