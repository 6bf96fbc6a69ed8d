/** The commands that put a plan into the operator's hand, as commander knows them. */
import type { Command } from 'commander'
import { type Dispatch, example, wholeNumber } from './usage.ts'

/** The operator's hand on a plan. */
export const addPlan = (program: Command, dispatch: Dispatch): void => {
  program
    .command('plan')
    .description('have a goal planned and print the plan as YAML to edit; nothing is begun')
    .argument('[goal]', 'what should be done; - reads it from standard input')
    .option('--lane <lane>', 'personal, enterprise or private')
    .option('--loosen', 'let it run in a looser lane than it needs: asks you at a terminal, and is recorded')
    .option('--agents <names>', 'claude, codex, gemini, local: those to use, with commas between, best first')
    .option('--max-parallel <n>', 'tasks at work at once', wholeNumber)
    .option('--rehearse <scenario>', 'scripted models instead of real ones: a scenario file, or a built-in name')
    .option('--unboxed', 'let the planner run without a box, in a lane that allows it')
    .option('--foreground', 'tie the supervisor to this command')
    .addHelpText('after', example('agentlab plan "Split the importer" > plan.yaml', 'agentlab task --plan plan.yaml'))
    .action((goal, options) => dispatch(async call => (await import('./commands/plan.ts')).plan(call, goal, options)))
  program
    .command('approve')
    .description('show the plan that waits for you, and approve exactly that one')
    .argument('<run>', 'a run, or the beginning of its id')
    .option('--hash <hash>', 'approve the plan of this hash without being asked; at least 12 digits')
    .option('--detach', 'print the id and go on in the background')
    .addHelpText('after', example('agentlab approve k3m9q2x7', 'agentlab approve k3m9q2x7 --hash 5f0c2a9be417'))
    .action((id, options) => dispatch(async call => (await import('./commands/approve.ts')).approve(call, id, options)))
  program
    .command('answer')
    .description("answer the planner's question")
    .argument('<run>', 'a run, or the beginning of its id')
    .argument('<text>', 'the answer; - reads it from standard input')
    .option('--detach', 'print the id and go on in the background')
    .addHelpText('after', example('agentlab answer k3m9q2x7 "Both formats; the old one may warn"'))
    .action((id, text, options) =>
      dispatch(async call => (await import('./commands/answer.ts')).answer(call, id, text, options)),
    )
  program
    .command('edit-plan')
    .description('add, drop, reorder, reassign and reword tasks that have not begun')
    .argument('<run>', 'a run, or the beginning of its id')
    .option('--file <file>', 'take the edited plan from this file; - reads it from standard input')
    .option('--print', 'print the plan to edit')
    .addHelpText(
      'after',
      example(
        'agentlab edit-plan k3m9q2x7',
        'agentlab edit-plan k3m9q2x7 --print > plan.yaml',
        'agentlab edit-plan k3m9q2x7 --file plan.yaml',
      ),
    )
    .action((id, options) =>
      dispatch(async call => (await import('./commands/edit-plan.ts')).editPlanOf(call, id, options)),
    )
}
