/** The command line's outside: catches, prints and exits; nothing else in AgentLab does any of these. */
import { type ExitCode, exitCode } from '../domain/errors.ts'
import type { Answer, Call, GlobalOptions } from './call.ts'
import { type Ending, watchForEnding } from './ending.ts'
import { outputOf } from './output.ts'
import { paintFor } from './paint.ts'

/** Carries out one command line and ends the process with its exit code. */
export const main = async (argv: string[] = process.argv): Promise<never> => {
  // A supervisor ends in its own time.
  const ending = watchForEnding(argv[2] === 'supervise' ? null : patienceMs, code => process.exit(code))
  const carryOut = async (options: GlobalOptions, work: (call: Call) => Promise<Answer>): Promise<number> => {
    const call = callOf(options, ending)
    try {
      const answer = await work(call)
      print(answer, call)
      return ending.isInterrupted() ? exitCode.interrupted : (answer.commandExit ?? answer.exit ?? exitCode.done)
    } catch (error) {
      return ending.isInterrupted() ? exitCode.interrupted : await report(error, call)
    }
  }
  // The command called most, from prompts and status lines too: with nothing to parse, the parser is not loaded.
  const isPlainListing = argv.length === 3 && argv[2] === 'runs'
  return exit(
    isPlainListing
      ? await carryOut({}, async call => (await import('./commands/runs.ts')).runs(call, {}))
      : await (await import('./command-line.ts')).followCommandLine(argv, carryOut),
  )
}

const patienceMs = 10_000

const callOf = (options: GlobalOptions, { signal, attended }: Ending): Call => {
  const isJson = options.json === true
  const { env, stdout, stderr } = process
  return {
    cwd: process.cwd(),
    repo: options.repo,
    env,
    json: isJson,
    out: outputOf(stdout, env, isJson),
    talk: outputOf(stderr, env, false),
    paint: paintFor(env, stdout.isTTY === true && !isJson),
    signal,
    attended,
  }
}

/** stdout = result, stderr = talk. */
const print = (answer: Answer, call: Call): void => {
  if (call.json) {
    if (answer.json !== null) call.out.write(`${JSON.stringify(answer.json, null, 2)}\n`)
    return
  }
  if (answer.text !== '') call.out.write(`${answer.text}\n`)
  for (const remark of answer.remarks ?? []) call.talk.write(`${remark}\n`)
}

/** Says what went wrong and what to do. Returns the exit code. */
const report = async (error: unknown, call: Call): Promise<ExitCode> => {
  const { reportOf } = await import('./report.ts')
  const { json, talk, exit: code } = await reportOf(error, { ...call, paint: paintFor(call.env, call.talk.isTTY) })
  if (call.json) call.out.write(`${JSON.stringify(json, null, 2)}\n`)
  call.talk.write(talk)
  return code
}

/** Ends the process once what was printed has left it. */
const exit = async (code: number): Promise<never> => {
  for (const stream of [process.stdout, process.stderr]) await new Promise<void>(done => stream.write('', () => done()))
  process.exit(code)
}

if (import.meta.main) await main()
