/** The command line's outside: catches, prints and exits; nothing else in AgentLab does any of these. */
import { AgentLabError, type ExitCode, exitCode } from '../domain/errors.ts'
import type { Answer, Call, GlobalOptions, Output } from './call.ts'
import { type Paint, paintFor } from './paint.ts'

/** Carries out one command line and ends the process with its exit code. */
export const main = async (argv: string[] = process.argv): Promise<never> => {
  leaveQuietlyOnClosedPipe()
  // A supervisor ends in its own time.
  const signal = interruptSignal(argv[2] === 'supervise' ? null : patienceMs)
  const carryOut = async (options: GlobalOptions, work: (call: Call) => Promise<Answer>): Promise<ExitCode> => {
    try {
      const call = callOf(options, signal)
      const answer = await work(call)
      print(answer, call)
      return signal.aborted ? exitCode.interrupted : (answer.exit ?? exitCode.done)
    } catch (error) {
      return signal.aborted ? exitCode.interrupted : report(await readable(error, options), options.json === true)
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

const callOf = (options: GlobalOptions, signal: AbortSignal): Call => ({
  cwd: process.cwd(),
  repo: options.repo,
  env: process.env,
  json: options.json === true,
  out: outputOf(process.stdout),
  talk: outputOf(process.stderr),
  paint: paintFor(process.env, process.stdout.isTTY === true && options.json !== true),
  signal,
})

const outputOf = (stream: NodeJS.WriteStream): Output => ({
  isTTY: stream.isTTY === true,
  get columns() {
    return stream.columns ?? 80
  },
  get rows() {
    return stream.rows ?? 24
  },
  write: text => void stream.write(text),
})

/** stdout = result, stderr = talk. */
const print = (answer: Answer, call: Call): void => {
  if (call.json) {
    if (answer.json !== null) call.out.write(`${JSON.stringify(answer.json, null, 2)}\n`)
    return
  }
  if (answer.text !== '') call.out.write(`${answer.text}\n`)
  for (const remark of answer.remarks ?? []) call.talk.write(`${remark}\n`)
}

/** What SQLite says in the middle of a command is as much an expected failure as what it says at the opening. */
const readable = async (error: unknown, { repo }: GlobalOptions): Promise<unknown> => {
  if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('SQLITE_')) return error
  const [{ readableStoreError }, { storePath }] = await Promise.all([
    import('../store/store-errors.ts'),
    import('./near-store.ts'),
  ])
  const path = storePath({ cwd: process.cwd(), repo, env: process.env })
  return readableStoreError(error, path ?? 'the store')
}

/** Says what went wrong and what to do; a bug keeps its stack. Returns the exit code. */
const report = (error: unknown, isJson: boolean): ExitCode => {
  if (!(error instanceof AgentLabError)) {
    process.stderr.write(
      `agentlab: this is a bug in AgentLab\n${error instanceof Error ? error.stack : String(error)}\n`,
    )
    return exitCode.failed
  }
  const { code, message, cure, exit: exitWith } = error
  if (isJson) process.stdout.write(`${JSON.stringify({ error: { code, message, cure: cure ?? null } }, null, 2)}\n`)
  const paint: Paint = paintFor(process.env, process.stderr.isTTY === true)
  process.stderr.write(`${paint('red', 'error')}: ${message}\n${cure === undefined ? '' : `  → ${cure}\n`}`)
  return exitWith
}

const patienceMs = 10_000

/** The first SIGINT, SIGTERM or SIGHUP lets the command end in order; a second one, or too long a while, ends it. */
const interruptSignal = (patience: number | null): AbortSignal => {
  const controller = new AbortController()
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(exitCode.interrupted)
    controller.abort()
    if (patience !== null) setTimeout(() => process.exit(exitCode.interrupted), patience).unref()
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
  return controller.signal
}

/** `agentlab show … | head` is no error. */
const leaveQuietlyOnClosedPipe = (): void => {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(exitCode.done)
      throw error
    })
  }
}

/** Ends the process once what was printed has left it. */
const exit = async (code: ExitCode): Promise<never> => {
  for (const stream of [process.stdout, process.stderr]) await new Promise<void>(done => stream.write('', () => done()))
  process.exit(code)
}

if (import.meta.main) await main()
