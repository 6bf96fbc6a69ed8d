/** Claude Code (measured with 2.1.329): its command line and environment. */
import { join } from 'node:path'
import { claudeReader } from './claude/reader.ts'
import { baseEnvironment, modelOf, ownServerPatienceMs } from './environment.ts'
import type { AttemptInput, PreparedAttempt, Worker } from './worker.ts'

/** Tools that leave the workspace's branch, outlive the process or wait for a person: the work would be lost. */
const unfitTools = 'EnterWorktree ExitWorktree CronCreate CronDelete CronList ScheduleWakeup SendMessage'
/** The gate refuses a request that asks the provider to search or fetch. */
const webTools = 'WebSearch WebFetch'

const settings = { includeCoAuthoredBy: false, attribution: { commit: '', pr: '' } }

/** For a server of the operator's: a tenth of the prompt, for little room, and nothing that only Anthropic's API knows. */
const ownServerArguments = ['--bare']
const besideItsModel = ['DEFAULT_HAIKU_MODEL', 'DEFAULT_SONNET_MODEL', 'DEFAULT_OPUS_MODEL'].map(
  name => `ANTHROPIC_${name}`,
)
const ownServerEnvironment = (model: string | null): Record<string, string> => ({
  CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS: '1',
  API_TIMEOUT_MS: String(ownServerPatienceMs),
  ...(model === null ? {} : Object.fromEntries(besideItsModel.map(name => [name, model]))),
})

const prepare = (input: AttemptInput): PreparedAttempt => {
  const { seat, installation, gateway } = input
  const model = modelOf(input, claude.defaultModel)
  return {
    files: [{ path: join(seat.agent, 'settings.json'), content: JSON.stringify(settings) }],
    file: installation.file,
    args: [
      ...installation.prefixArgs,
      ...['-p', '--output-format', 'stream-json', '--verbose', '--dangerously-skip-permissions'],
      // Neither the repository's settings, hooks and CLAUDE.md nor its MCP servers.
      ...['--setting-sources', 'user', '--strict-mcp-config'],
      ...['--disallowedTools', `${unfitTools} ${webTools}`.replaceAll(' ', ',')],
      ...(input.provider === 'local' ? ownServerArguments : []),
      ...(model === null ? [] : ['--model', model]),
      ...(input.schema === null ? [] : ['--json-schema', JSON.stringify(input.schema)]),
      ...(input.resume === null ? ['--session-id', input.sessionId] : ['--resume', input.resume]),
    ],
    env: {
      ...baseEnvironment(input),
      CLAUDE_CONFIG_DIR: seat.agent,
      ANTHROPIC_BASE_URL: `${gateway.origin}/${input.provider}`,
      // The kind of login changes what it sends, so the token stands where the operator's login would.
      [gateway.credentialKind === 'key' ? 'ANTHROPIC_API_KEY' : 'CLAUDE_CODE_OAUTH_TOKEN']: gateway.token,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_MAX_RETRIES: '2',
      API_TIMEOUT_MS: '600000',
      CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: '1',
      BASH_MAX_TIMEOUT_MS: '1740000',
      // It refuses to run unattended as root unless told that something else contains it; the box does.
      IS_SANDBOX: '1',
      ...(input.provider === 'local' ? ownServerEnvironment(model) : {}),
    },
    stdin: input.prompt,
    stopSignal: 'SIGINT',
  }
}

export const claude: Worker = {
  name: 'claude',
  program: 'claude',
  maxPromptBytes: 2 * 1024 * 1024,
  defaultModel: null,
  prepare,
  reader: claudeReader,
}
