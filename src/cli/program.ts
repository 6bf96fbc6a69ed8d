/** The command line as commander knows it: words, options, examples. Each command's code is loaded when it is called. */
import { Argument, Command, Option } from 'commander'
import { addAsk } from './program-ask.ts'
import { addBranchCommands } from './program-branch.ts'
import { addExport } from './program-export.ts'
import { addGateway } from './program-gateway.ts'
import { addPlan } from './program-plan.ts'
import { collect, type Dispatch, example, lanes, upTo, wholeNumber } from './usage.ts'

/** Global options stand on every command, before or after its name. */
export const buildProgram = (version: string, dispatch: Dispatch): Command => {
  const program = new Command('agentlab')
    .description(
      'One operator, one repository, many coding agents: planned, verified by another vendor, integrated on the branch agent, and never merged to main without you.',
    )
    .version(version, '-V, --version', 'print the version')
    .option('--repo <dir>', 'the repository to work on (default: the one around the current folder)')
    .option('--json', 'print one JSON document instead of text')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      example('agentlab init', 'agentlab task "Add a --verbose flag, with a test"', 'agentlab runs'),
    )
    .addHelpText(
      'after',
      '\nExit codes: 0 done and verified, 1 failed, 2 wrong use, 3 something waits for you,\n5 a wall could not be built, 130 interrupted.',
    )
  addSetup(program, dispatch)
  addTask(program, dispatch)
  addAsk(program, dispatch)
  addRoute(program, dispatch)
  addPlan(program, dispatch)
  addReaders(program, dispatch)
  addFigures(program, dispatch)
  addWriters(program, dispatch)
  addCleaning(program, dispatch)
  addExport(program, dispatch)
  addBranchCommands(program, dispatch)
  addGateway(program, dispatch)
  addOthers(program, dispatch)
  return program
}

const addSetup = (program: Command, dispatch: Dispatch): void => {
  program
    .command('init')
    .description('make this repository ready: agentlab.yaml, the branch agent, worktrees/ ignored')
    .option('--yes', 'take the defaults, ask nothing')
    .option('--main <branch>', 'the branch that is yours, where it can not be told')
    .addHelpText('after', example('agentlab init --yes'))
    .action(options => dispatch(async call => (await import('./commands/init.ts')).init(call, options)))
  program
    .command('doctor')
    .description('try what this machine can do: git, node, box, agents, configuration')
    .option('--walls', "attack a worker's box of each lane and say which guarantees hold on this machine")
    .option('--quick', 'send no prompt to your own model servers, so their speed is not measured')
    .addHelpText(
      'after',
      example('agentlab doctor', 'agentlab doctor --quick', 'agentlab doctor --walls', 'agentlab doctor --json'),
    )
    .action(({ walls, quick }) =>
      dispatch(async call =>
        walls
          ? (await import('./commands/walls.ts')).walls(call)
          : (await import('./commands/doctor.ts')).doctor(call, { quick }),
      ),
    )
}

const addTask = (program: Command, dispatch: Dispatch): void => {
  program
    .command('task')
    .description('plan a goal, have it done, verified and integrated on agent')
    .argument('[goal]', 'what should be done; - reads it from standard input')
    .option('--plan <file>', 'carry out this plan (YAML); no planner is asked')
    .option('--review-plan', 'begin nothing until you have approved the plan')
    .option('--lane <lane>', 'personal, enterprise or private')
    .option('--loosen', 'let it run in a looser lane than it needs: asks you at a terminal, and is recorded')
    .option('--agents <names>', 'claude, codex, gemini, local: those to use, with commas between, best first')
    .option('--max-parallel <n>', 'tasks at work at once', wholeNumber)
    .option('--rehearse <scenario>', 'scripted models instead of real ones: a scenario file, or a built-in name')
    .option('--unboxed', 'let real agents run without a box, in a lane that allows it; said on run and receipt')
    .option('--same-vendor', 'accept verdicts of the same vendor where no other can be used; said on the receipt')
    .option('--foreground', 'end the supervisor with this command')
    .option('--detach', 'return at once; the run goes on')
    .addHelpText(
      'after',
      example('agentlab task "Add a --verbose flag, with a test"', 'agentlab task --rehearse hello "Say hello"'),
    )
    .action((goal, options) => dispatch(async call => (await import('./commands/task.ts')).task(call, goal, options)))
}

const addRoute = (program: Command, dispatch: Dispatch): void => {
  program
    .command('route')
    .description('say which lane a goal would run in and why, and who could see it; nothing is run')
    .argument('[goal]', 'what should be done; it is not what decides')
    .option('--lane <lane>', 'personal, enterprise or private')
    .option('--path <path>', 'a path it is about; may be given several times', collect)
    .addHelpText(
      'after',
      example('agentlab route "Split the importer"', 'agentlab route --path clients/acme/report.md'),
    )
    .action((goal, options) => dispatch(async call => (await import('./commands/route.ts')).route(call, goal, options)))
}

