/** Every agent AgentLab can run. Adding one is a file that exports a `Worker` and a row here. */
import type { WorkerName } from '../domain/lane.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { gemini } from './gemini.ts'
import { local } from './local.ts'
import type { Worker } from './worker.ts'

export const workers: Record<WorkerName, Worker> = { claude, codex, gemini, local }
