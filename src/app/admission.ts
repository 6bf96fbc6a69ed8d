/** The door for a run, as far as the repository is concerned: what is refused before a row is written, and what is said. */
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Oid } from '../domain/ids.ts'
import type { RepositoryNote } from '../domain/repository-note.ts'
import { cleanLine } from '../domain/text.ts'
import { examineRepository } from '../git/examine.ts'
import { submoduleOf, submodulesOf } from '../git/submodules.ts'
import { parsePlanFile } from '../planner/plan-file.ts'
import type { Project } from './project.ts'

/**
 * What is worked around in this repository.
 * @throws AgentLabError the first reason not to work on it, with the line to type; `plan-in-submodule`
 */
export const admitRun = async (project: Project, planText: string | null): Promise<RepositoryNote[]> => {
  const { branches, agents } = project.config.effective
  const { base, notes, refusals } = await examineRepository(project.repository, { ...branches, workers: agents })
  if (refusals[0] !== undefined) throw refusals[0]
  if (planText !== null && base !== null) await refuseSubmodulePaths(project, base, planText)
  return notes
}

const refuseSubmodulePaths = async ({ repository }: Project, base: Oid, planText: string): Promise<void> => {
  const submodules = await submodulesOf(repository, base)
  for (const task of parsePlanFile(planText, 'the plan file').tasks) {
    const path = task.paths.find(one => submoduleOf(submodules, one) !== undefined)
    if (path === undefined) continue
    const submodule = cleanLine(submoduleOf(submodules, path)!)
    throw new AgentLabError(
      `agentlab task failed on the plan: task "${task.key}" is to change ${cleanLine(path)}, which lies in the submodule ${submodule}`,
      {
        code: 'plan-in-submodule',
        cure: `Take it out of the plan, or ask for it in the submodule itself: agentlab --repo ${submodule} task "<goal>"`,
        exit: exitCode.wrongUse,
      },
    )
  }
}
