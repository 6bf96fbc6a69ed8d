/** What `doctor` says of the tools in a box: one line each, with the places that are opened for it and what stays shut. */
import { existsSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import type { AgentState } from '../app/agents.ts'
import type { ToolFolder } from '../app/tool-folder.ts'
import { type Tool, toolchainOf } from '../app/toolchain.ts'
import type { EffectiveConfig } from '../config/effective.ts'
import { cleanLine } from '../domain/text.ts'
import { loginPlaces } from '../process/login-files.ts'
import type { Installation } from '../workers/worker.ts'

interface ToolDiagnosis {
  what: string
  status: 'ok' | 'warn' | 'fail'
  detail: string
  cure?: string
}

export const toolDiagnoses = async (
  config: Pick<EffectiveConfig, 'checks' | 'setup' | 'tools'>,
  env: NodeJS.ProcessEnv,
  agents: readonly AgentState[],
): Promise<ToolDiagnosis[]> => {
  const { tools, folders } = await toolchainOf(config, env)
  const installed = agents.flatMap(({ worker, installation }): Tool[] =>
    installation === null ? [] : [{ word: worker, file: programOf(installation), prefixes: installation.prefixes }],
  )
  return [...installed, ...tools].map(ofTool).concat(folders.map(ofFolder))
}

/** A script rather than the node that runs it. */
const programOf = ({ file, prefixArgs }: Installation): string => prefixArgs.find(word => isAbsolute(word)) ?? file

const ofTool = ({ word, file, prefixes }: Tool): ToolDiagnosis => {
  const what = `tool ${cleanLine(word)}`
  if (file === null)
    return {
      what,
      status: 'warn',
      detail: 'there is no such program on PATH',
      cure: 'Install it before a run needs it.',
    }
  const opened = prefixes.length === 0 ? 'of the system' : `opens ${prefixes.map(path => cleanLine(path)).join(', ')}`
  return { what, status: 'ok', detail: `${cleanLine(file)}, ${opened}${without(prefixes.flatMap(loginsIn))}` }
}

const ofFolder = ({ path, refused, logins }: ToolFolder): ToolDiagnosis => {
  const what = `tools ${cleanLine(path)}`
  const cure = 'Change tools in ~/.config/agentlab/config.yaml.'
  if (refused !== null) return { what, status: 'fail', detail: `not opened: ${refused}`, cure }
  const found = [...new Set([...loginsIn(path), ...logins])]
  if (found.length === 0) return { what, status: 'ok', detail: 'opened in every box' }
  return {
    what,
    status: 'warn',
    detail: `opened in every box${without(found)}`,
    cure: 'Name a folder without logins: only files with the usual names are found.',
  }
}

const loginsIn = (prefix: string): string[] => loginPlaces(prefix).filter(path => existsSync(path))

const without = (paths: readonly string[]): string =>
  paths.length === 0 ? '' : `; stays shut: ${[...new Set(paths)].map(path => cleanLine(path)).join(', ')}`
