/**
 * The operator's words to an agent at work: accepted as a fact of the log, laid into its inbox, and known to be delivered
 * when the agent says so. All of it is done again by whoever starts the attempt anew; the conversation takes each once.
 */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { EffectOf } from '../domain/effect.ts'
import type { LoopEvent, LoopEventOf } from '../domain/event.ts'
import { wordsFor } from '../domain/laned.ts'
import type { Command } from '../store/commands.ts'
import type { Store } from '../store/store.ts'
import type { TaskContext } from '../supervisor/task-context.ts'
import type { Message } from '../workers/message.ts'
import { workers } from '../workers/registry.ts'
import type { Host, RunScope } from './host.ts'
import { eventsOf } from './run-memory.ts'
import type { Seat } from './seats.ts'

/** The event to tell, or why the message is refused. */
export const steeringFor = (
  store: Store,
  commandId: string,
  { runId, taskId, contentId }: Extract<Command, { kind: 'steer' }>,
): LoopEventOf<'operator.steered'> | string => {
  const task = store.machines.ofRun(runId).find(row => row.kind === 'task' && row.id === taskId)
  if (task === undefined) return `There is no task ${taskId}.`
  if (task.state !== 'working')
    return `Nobody works on task ${taskId} now (it is ${task.state}), so there is nobody to tell.`
  const { worker } = (task.context as TaskContext).fact
  if (workers[worker].takesMessages !== true)
    return `Task ${taskId} is ${worker}'s; only the conversations of local can be steered.`
  return { type: 'operator.steered', runId, taskId, commandId, contentId }
}

/** The conversation of a start of this attempt whose end was never seen; null: there is none that can be taken up. */
export const cutOffSession = (
  store: Store,
  { runId, taskId, worker }: Pick<EffectOf<'attempt.run'>, 'runId' | 'taskId' | 'worker'>,
): string | null => {
  if (workers[worker].takesMessages !== true) return null
  const events = eventsOf(store, runId).flatMap(({ event }) =>
    'taskId' in event && event.taskId === taskId ? [event] : [],
  )
  const open = events.slice(events.findLastIndex(event => event.type === 'attempt.finished') + 1)
  const known = open.findLast(event => event.type === 'session.known')
  return known?.sessionId ?? null
}

export interface Inbox {
  /** Lays down what has come since the last call. */
  post(): Promise<void>
  /** The agent has this message in its conversation. */
  taken(id: string): void
  /** Removes it: the words lie with the run. */
  close(): Promise<void>
}

/** Beside the seat, where nothing in the box can write. */
export const inboxOf = (seat: Pick<Seat, 'io'>): string => join(seat.io, 'inbox')

export const openInbox = async (
  host: Host,
  scope: Pick<RunScope, 'runId' | 'lane'>,
  { taskId, seat }: { taskId: string; seat: Seat },
  tell: (event: LoopEvent) => void,
): Promise<Inbox> => {
  const folder = inboxOf(seat)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { mode: 0o700 })
  const { store } = host.project
  let seenSeq = -1
  let posted = 0
  let posting: Promise<void> = Promise.resolve()

  const lay = async (): Promise<void> => {
    const seq = store.events.lastSeq()
    if (seq === seenSeq) return
    const messages = messagesTo(host, scope, taskId)
    for (const message of messages.slice(posted)) {
      const name = `${String(posted).padStart(6, '0')}.json`
      await writeFile(join(folder, `${name}.part`), JSON.stringify(message), { mode: 0o600 })
      await rename(join(folder, `${name}.part`), join(folder, name))
      posted++
    }
    seenSeq = seq
  }
  return {
    post: () => {
      // One after the other: two at once would write the same file.
      posting = posting.then(lay).catch(error => host.log(`inbox of ${taskId}: ${String(error)}`))
      return posting
    },
    taken: id => {
      const known = messagesTo(host, scope, taskId).find(message => message.id === id)
      if (known?.isTold === false) tell({ type: 'message.delivered', runId: scope.runId, taskId, commandId: id })
    },
    close: async () => {
      await posting
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** All there ever were, oldest first; those whose words were erased are left out. */
const messagesTo = (host: Host, scope: Pick<RunScope, 'runId' | 'lane'>, taskId: string): Message[] => {
  const { store } = host.project
  const events = eventsOf(store, scope.runId).map(({ event }) => event)
  const told = new Set(
    events.flatMap(event => (event.type === 'message.delivered' && event.taskId === taskId ? [event.commandId] : [])),
  )
  return events.flatMap(event => {
    if (event.type !== 'operator.steered' || event.taskId !== taskId) return []
    const words = store.content.laned(event.contentId)
    if (words === null) return []
    return [{ id: event.commandId, text: wordsFor(scope, words), isTold: told.has(event.commandId) }]
  })
}
