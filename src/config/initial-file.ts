/** The commented `agentlab.yaml` that `agentlab init` writes. */
import type { WorkerName } from '../domain/lane.ts'
import type { CommandWords } from './command-words.ts'
import type { DetectedProject } from './detect-project.ts'
import { defaultLimits } from './limits.ts'

export interface InitialChoices {
  main: string
  prefix: string
  lane: string
  agents: WorkerName[]
  project: DetectedProject
}

/** YAML's double-quoted form is JSON's, so any word survives. */
const words = (command: CommandWords): string => `[${command.map(word => JSON.stringify(word)).join(', ')}]`

const checksText = (project: DetectedProject): string =>
  project.checks.length === 0
    ? `# None was found. Without checks nothing is proven by running it.
# checks:
#   - name: test
#     command: ["npm", "test"]`
    : `checks:\n${project.checks
        .map(
          check =>
            `  - name: ${check.name} # found in ${check.from}\n    command: ${words(check.command)}\n    timeoutMinutes: 10`,
        )
        .join('\n')}`

const setupText = (project: DetectedProject): string =>
  project.setup === null
    ? `# setup:
#   command: ["npm", "ci"]
#   inputs: ["package.json", "package-lock.json"]`
    : `setup:\n  command: ${words(project.setup.command)}\n  inputs: ${words(project.setup.inputs)}`

const limit = (name: keyof typeof defaultLimits): string => `#   ${name}: ${defaultLimits[name]}`

/** The file's text; it parses with the schema of repository-config.ts whatever was chosen. */
export const initialFileText = (
  choices: InitialChoices,
): string => `# What AgentLab may know about this repository. Every key is optional; docs/config.md explains each.
# It comes with the code, so it can't name programs, addresses or environments, and it can only tighten lanes and
# limits. Those belong in ~/.config/agentlab/config.yaml.

# The human branch. AgentLab never moves it; you do, with promote.
main: ${JSON.stringify(choices.main)}

# Before the names of AgentLab's branches (agent, claude, codex, gemini, task/...). Empty, or ending in "/".
branches:
  prefix: ${JSON.stringify(choices.prefix)}

# Which providers may see this code: personal, enterprise or private (local models only).
lane: ${choices.lane}

# Paths that demand a stricter lane. Once a file below one was ever committed, every run is in that lane.
# paths:
#   private/**: private

# Commands that must pass on every merge before it is integrated. A list of words; no shell is started.
${checksText(choices.project)}

# Builds the environment the checks need, once per content of its inputs. It reaches the package registries you list
# (lanes.<lane>.registries in ~/.config/agentlab/config.yaml), and sees nothing but its inputs then.
${setupText(choices.project)}

# Workers to use, in order of preference.
agents: [${choices.agents.join(', ')}]

# vendor: another vendor's agent verifies. session: the same vendor may, in a session of its own; said on the receipt.
verifier:
  independence: vendor

# Limits: wallMinutes, silenceMinutes and toolMinutes hold per attempt, diskMB and memoryMB for what works in one seat,
# the others per run. Yours only get tighter here.
# limits:
${(['requests', 'tokens', 'minutes', 'wallMinutes', 'silenceMinutes', 'toolMinutes', 'maxParallel', 'maxAttempts', 'diskMB', 'memoryMB'] as const).map(limit).join('\n')}
`
