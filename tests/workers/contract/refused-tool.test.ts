/** What the gate makes of a CLI that is not told to leave the web alone: the control of the setting we give it. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findAgent, makeRepository, makeSeat, openStage, runAttempt } from '../../support/agent-attempt.ts'

test('codex as it comes offers a web search, and the gate refuses the request that brings it', async () => {
  const stage = await openStage('tasks: { hello: { attempts: [{ steps: [{ answer: hello }] }] } }')
  try {
    const repository = await makeRepository(join(stage.scratch, 'repository'), { 'README.md': '# A repository\n' })
    const attempt = async (from: string, to: string) => {
      const seat = await makeSeat(stage, repository)
      const installation = await findAgent('codex')
      return runAttempt(stage, {
        worker: 'codex',
        installation,
        seat,
        task: 'hello',
        change: prepared => ({
          ...prepared,
          files: prepared.files.map(file => ({ ...file, content: file.content.replace(from, to) })),
        }),
      })
    }
    const left = await attempt('web_search = "disabled"\n', '')
    expect(left.end).toMatchObject({
      outcome: 'failed',
      detail: expect.stringMatching(/the field tools\[\d+\] asks for/),
    })
    expect(stage.recorder.sent).toEqual([])
    expect((await attempt('', '')).end).toMatchObject({ outcome: 'answered', text: 'hello' })
  } finally {
    await stage.close()
  }
})