const addReaders = (program: Command, dispatch: Dispatch): void => {
  program
    .command('runs')
    .description('list the runs of this repository, newest first')
    .option('-f, --follow', 'a screen that keeps itself up to date; q leaves')
    .option('-n, --limit <n>', 'how many', upTo(10_000))
    .addOption(
      new Option('--state <state>', 'only those that are so').choices([
        'active',
        'waiting',
        'done',
        'failed',
        'cancelled',
      ]),
    )
    .addOption(new Option('--lane <lane>', 'only those of this lane').choices(lanes))
    .option('--since <time>', 'only those asked for since: 90m, 12h, 3d, 2w ago, or a day such as 2026-11-20')
    .addHelpText('after', example('agentlab runs', 'agentlab runs -f', 'agentlab runs --state waiting --since 3d'))
    .action(options => dispatch(async call => (await import('./commands/runs.ts')).runs(call, options)))
  program
    .command('show')
    .description('show where a run or a task stands')
    .argument('<id>', 'a run or task, or the beginning of its id')
    .addHelpText('after', example('agentlab show k3m9q2x7', 'agentlab show k3-2'))
    .action(id => dispatch(async call => (await import('./commands/show.ts')).show(call, id)))
  program
    .command('logs')
    .description('print what the agents said and did')
    .argument('<id>', 'a run or task, or the beginning of its id')
    .option('-f, --follow', 'go on until the run comes to rest')
    .option('--full', 'all a tool printed, not only its end')
    .addHelpText('after', example('agentlab logs -f k3m9q2x7-1'))
    .action((id, options) => dispatch(async call => (await import('./commands/logs.ts')).logs(call, id, options)))
  program
    .command('diff')
    .description("print a task's work, or all a run brought to agent")
    .argument('<id>', 'a run or task, or the beginning of its id')
    .option('--stat', 'files and line counts only')
    .option('--tool <command>', 'show it in your own program; {from} and {to} are two folders')
    .option('--no-pager', 'print it, also at a terminal')
    .addHelpText(
      'after',
      example('agentlab diff k3m9q2x7-1', 'agentlab diff k3m9q2x7 --stat', 'agentlab diff k3m9q2x7-1 --tool meld'),
    )
    .action((id, options) => dispatch(async call => (await import('./commands/diff.ts')).diff(call, id, options)))
  program
    .command('receipt')
    .description('print the receipt of a run in Markdown, or write it as one HTML file')
    .argument('<run>', 'a run, or the beginning of its id')
    .option('--html <file>', 'one HTML file that opens offline; - prints it')
    .addHelpText(
      'after',
      example('agentlab receipt k3m9q2x7 > receipt.md', 'agentlab receipt k3m9q2x7 --html receipt.html'),
    )
    .action((id, options) => dispatch(async call => (await import('./commands/receipt.ts')).receipt(call, id, options)))
}

/** Readers of the log and of what was metered. */
const addFigures = (program: Command, dispatch: Dispatch): void => {
  program
    .command('cost')
    .description('what was used, and what it cost where prices are known')
    .addOption(new Option('--by <what>', 'add up by').choices(['worker', 'lane', 'run', 'day']).default('worker'))
    .option('--since <time>', 'only since: 90m, 12h, 3d, 2w ago, or a day such as 2026-11-20')
    .option('--rehearsed', 'rehearsals instead of real runs')
    .addHelpText('after', example('agentlab cost', 'agentlab cost --by day --since 2w'))
    .action(options => dispatch(async call => (await import('./commands/cost.ts')).cost(call, options)))
  program
    .command('events')
    .description('print the log, one event a line; with --json one JSON document a line')
    .option('-f, --follow', 'go on with what comes; Ctrl-C leaves')
    .option('--since <seq>', 'only events after this number', upTo(Number.MAX_SAFE_INTEGER, 0))
    .addHelpText('after', example('agentlab events -f --json', 'agentlab events --since 1200'))
    .action(options => dispatch(async call => (await import('./commands/events.ts')).events(call, options)))
}

