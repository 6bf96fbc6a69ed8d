/** The commands about the integration branch between a run and a promotion. */
import type { Command } from 'commander'
import { type Dispatch, example } from './usage.ts'

export const addBranchCommands = (program: Command, dispatch: Dispatch): void => {
  program
    .command('review')
    .description('make a worktree with the work in it, and say what to look at first')
    .argument('<id>', 'a run or task, or the beginning of its id')
    .addHelpText('after', example('agentlab review k3m9q2x7', 'agentlab review k3m9q2x7-2'))
    .action(id => dispatch(async call => (await import('./commands/review.ts')).review(call, id)))
  program
    .command('open')
    .description('open the review worktree in your editor')
    .argument('<id>', 'a run or task, or the beginning of its id')
    .addHelpText('after', example('agentlab open k3m9q2x7-2'))
    .action(id => dispatch(async call => (await import('./commands/open.ts')).open(call, id)))
  program
    .command('sync')
    .description("bring main's new commits into the integration branch, with checks")
    .option('--resolve', 'let an agent resolve what conflicts, verified like any task')
    .option('--lane <lane>', 'personal, enterprise or private')
    .option('--loosen', 'let it run in a looser lane than it needs: asks you at a terminal, and is recorded')
    .option('--agents <names>', 'with --resolve: those to use, with commas between, best first')
    .option('--rehearse <scenario>', 'with --resolve: scripted models instead of real ones')
    .option('--same-vendor', 'with --resolve: accept verdicts of the same vendor where no other can be used')
    .option('--unboxed', 'let agents and checks run where no box can be built; said on run and receipt')
    .option('--detach', 'return at once; it goes on')
    .addHelpText('after', example('agentlab sync', 'agentlab sync --resolve --agents codex,claude'))
    .action(options => dispatch(async call => (await import('./commands/sync.ts')).sync(call, options)))
  program
    .command('reject')
    .description('take integrated work out of the integration branch again')
    .argument('<task>', 'a task, or the beginning of its id')
    .argument('<why>', 'the reason: for its worker, and for the receipt')
    .option('--back', 'give it back to its worker with the reason; else it is closed')
    .option('--with-dependents', 'close what depends on it and is integrated as well')
    .option('--detach', 'with --back: return at once; the run goes on')
    .addHelpText('after', example('agentlab reject k3m9q2x7-2 "It rounds the wrong way" --back'))
    .action((id, why, options) =>
      dispatch(async call => (await import('./commands/reject.ts')).reject(call, id, why, options)),
    )
}
