/** The command line of what carries a run from one machine to another. */
import { type Command, Option } from 'commander'
import { type Dispatch, example, lanes } from './usage.ts'

export const addExport = (program: Command, dispatch: Dispatch): void => {
  program
    .command('export')
    .description('write a run that has ended as one file, with its log, words and commits')
    .argument('<run>', 'a run, or the beginning of its id')
    .option('--output <file>', 'the file to make (default: RUN.LANE.agentlab in the current folder)')
    .option('--facts', 'facts alone: no words, and no commits')
    .option('--thin', "leave out of the commits what the run's base stands on: the other side has it")
    .addHelpText(
      'after',
      example('agentlab export k3m9q2x7 --thin', 'agentlab export k3m9q2x7 --output /media/stick/k3m9.agentlab'),
    )
    .action((id, options) =>
      dispatch(async call => (await import('./commands/export.ts')).exportFile(call, id, options)),
    )
  program
    .command('import')
    .description('take over a run that was exported, to be read here')
    .argument('<file>', 'what agentlab export wrote')
    .addOption(new Option('--lane <lane>', "the file's lane or a stricter one").choices(lanes))
    .addHelpText(
      'after',
      example('agentlab import k3m9q2x7.private.agentlab', 'agentlab import run.agentlab --lane private'),
    )
    .action((file, options) =>
      dispatch(async call => (await import('./commands/import.ts')).importFile(call, file, options)),
    )
}
