/** `agentlab completion bash|zsh|fish`: prints the shell's completion script. */
import type { Command } from 'commander'
import type { Answer } from '../call.ts'
import { completionScript, type Shell } from '../completion-scripts.ts'
import { completionTree } from '../completion-tree.ts'

export const completion = async (program: Command, shell: Shell): Promise<Answer> => {
  const script = completionScript(shell, completionTree(program))
  return { text: script.trimEnd(), json: { shell, script } }
}