const addWriters = (program: Command, dispatch: Dispatch): void => {
  program
    .command('cancel')
    .description('stop a run; what was done is kept')
    .argument('<run>', 'a run, or the beginning of its id')
    .addHelpText('after', example('agentlab cancel k3m9q2x7'))
    .action(id => dispatch(async call => (await import('./commands/cancel.ts')).cancel(call, id)))
  program
    .command('steer')
    .description('say something to the agent at work on a task (local only), in the middle of it')
    .argument('<task>', 'a task, or the beginning of its id')
    .argument('<message>', 'what it is to know or do; - reads it from standard input')
    .addHelpText('after', example('agentlab steer k3m9q2x7-1 "The parser stays as it is: change the caller"'))
    .action((id, message) => dispatch(async call => (await import('./commands/steer.ts')).steer(call, id, message)))
  program
    .command('resume')
    .description('let a waiting or interrupted run go on, and follow it')
    .argument('<run>', 'a run, or the beginning of its id')
    .option('--detach', 'return at once; the run goes on')
    .addHelpText('after', example('agentlab resume k3m9q2x7'))
    .action((id, options) => dispatch(async call => (await import('./commands/resume.ts')).resume(call, id, options)))
}

const addCleaning = (program: Command, dispatch: Dispatch): void => {
  program
    .command('status')
    .description('what waits for you, who is at work, what lies on disk')
    .addHelpText('after', example('agentlab status', 'agentlab status --json'))
    .action(() => dispatch(async call => (await import('./commands/status.ts')).status(call)))
  program
    .command('gc')
    .description('remove what is done with; unsaved work is kept under a ref first')
    .option('--dry-run', 'say what would go and what would stay, and why; change nothing')
    .addHelpText('after', example('agentlab gc --dry-run', 'agentlab gc'))
    .action(options => dispatch(async call => (await import('./commands/gc.ts')).gc(call, options)))
  program
    .command('purge')
    .description('erase what was said in runs that have ended, for good; the log of facts stays')
    .option('--run <run>', 'this run, or the beginning of its id')
    .addOption(new Option('--lane <lane>', 'runs of this lane').choices(lanes))
    .option('--older-than <time>', 'runs that ended before: 90m, 12h, 30d, 2w ago, or a day such as 2026-11-20')
    .option('--dry-run', 'say what would go and what would stay, and why; change nothing')
    .option('--yes', 'do not ask')
    .addHelpText(
      'after',
      example(
        'agentlab purge --lane private --dry-run',
        'agentlab purge --run k3m9q2x7',
        'agentlab purge --older-than 30d --yes',
      ),
    )
    .action(options => dispatch(async call => (await import('./commands/purge.ts')).purge(call, options)))
  program
    .command('worktree')
    .description('list the linked worktrees and what is wrong with them')
    .option('--mend', 'mend the review worktrees that are broken; unsaved work is kept under a ref first')
    .addHelpText('after', example('agentlab worktree', 'agentlab worktree --mend'))
    .action(options => dispatch(async call => (await import('./commands/worktree.ts')).worktree(call, options)))
}

const addOthers = (program: Command, dispatch: Dispatch): void => {
  program
    .command('demo')
    .description('show everything on a sample repository, with the real agents and scripted models')
    .option('--keep', 'keep the sample repository')
    .addHelpText('after', example('agentlab demo --keep'))
    .action(options => dispatch(async call => (await import('./commands/demo.ts')).demo(call, options)))
  program
    .command('box')
    .description('run a command of yours in the box a worker gets, in a throw-away workspace of HEAD')
    .argument('<command...>', 'the program and its words, after --')
    .option('--lane <lane>', "personal, enterprise or private; not looser than the repository's")
    .option(
      '--worker <name>',
      'claude, codex, gemini or local: its environment and configuration as well; no model is asked',
    )
    .addHelpText(
      'after',
      example('agentlab box -- npm test', 'agentlab box --lane private -- curl -sS https://example.com'),
    )
    .action((command, options) =>
      dispatch(async call => (await import('./commands/box.ts')).box(call, command, options)),
    )
  const profile = program
    .command('profile')
    .description('the iTerm2 profile that opens the runs of this repository')
    .addHelpText('after', example('agentlab profile install', 'agentlab profile show'))
  for (const action of ['install', 'uninstall', 'show'] as const) {
    const command = profile
      .command(action)
      .description({ install: 'write it to iTerm2', uninstall: 'remove it', show: 'print it' }[action])
      .addHelpText('after', example(`agentlab profile ${action}`))
      .action(options => dispatch(async call => (await import('./commands/profile.ts')).profile(call, action, options)))
    if (action !== 'show') command.addOption(new Option('--dir <dir>', "iTerm2's folder of dynamic profiles"))
  }
  program
    .command('completion')
    .description("print a shell's completion script")
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', example('source <(agentlab completion bash)', 'agentlab completion fish | source'))
    .action(shell => dispatch(async () => (await import('./commands/completion.ts')).completion(program, shell)))
  program
    .command('supervise', { hidden: true })
    .option('--repo-root <dir>')
    .action(options => dispatch(async call => (await import('./commands/supervise.ts')).supervise(call, options)))
}
