/** What each recorded stream means, decided by hand: the outcome, or the failure class. Names are the files' names. */
import type { FailureClass } from '../../src/domain/attempt.ts'
import { WorkerName } from '../../src/domain/lane.ts'

/** The local loop prints our own events: there is nothing of another's to record. */
export const Recorded = WorkerName.exclude(['local'])
export type Recorded = (typeof Recorded.options)[number]

export const oracle: Record<Recorded, Partial<Record<'answered' | FailureClass, string>>> = {
  claude: {
    answered: `success toolfail toolunknown toolbadargs edit bigtool partial settings-hook droponce http429once
      http500once v329-success c-acceptEdits c-allowgit c-disallow c-dontask-allow c-hook c-mcp c-schema c-sess1 c-sess2
      c-sess4`,
    denied: 'c-acceptEditsBash c-default c-dontask c-plan',
    malformed: 'c-schemabad html200 malformed r2-html200 r2-malformed http400',
    auth: 'http401 http403 http404 r0-http401 r2-http401 v329-r2-http401 nokey',
    rateLimit: 'http429 r2-http429 r2-http429long',
    overloaded: 'http500 http529 r2-http500 r2-http529',
    network: 'drop notlistening reset r2-drop r2-drop-nofallback r2-notlistening r2-reset',
    refused: 'refusal',
    outOfTurns: 'maxtok maxturns maxbudget',
    stalled: 'hang-t5 stall-apitimeout5 stall-byte5 stall-idle5 stall-idle5wd',
    interrupted: 'SIGINT-stream SIGINT-tool v329-SIGINT-stream stream-input-interrupt',
    crashed: 'SIGTERM-stream SIGTERM-tool SIGKILL-stream SIGKILL-tool v329-SIGTERM',
    sessionLost: 'c-sess5 c-sess6',
  },
  codex: {
    // A model's refusal is plain text here, and calls it can't make do not show.
    answered: `success toolfail toolunknown toolbadargs edit droponce http429once http500once refusal x-apprv x-bypass-wt
      x-default x-dfa x-mcp x-mcp2 x-ro x-schema x-sess1 x-sess2 x-sess3 x-sess5 x-sess6 x-ws-main x-ws-net x-ws-neton
      x-ws-wt x-ws-wt-add x-ws-wt-roots`,
    malformed: 'x-schemabad html200 malformed r1-malformed http400',
    auth: 'http401 http403 http404 r0-http401 r1-http401 nokey',
    // The long one sleeps as the provider asked until it is stopped for its silence.
    rateLimit: 'http429 r0-http429long r1-http429 r1-http429long',
    overloaded: 'http500 http529 r0-http500 r1-http500',
    // Without a server it never ends by itself.
    network: 'drop reset r0-drop r1-drop notlistening r1-notlistening',
    outOfTurns: 'maxtok',
    stalled: 'r1-hang r1-stall',
    crashed: `SIGINT-stream SIGINT-tool SIGTERM-stream SIGTERM-tool SIGKILL-stream SIGKILL-tool native-SIGINT-tool
      native-SIGTERM-tool native-SIGKILL-tool`,
  },
  gemini: {
    // Neither a cut nor a refused answer shows in its stream.
    answered: `success toolfail toolunknown toolbadargs edit http429once http500once maxtok refusal g-default g-mcp g-plan
      g-schema g-sess1 g-sess2 g-sess3 g-skiptrust g-wt`,
    malformed: 'html200 malformed r2-html200 r2-malformed http400',
    auth: 'http401 http403 http404 r2-http401',
    rateLimit: 'http429 r2-http429',
    overloaded: 'http500 http529 r2-http500',
    network: 'drop droponce notlistening reset r2-drop r2-notlistening r2-reset',
    outOfTurns: 'maxturns',
    // With its parent process the signals are swallowed, and only the recorder's own SIGKILL ended it.
    stalled: 'hang stall SIGINT-stream SIGINT-tool SIGTERM-stream SIGTERM-tool',
    crashed: `SIGKILL-stream SIGKILL-tool group-SIGINT-tool group-SIGTERM-tool norelaunch-SIGINT-stream
      norelaunch-SIGINT-tool norelaunch-SIGTERM-stream norelaunch-SIGTERM-tool`,
  },
}

/** Exit codes of the streams recorded without a meta file; the others ended with 0. */
export const unrecordedExit: Record<string, number> = {
  'claude-c-sess5': 1,
  'claude-c-sess6': 1,
  'claude-stream-input-interrupt': 1,
}

/** Recorded with a schema for the answer. */
export const withSchema = [
  'claude-c-schema',
  'claude-c-schemabad',
  'codex-x-schema',
  'codex-x-schemabad',
  'gemini-g-schema',
]

/** Recorded while resuming an earlier session. */
export const resumed = ['codex-x-sess2', 'codex-x-sess3', 'codex-x-sess5', 'gemini-g-sess2', 'claude-c-sess2']
