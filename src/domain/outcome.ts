/** What an outcome or a wait means, in one sentence, and what the operator can do about it. */

import type { RunId } from './ids.ts'
import type { RebuildRefusal, RunOutcome, WaitReason } from './reasons.ts'
import type { RunView } from './run-view.ts'

export interface Explanation {
  /** Fits after "<who> waits for you: ". */
  sentence: string
  /** One line: what to do and what to type. */
  cure: string
}

const resume = (runId: RunId): string => `agentlab resume ${runId}`

const waits: Record<WaitReason, (runId: RunId) => Explanation> = {
  limitReached: runId => ({
    sentence: 'a limit of the run was reached',
    cure: `Grant the same limits once more: ${resume(runId)}`,
  }),
  diskFull: runId => ({
    sentence: "the disk that holds AgentLab's data is nearly full",
    cure: `Make room (what AgentLab can spare: agentlab gc --dry-run), then: ${resume(runId)}`,
  }),
  attemptsUsed: runId => ({
    sentence: 'all attempts are used and the work was still sent back',
    cure: `Read what was found (agentlab receipt ${runId}), then grant more attempts: ${resume(runId)}`,
  }),
  loginNeeded: runId => ({
    sentence: 'an agent is not logged in, or was refused by its provider or by a server of yours',
    cure: `See which one with agentlab doctor, log in or mend the server, then: ${resume(runId)}`,
  }),
  providerDown: runId => ({
    sentence: 'a provider stayed unreachable or overloaded through every wait',
    cure: `When it answers again: ${resume(runId)}`,
  }),
  verdictInconclusive: runId => ({
    sentence: 'no verifier gave a verdict that counts',
    cure: `Look at the work yourself (agentlab diff ${runId}), or ask the verifiers again: ${resume(runId)}`,
  }),
  branchCheckedOut: runId => ({
    sentence:
      'the integration branch is checked out in one of your worktrees, and AgentLab never moves a branch under you',
    cure: `Switch that worktree to another branch, then: ${resume(runId)}`,
  }),
  mainConflict: runId => ({
    sentence: 'the main branch and the integration branch conflict',
    cure: `Let an agent resolve it: agentlab sync --resolve. Or take out the task that stands in the way (agentlab reject TASK "<why>"), then: ${resume(runId)}`,
  }),
  mainChecksFailed: runId => ({
    sentence: "the checks fail once main's new commits are brought into the integration branch",
    cure: `Mend main or the integration branch, then: ${resume(runId)}`,
  }),
  mainRewritten: runId => ({
    sentence:
      'the main branch was rewritten: commits that the integration branch was built on are no longer in it, and merging would bring them back',
    cure: `Put the integration branch on the new main yourself (git branch -f agent main drops what was not promoted; the task branches stay), then: ${resume(runId)}`,
  }),
  mainMissing: runId => ({
    sentence: 'the main branch is gone: it was deleted or renamed',
    cure: `Bring it back, or name the new one in agentlab.yaml (main: <branch>), then: ${resume(runId)}`,
  }),
  agentMovedByHand: runId => ({
    sentence:
      'the integration branch was removed, or moved by hand to a commit that does not continue what the checks saw',
    cure: `Put it where you want it, then: ${resume(runId)}`,
  }),
  repositoryUnfit: runId => ({
    sentence: 'the repository is in a state AgentLab does not work on',
    cure: `Type the line that is named below, then: ${resume(runId)}`,
  }),
  stricterLane: runId => ({
    sentence: 'a path demands a stricter lane than the run is in, and nothing of it goes on in the looser one',
    cure: `Cancel it (agentlab cancel ${runId}) and ask anew in the lane that is named below: agentlab task --lane <lane> "<goal>"`,
  }),
  conflictUnresolved: runId => ({
    sentence: 'the work conflicts again and again with what was integrated meanwhile',
    cure: `Let the worker try again on the branch as it is now: ${resume(runId)}`,
  }),
  effectFailed: runId => ({
    sentence: 'AgentLab itself failed at a step; nothing is lost',
    cure: `Read what failed (agentlab receipt ${runId}), mend it, then: ${resume(runId)}`,
  }),
  planReview: runId => ({
    sentence: 'the plan waits for your approval; nothing has begun',
    cure: `Look at it and approve it: agentlab approve ${runId} (change it first: agentlab edit-plan ${runId})`,
  }),
  plannerAsks: runId => ({
    sentence: 'the planner asks you something before it plans',
    cure: `Answer it: agentlab answer ${runId} "<text>"`,
  }),
}

/** The sentence and the cure of a wait. */
export const explainWait = (reason: WaitReason, runId: RunId): Explanation => waits[reason](runId)

const rebuildRefusals: Record<RebuildRefusal, Explanation> = {
  conflict: {
    sentence: 'what came after it was built on it, and conflicts without it',
    cure: 'Take that out first (agentlab reject TASK "<why>"), or let a task mend the work where it stands: agentlab task "<goal>"',
  },
  checksFailed: {
    sentence: 'the checks fail without it',
    cure: 'Take out what needs it as well, or let a task mend the work where it stands: agentlab task "<goal>"',
  },
  foreignMerge: {
    sentence: 'a merge made by hand came after it, and what that would bring along is not known',
    cure: 'Take your merge off the integration branch, then ask again.',
  },
  notThere: {
    sentence: 'it is not on the integration branch any more',
    cure: 'Nothing to take out: it was promoted, or taken off by hand.',
  },
  branchCheckedOut: {
    sentence:
      'the integration branch is checked out in one of your worktrees, and AgentLab never moves a branch under you',
    cure: 'Switch that worktree to another branch, then ask again.',
  },
}

/** Why the integration branch was not rebuilt, fitting after "<task> stays: ", and what to do. */
export const explainRebuild = (reason: RebuildRefusal): Explanation => rebuildRefusals[reason]

const outcomes: Record<RunOutcome, string> = {
  done: 'Done: every task is integrated or answered.',
  failed: 'Failed: at least one task did not get through.',
  awaitingOperator: 'Waiting for you: something needs a decision.',
  cancelled: 'Cancelled by the operator.',
}

/** One sentence for a run's outcome, or for a run that is still under way. */
export const describeOutcome = ({
  outcome,
  planning,
  tasks,
}: Pick<RunView, 'outcome' | 'planning' | 'tasks'>): string => {
  if (outcome === null) return 'Under way.'
  if (outcome === 'done' && tasks.some(task => task.state === 'rejected'))
    return 'Done: every task is integrated, answered, or was rejected by you.'
  if (outcome === 'done' && planning.purpose === 'ask') return 'Done: the question is answered; no branch was made.'
  if (outcome === 'done' && planning.purpose === 'sync') return 'Done: the integration branch holds main.'
  return outcome === 'done' && planning.purpose === 'plan'
    ? 'Done: the plan is made; nothing is begun.'
    : outcomes[outcome]
}
