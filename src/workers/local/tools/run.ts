/** The tool `run`: a command line of the model's, in the checkout, bounded in time and output. */
import { runBounded } from '../../../process/bounded.ts'
import type { Tool } from './tool.ts'

const defaultS = 120
const longestS = 1_200

export const run: Tool = {
  kind: 'runs',
  spec: {
    name: 'run',
    description: `Runs a command line with sh in the top of the checkout and shows what it prints. It is ended after ${defaultS} seconds unless \`seconds\` says otherwise (at most ${longestS}). There is no network and nobody answers prompts.`,
    parameters: {
      command: { type: 'string', description: 'The command line', isRequired: true },
      seconds: { type: 'integer', description: 'How long it may take' },
    },
  },
  async act(input, place) {
    const seconds = Math.min(longestS, Math.max(1, Number(input.seconds ?? defaultS)))
    const end = await runBounded('sh', ['-c', String(input.command)], {
      cwd: place.workspace,
      env: place.env,
      timeoutMs: seconds * 1_000,
      keptBytes: 16_000,
    })
    const how = end.timedOut
      ? `Ended after ${seconds} s`
      : end.exitCode === null
        ? `Ended by ${end.signal ?? 'an error'}`
        : `Exit code ${end.exitCode}`
    return { ok: end.exitCode === 0, exitCode: end.exitCode, text: `${how}\n${end.output}`.trimEnd() }
  },
}
