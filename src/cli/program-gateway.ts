/** The command line of the gateway for the operator's other tools. */
import type { Command } from 'commander'
import { type Dispatch, example, upTo } from './usage.ts'

export const addGateway = (program: Command, dispatch: Dispatch): void => {
  program
    .command('gateway')
    .description('serve your models to your other tools on loopback, by lane; Ctrl-C ends it')
    .option(
      '--port <n>',
      'the port of 127.0.0.1 (default: gateway.port of your config.yaml, else 4880)',
      upTo(65_535, 0),
    )
    .option('--show-token', 'print the token that opens it, and nothing else')
    .option('--new-token', 'make a new token; the old one opens nothing any more')
    .option('--usage', 'what was asked through it, by lane and model')
    .option('--since <time>', 'with --usage, since: 90m, 12h, 3d, 2w ago, or a day such as 2026-11-20 (default: today)')
    .addHelpText(
      'after',
      example(
        'agentlab gateway',
        'export OPENAI_API_KEY=$(agentlab gateway --show-token)',
        'agentlab gateway --usage --since 2w',
      ),
    )
    .action(options => dispatch(async call => (await import('./commands/gateway.ts')).gateway(call, options)))
}
