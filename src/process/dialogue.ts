/** A short, trusted command that stays (git answering questions): written to and read from as long as both live. Never for an agent. */
import { type ChildProcess, spawn } from 'node:child_process'

/** A handle that can keep this process from ending, or not: pipes of a child are such sockets. */
interface Held {
  ref(): void
  unref(): void
}

export interface Dialogue {
  write(text: string): void
  /** Whether waiting for it keeps this process alive; from the start it does not. */
  hold(isHeld: boolean): void
  /** Ends it at once; `onEnd` is called. Fine to repeat. */
  end(): void
}

/**
 * Starts `file` with pipes for input and output and nothing for errors; `env` is its whole environment. When this
 * process dies, however that happens, its input ends. `onEnd` is called once, also when it never started.
 */
export const startDialogue = (
  file: string,
  args: string[],
  options: { cwd: string; env: Record<string, string>; onData: (bytes: Buffer) => void; onEnd: () => void },
): Dialogue => {
  const child = spawn(file, args, { cwd: options.cwd, env: options.env, stdio: ['pipe', 'pipe', 'ignore'] })
  let isOver = false
  const over = (): void => {
    if (isOver) return
    isOver = true
    options.onEnd()
  }
  child.once('error', over)
  child.once('close', over)
  // A write to one that has just died: its end is told by `close`.
  child.stdin.on('error', () => {})
  child.stdout.on('error', () => {})
  child.stdout.on('data', options.onData)
  hold(child, false)
  return {
    write: text => void child.stdin.write(text),
    hold: isHeld => hold(child, isHeld),
    end: () => {
      child.stdin.destroy()
      child.kill('SIGKILL')
      over()
    },
  }
}

const hold = (child: ChildProcess, isHeld: boolean): void => {
  for (const handle of [child, child.stdin, child.stdout] as unknown as Held[]) {
    if (isHeld) handle.ref()
    else handle.unref()
  }
}
