/** The commands that only ask, as commander knows them. */
import { type Command, Option } from 'commander'
import { collect, type Dispatch, example, lanes } from './usage.ts'

/** Questions to the crew: answered with cited claims; no branch is made. */
export const addAsk = (program: Command, dispatch: Dispatch): void => {
  const ask = program
    .command('ask')
    .description('have a question about the repository answered with cited claims; no branch is made')
    .argument('[question]', 'what you want to know; - reads it from standard input')
    .option('--file <path>', 'a file or folder it is about; may be given several times', collect)
  withRunOptions(ask, 'left out, the loosest that may be')
    .addHelpText(
      'after',
      example(
        'agentlab ask "Where are retries counted?"',
        'agentlab ask --lane private --file src/import "What is lost?"',
      ),
    )
    .action((question, options) =>
      dispatch(async call => (await import('./commands/ask.ts')).ask(call, question, options)),
    )
  const diagnose = program
    .command('diagnose')
    .description('have a piped log read, in lane private unless told, and its lines cited')
    .argument('[question]', 'what should be looked for')
  withRunOptions(diagnose, 'left out, private')
    .addHelpText(
      'after',
      example(
        'journalctl -u my-service -n 2000 | agentlab diagnose',
        'agentlab diagnose "why does it restart?" < app.log',
      ),
    )
    .action((question, options) =>
      dispatch(async call => (await import('./commands/diagnose.ts')).diagnose(call, question, options)),
    )
}

const withRunOptions = (command: Command, lane: string): Command =>
  command
    .addOption(new Option('--lane <lane>', `personal, enterprise or private; ${lane}`).choices(lanes))
    .option('--loosen', 'let it run in a looser lane than it needs: asks you at a terminal, and is recorded')
    .option('--agents <names>', 'claude, codex, gemini, local: those to use, best first; the first one answers')
    .option('--rehearse <scenario>', 'scripted models instead of real ones: a scenario file, or a built-in name')
    .option('--unboxed', 'let the agent run without a box, in a lane that allows it')
    .option('--foreground', 'end the supervisor with this command')
    .option('--detach', 'return at once; the run goes on')
