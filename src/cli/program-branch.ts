/** The commands about the integration branch between a run and a promotion. */
import type { Command } from 'commander'
import { type Dispatch, example } from './usage.ts'

export const addBranchCommands = (program: Command, dispatch: Dispatch): void => {
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
