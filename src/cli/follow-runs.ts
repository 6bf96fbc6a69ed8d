/** `runs -f`: keeps a screen of the repository's runs up to date; plain lines where there is no terminal. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Project } from '../app.ts'
import type { RunView } from '../domain/run-view.ts'
import { type RunsSnapshot, renderRunsScreen } from '../tui/runs-screen.ts'
import type { Answer, Call } from './call.ts'
import { describeChanges } from './progress.ts'
import { runIds, viewOf } from './project.ts'

const shownRuns = 30
const pollMs = 250

const nothing: Answer = { text: '', json: null }

/** Ends when the operator leaves, with SIGINT, or (without a terminal) when no run is under way. */
export const followRuns = (call: Call, project: Project): Promise<Answer> =>
  call.out.isTTY && call.env.TERM !== 'dumb' && !call.json ? onScreen(call, project) : inLines(call, project)

/** Reads the views again only where something may have changed. */
const viewReader = (project: Project): (() => RunView[]) => {
  const kept = new Map<string, RunView>()
  return () =>
    runIds(project)
      .slice(0, shownRuns)
      .map(id => {
        const known = kept.get(id)
        const isAtRest =
          known !== undefined && known.endedAt !== null && known.state === project.store.machines.get(id)?.state
        const view = isAtRest ? known : viewOf(project, id)
        kept.set(id, view)
        return view
      })
}

const onScreen = async (call: Call, project: Project): Promise<Answer> => {
  const { openTerminal } = await import('../tui/terminal.ts')
  const leave = new AbortController()
  const read = viewReader(project)
  const snapshot: RunsSnapshot = { repository: project.repository.root, runs: read(), selected: 0, now: Date.now() }
  const draw = (): void => screen.draw(renderRunsScreen(snapshot, screen.width, screen.height))
  const move = (step: number): void => {
    snapshot.selected = Math.max(0, Math.min(snapshot.runs.length - 1, snapshot.selected + step))
    draw()
  }
  const keys: Record<string, () => void> = {
    q: () => leave.abort(),
    'C-c': () => leave.abort(),
    up: () => move(-1),
    k: () => move(-1),
    down: () => move(1),
    j: () => move(1),
  }
  const screen = await openTerminal({
    isAscii: call.out.isAscii,
    onKey: name => keys[name]?.(),
    onRedraw: () => draw(),
  })
  try {
    draw()
    for (;;) {
      if (!(await wait(AbortSignal.any([call.signal, leave.signal])))) return nothing
      const chosen = snapshot.runs[snapshot.selected]?.runId
      snapshot.runs = read()
      snapshot.now = Date.now()
      snapshot.selected = Math.max(
        0,
        snapshot.runs.findIndex(run => run.runId === chosen),
      )
      draw()
    }
  } finally {
    screen.close()
  }
}

const inLines = async (call: Call, project: Project): Promise<Answer> => {
  const read = viewReader(project)
  const last = new Map<string, RunView>()
  for (;;) {
    const views = read()
    for (const view of views.toReversed()) {
      const lines = describeChanges(last.get(view.runId) ?? null, view)
      for (const line of lines)
        call.out.write(call.json ? `${JSON.stringify({ runId: view.runId, line })}\n` : `${line}\n`)
      last.set(view.runId, view)
    }
    if (views.every(view => view.endedAt !== null)) return nothing
    if (!(await wait(call.signal))) return nothing
  }
}

/** False when it was ended instead. */
const wait = (signal: AbortSignal): Promise<boolean> => sleep(pollMs, true, { signal }).catch(() => false)
