/** A model server of the operator's, as a process of its own (tests/fixtures/programs/fake-ollama.ts). */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { RecordedRequest } from '../../src/rehearsal/server.ts'
import { compiled } from './compiled.ts'

export interface FakeOllama {
  origin: string
  /** Ends it, and gives what it was asked. */
  end(): Promise<RecordedRequest[]>
}

export const startFakeOllama = async (scenarioFile: string): Promise<FakeOllama> => {
  const child = spawn(process.execPath, [resolve('tests/fixtures/programs/fake-ollama.ts'), scenarioFile], {
    env: { PATH: process.env.PATH ?? '', ...compiled },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const line = async (): Promise<string> => {
    const { value } = await lines.next()
    if (value === undefined) throw new Error('fake-ollama ended without a word')
    return value
  }
  const origin = await line()
  return {
    origin,
    end: async () => {
      const gone = once(child, 'close')
      child.stdin.end()
      const requests = JSON.parse(await line()) as RecordedRequest[]
      await gone
      return requests
    },
  }
}
