/** Kill -9 while the integration branch is rebuilt: the next supervisor comes to the same end, each fact told to its run. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test, vi } from 'vitest'
import { openProject, requestRejection } from '../../src/app.ts'
import { readRunView } from '../../src/store/run-view.ts'
import { inLifeLab, planOf, withCheck, writes } from '../support/life-lab.ts'

vi.setConfig({ testTimeout: 60_000 })

const program = fileURLToPath(new URL('../fixtures/programs/reject-and-die.ts', import.meta.url))

test.each(['operator.rejected', 'moved', 'task.reintegrated', 'agent.rebuilt'])('killed at %s', async point => {
  let place: { root: string; env: Record<string, string>; taskId: string; otherId: string } | null = null
  await inLifeLab(withCheck, async lab => {
    const gone = await lab.run(planOf({ key: 'gone', script: writes('gone.txt') }))
    const stays = await lab.run(planOf({ key: 'stays', script: writes('stays.txt') }))
    place = { root: lab.root, env: lab.env, taskId: gone.tasks[0]!.taskId, otherId: stays.tasks[0]!.taskId }
    await lab.withoutSupervisor(async () => {
      const { root, env, taskId, otherId } = place!
      const live = (at: string) => spawnSync(process.execPath, [program, root, at], { cwd: root, env, timeout: 40_000 })
      const project = await openProject({ cwd: root, env })
      try {
        const asked = requestRejection(
          project,
          { taskId, why: 'No.', back: false, withDependents: false },
          { startSupervisor: false },
        )
        await new Promise(resolve => setImmediate(resolve))
        while (project.store.commands.unanswered().length === 0) await new Promise(resolve => setTimeout(resolve, 10))
        expect(live(point).signal).toBe('SIGKILL')
        expect(live('never')).toMatchObject({ status: 0 })
        expect(await asked).toMatchObject({ outcome: { type: 'agent.rebuilt' } })
        const runOf = (id: string) => readRunView(project.store, id.slice(0, 8))!
        expect(runOf(taskId)).toMatchObject({ state: 'done', tasks: [{ state: 'rejected', integrated: null }] })
        const [other] = runOf(otherId).tasks
        expect(lab.git('rev-parse', 'agent')).toBe(other!.integrated!.commit)
        expect(lab.filesOn('agent')).toEqual(['README.md', 'agentlab.yaml', 'stays.txt'])
        expect(project.store.outbox.pending()).toEqual([])
      } finally {
        project.close()
      }
    })
  })
})
