import Anthropic from '@anthropic-ai/sdk'
import { afterEach, expect, test } from 'vitest'
import { identityHeaders } from '../../src/rehearsal/identity.ts'
import { parseScenario } from '../../src/rehearsal/scenario.ts'
import { type Rehearsal, startRehearsal } from '../../src/rehearsal/server.ts'

const open: Rehearsal[] = []
afterEach(async () => {
  for (const rehearsal of open.splice(0)) await rehearsal.close()
})

const rehearse = async (text: string): Promise<Rehearsal> => {
  const rehearsal = await startRehearsal(parseScenario(text, 'test.yaml'))
  open.push(rehearsal)
  return rehearsal
}

type Who = Parameters<typeof identityHeaders>[0]
const worker: Who = { role: 'worker', worker: 'claude', task: 'a' }

const ask = (rehearsal: Rehearsal, path: string, body: unknown, who: Who | null = worker, headers: object = {}) =>
  fetch(rehearsal.origin + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(who ? identityHeaders(who) : {}), ...headers },
    body: JSON.stringify(body),
  })

const bash = { name: 'Bash', input_schema: { type: 'object' } }
const write = { name: 'Write', input_schema: { type: 'object' } }

interface Past {
  name: string
  input?: object
  result: string
  isError?: boolean
}

/** An Anthropic request after these calls. */
const claude = (past: Past[], more: object = {}) => ({
  model: 'claude-sonnet-4-5',
  max_tokens: 32_000,
  tools: [bash, write],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: '<system-reminder>\n - Primary working directory: /w/d\n</system-reminder>' },
        { type: 'text', text: `Work.\nAGENTLAB-COMMIT: ${'a'.repeat(40)}` },
      ],
    },
    ...past.flatMap(({ name, input = {}, result, isError = false }, i) => [
      { role: 'assistant', content: [{ type: 'tool_use', id: `toolu_${i}`, name, input }] },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: `toolu_${i}`, content: result, is_error: isError },
          { type: 'text', text: '<system-reminder>a reminder beside a result</system-reminder>' },
        ],
      },
    ]),
  ],
  ...more,
})

interface Message {
  content: { type: string; text?: string; name?: string; input?: Record<string, unknown> }[]
  stop_reason: string
}
const message = async (answer: Promise<Response>): Promise<Message> => (await answer).json() as Promise<Message>
const callIn = (given: Message) => given.content.find(block => block.type === 'tool_use')

const twoSteps = `tasks:
  a:
    attempts:
      - steps:
          - say: I start.
          - write: { path: b/c.txt, content: "x\\n" }
          - run: make test
          - answer: all done
`

test('the step follows from the request alone, in any order, and twice the same', async () => {
  const rehearsal = await rehearse(twoSteps)
  const written = { name: 'Write', result: 'File created' }
  const ran = { name: 'Bash', result: 'ok' }
  const histories = [[], [written], [written, ran]]
  const body = (past: Past[]) => ask(rehearsal, '/v1/messages', claude(past)).then(answer => answer.text())
  const forward = []
  for (const past of histories) forward.push(await body(past))
  const backward = []
  for (const past of histories.toReversed()) backward.unshift(await body(past))
  expect(backward).toEqual(forward)
  const [first, second, third] = forward.map(text => JSON.parse(text) as Message)
  expect(callIn(first!)).toMatchObject({ name: 'Write', input: { file_path: '/w/d/b/c.txt', content: 'x\n' } })
  expect(callIn(second!)).toMatchObject({ name: 'Bash', input: { command: 'make test' } })
  expect(third!.content).toEqual([{ type: 'text', text: 'all done' }])
  expect(new Set(forward.map(text => JSON.parse(text).id)).size).toBe(3)
})

test('a new user text starts the script of the attempt anew, whatever went before', async () => {
  const rehearsal = await rehearse(twoSteps)
  const resumed = claude([{ name: 'Write', result: 'ok' }])
  resumed.messages.push({ role: 'user', content: [{ type: 'text', text: 'Go on.' }] })
  expect(callIn(await message(ask(rehearsal, '/v1/messages', resumed)))?.name).toBe('Write')
  const reminded = claude([{ name: 'Write', result: 'ok' }])
  reminded.messages.push({ role: 'user', content: [{ type: 'text', text: '[structured-output-enforce] You must…' }] })
  expect(callIn(await message(ask(rehearsal, '/v1/messages', reminded)))?.name).toBe('Bash')
})

test('a file tool that refuses is followed by the same write through the shell', async () => {
  const rehearsal = await rehearse(twoSteps)
  const refused = { name: 'Write', result: 'File has not been read yet', isError: true }
  const second = callIn(await message(ask(rehearsal, '/v1/messages', claude([refused]))))
  expect(second).toMatchObject({ name: 'Bash', input: { command: "mkdir -p 'b' && printf %s 'x\n' > 'b/c.txt'" } })
  const failedAgain = { name: 'Bash', result: 'Exit code 1', isError: true }
  const third = callIn(await message(ask(rehearsal, '/v1/messages', claude([refused, failedAgain]))))
  expect(third).toMatchObject({ input: { command: 'make test' } })
})

test('a request nobody scripted is an error that names task, role, attempt and step, and is recorded', async () => {
  const rehearsal = await rehearse(twoSteps)
  const unscripted = async (who: Who | null, past: Past[] = []) => {
    const answer = await ask(rehearsal, '/v1/messages', claude(past), who)
    expect(answer.status).toBe(400)
    return ((await answer.json()) as { error: { message: string } }).error.message
  }
  expect(await unscripted({ ...worker, attempt: 2 })).toContain('worker of task a, attempt 2, launch 1')
  expect(await unscripted({ ...worker, role: 'verifier' })).toContain('defaults.verifier')
  expect(await unscripted({ ...worker, task: 'b' })).toContain('no task "b"')
  expect(await unscripted({ role: 'planner' })).toContain('no plan')
  expect(await unscripted(null)).toContain('who is asking')
  const past = Array.from({ length: 3 }, () => ({ name: 'Bash', result: 'ok' }))
  expect(await unscripted(worker, past)).toContain('step 4')
  expect(rehearsal.requests().map(({ outcome }) => outcome)).toEqual(Array(6).fill('unscripted'))
  expect(rehearsal.requests().at(-1)!.detail).toContain('step 4: the script has 3')
})

test('a verdict is filled in from the prompt and from what really happened', async () => {
  const rehearsal = await rehearse(`verify:
  a:
    - steps: [{ read: b.txt }, { run: make test }]
      verdict: { verdict: fail, findings: [{ claim: it breaks }] }
`)
  const tools = [bash, { name: 'Read' }, { name: 'StructuredOutput' }]
  const past = [
    { name: 'Read', input: { file_path: '/w/d/b.txt' }, result: '1\tx' },
    { name: 'Bash', input: { command: 'make test' }, result: 'Exit code 2\nboom', isError: true },
  ]
  const verifier = { ...worker, role: 'verifier' } as const
  const answer = await message(ask(rehearsal, '/v1/messages', claude(past, { tools }), verifier))
  expect(callIn(answer)).toMatchObject({
    name: 'StructuredOutput',
    input: {
      commit: 'a'.repeat(40),
      verdict: 'fail',
      examined: [{ path: 'b.txt' }],
      ran: [{ command: 'make test', exitCode: 2 }],
      findings: [{ claim: 'it breaks', severity: 'blocking' }],
    },
  })
  const closing = [...past, { name: 'StructuredOutput', result: 'ok' }]
  expect(await message(ask(rehearsal, '/v1/messages', claude(closing, { tools }), verifier))).toMatchObject({
    content: [{ text: 'Done.' }],
    stop_reason: 'end_turn',
  })
})

test('a structured answer goes as text where no tool is offered for it, and through the SDK’s forced tool', async () => {
  const rehearsal = await rehearse('plan: { summary: One., tasks: [{ key: a, title: T, what: W }] }')
  const planner: Who = { role: 'planner' }
  const client = new Anthropic({
    apiKey: 'x',
    baseURL: rehearsal.origin,
    maxRetries: 0,
    defaultHeaders: identityHeaders(planner),
  })
  const request = {
    model: 'claude-opus-4-1',
    max_tokens: 4000,
    messages: [{ role: 'user' as const, content: 'Plan.' }],
  }
  const asText = await client.messages.create(request)
  expect(asText.content[0]).toMatchObject({ type: 'text' })
  expect(JSON.parse((asText.content[0] as { text: string }).text)).toMatchObject({
    summary: 'One.',
    tasks: [{ key: 'a' }],
  })
  const tool = { name: 'submit_plan', input_schema: { type: 'object' as const } }
  const asCall = await client.messages.create({
    ...request,
    tools: [tool],
    tool_choice: { type: 'tool', name: tool.name },
  })
  expect(asCall.content).toMatchObject([{ type: 'tool_use', name: 'submit_plan', input: { tasks: [{ key: 'a' }] } }])
})

test('the CLIs’ own small requests are answered apart and do not touch the script', async () => {
  const rehearsal = await rehearse(twoSteps)
  const cli = { 'user-agent': 'claude-cli/2.1.329 (external, sdk-cli)' }
  const probe = { model: 'claude-haiku-4-5', max_tokens: 1, messages: [{ role: 'user', content: 'quota' }] }
  expect((await message(ask(rehearsal, '/v1/messages', probe, worker, cli))).content).toEqual([
    { type: 'text', text: 'ok' },
  ])
  const speaker = {
    contents: [{ role: 'user', parts: [{ text: 'Who speaks next?' }] }],
    generationConfig: {
      responseMimeType: 'application/json',
      responseJsonSchema: {
        type: 'object',
        properties: { reasoning: { type: 'string' }, next_speaker: { type: 'string', enum: ['model', 'user'] } },
      },
    },
  }
  const path = '/v1beta/models/gemini-2.5-flash-lite:generateContent'
  const answer = await ask(rehearsal, path, speaker, worker, { 'user-agent': 'GeminiCLI/0.61.0' })
  const { candidates } = (await answer.json()) as { candidates: { content: { parts: { text: string }[] } }[] }
  expect(JSON.parse(candidates[0]!.content.parts[0]!.text)).toMatchObject({ next_speaker: 'user' })
  expect(await (await ask(rehearsal, '/v1/messages/count_tokens', claude([]))).json()).toMatchObject({
    input_tokens: expect.any(Number),
  })
  expect(await (await ask(rehearsal, '/v1beta/models/g:countTokens', speaker)).json()).toMatchObject({
    totalTokens: expect.any(Number),
  })
  expect(rehearsal.requests().map(({ outcome }) => outcome)).toEqual(['side', 'side', 'count', 'count'])
})

const responses = (input: unknown[]) => ({
  model: 'gpt-5.5',
  stream: true,
  tools: [
    { type: 'function', name: 'exec_command' },
    { type: 'function', name: 'write_stdin' },
    { type: 'custom', name: 'apply_patch' },
  ],
  input: [
    {
      type: 'message',
      role: 'user',
      content: [{ type: 'input_text', text: '<environment_context><cwd>/w/d</cwd></environment_context>' }],
    },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Work.' }] },
    ...input,
  ],
})

const codexItems = async (answer: Promise<Response>): Promise<Record<string, unknown>[]> => {
  const events = [...(await (await answer).text()).matchAll(/^data: (.*)$/gm)].map(match => JSON.parse(match[1]!))
  expect(events.map(event => event.sequence_number)).toEqual(events.keys().toArray())
  expect(events.at(-1).type).toBe('response.completed')
  return events.filter(event => event.type === 'response.output_item.done').map(event => event.item)
}

test('codex: writes by patch, and asks on while a command is still running', async () => {
  const rehearsal = await rehearse(twoSteps)
  const codex = { ...worker, worker: 'codex' }
  const call = (id: string, item: object, output: string) => [
    { call_id: id, ...item },
    { type: 'function_call_output', call_id: id, output },
  ]
  const patched = call('1', { type: 'custom_tool_call', name: 'apply_patch', input: '' }, 'Exit code: 0\nDone!')
  const running = call(
    '2',
    { type: 'function_call', name: 'exec_command', arguments: '{}' },
    'Process running with session ID 41\n',
  )
  const over = call(
    '3',
    { type: 'function_call', name: 'write_stdin', arguments: '{}' },
    'Process exited with code 0\n',
  )
  const items = (input: unknown[]) => codexItems(ask(rehearsal, '/v1/responses', responses(input), codex))
  expect(await items([])).toMatchObject([
    { type: 'message', content: [{ text: 'I start.' }] },
    {
      type: 'custom_tool_call',
      name: 'apply_patch',
      input: '*** Begin Patch\n*** Add File: b/c.txt\n+x\n*** End Patch\n',
    },
  ])
  const [ran] = await items(patched)
  expect(JSON.parse(ran!.arguments as string)).toMatchObject({ cmd: 'make test' })
  const [polled] = await items([...patched, ...running])
  expect(polled).toMatchObject({ name: 'write_stdin' })
  expect(JSON.parse(polled!.arguments as string)).toMatchObject({ session_id: 41, chars: '' })
  expect(await items([...patched, ...running, ...over])).toMatchObject([{ content: [{ text: 'all done' }] }])
})

test('gemini: a resumed history with doubled results counts each call once', async () => {
  const rehearsal = await rehearse(twoSteps)
  const result = { functionResponse: { id: 'c1', name: 'write_file', response: { output: 'ok' } } }
  const body = {
    contents: [
      {
        role: 'user',
        parts: [
          { text: '<session_context>\n- **Workspace Directories:**\n  - /w/d\n</session_context>' },
          { text: 'Work.' },
        ],
      },
      { role: 'model', parts: [{ functionCall: { id: 'c1', name: 'write_file', args: {} } }] },
      { role: 'user', parts: [result] },
      { role: 'user', parts: [result] },
    ],
    tools: [{ functionDeclarations: [{ name: 'run_shell_command' }, { name: 'write_file' }] }],
  }
  const path = '/v1beta/models/gemini-2.5-pro:streamGenerateContent?alt=sse'
  const text = await (await ask(rehearsal, path, body, { ...worker, worker: 'gemini' })).text()
  const chunks = [...text.matchAll(/^data: (.*)$/gm)].map(match => JSON.parse(match[1]!))
  const parts = chunks.flatMap(chunk => chunk.candidates[0].content.parts)
  expect(parts).toMatchObject([{ functionCall: { name: 'run_shell_command', args: { command: 'make test' } } }])
  expect(chunks.at(-1)).toMatchObject({
    candidates: [{ finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: expect.any(Number) },
  })
})

const faulty = (step: string): string => `tasks: { a: { attempts: [{ steps: [{ say: some words }, ${step}] }] } }`

test('status: the code, the wait and the provider’s shape', async () => {
  const rehearsal = await rehearse(faulty('{ status: { code: 429, retryAfterS: 7, message: slow down } }'))
  const google = await ask(rehearsal, '/v1beta/models/g:generateContent', { contents: [] })
  expect([google.status, google.headers.get('retry-after')]).toEqual([429, '7'])
  expect(await google.json()).toMatchObject({
    error: { code: 429, status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '7s' }], message: 'slow down' },
  })
  const anthropic = await ask(rehearsal, '/v1/messages', claude([]))
  expect(await anthropic.json()).toEqual({ type: 'error', error: { type: 'rate_limit_error', message: 'slow down' } })
})

test('drop: the first bytes, then a broken connection; with none of them, broken at once', async () => {
  const cut = await rehearse(faulty('{ drop: { afterBytes: 100 } }'))
  const answer = await ask(cut, '/v1/messages', claude([], { stream: true }))
  expect(answer.status).toBe(200)
  const reader = answer.body!.getReader()
  expect((await reader.read()).value).toHaveLength(100)
  await expect(reader.read()).rejects.toThrow()
  const reset = await rehearse(faulty('{ drop: { afterBytes: 0 } }'))
  await expect(ask(reset, '/v1/messages', claude([]))).rejects.toThrow()
})

test('hang: nothing, or a part and then nothing, until the client leaves', async () => {
  const rehearsal = await rehearse(faulty('{ hang: { afterBytes: 50 } }'))
  const leaving = new AbortController()
  const answer = await fetch(`${rehearsal.origin}/v1/messages`, {
    method: 'POST',
    headers: identityHeaders(worker),
    body: JSON.stringify(claude([], { stream: true })),
    signal: leaving.signal,
  })
  const reader = answer.body!.getReader()
  expect((await reader.read()).value).toHaveLength(50)
  const next = reader.read()
  const silence = new Promise(resolve => setTimeout(resolve, 300, 'silence'))
  expect(await Promise.race([next, silence])).toBe('silence')
  leaving.abort()
  await expect(next).rejects.toThrow()
})

test('garbage, refusal and running out of tokens', async () => {
  const garbage = await ask(await rehearse(faulty('{ garbage: true }')), '/v1/messages', claude([]))
  expect([garbage.status, garbage.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  const refusal = await rehearse(faulty('{ refusal: "no, thank you" }'))
  expect(await message(ask(refusal, '/v1/messages', claude([])))).toMatchObject({ stop_reason: 'refusal' })
  const long = await rehearse(faulty('{ outOfTokens: and so }'))
  expect(await message(ask(long, '/v1/messages', claude([])))).toMatchObject({ stop_reason: 'max_tokens' })
})

test('long text never repeats a line', async () => {
  const rehearsal = await rehearse('tasks: { a: { attempts: [{ steps: [{ flood: { sizeBytes: 200000 } }] }] } }')
  const text = (await message(ask(rehearsal, '/v1/messages', claude([])))).content[0]!.text!
  expect(text).toHaveLength(200_000)
  const lines = text.split('\n').map(line => line.replace(/^\d+: /, ''))
  expect(new Set(lines).size).toBeGreaterThan(lines.length * 0.99)
})

test('a request that is not the provider’s shape is told why', async () => {
  const rehearsal = await rehearse(twoSteps)
  const answer = await ask(rehearsal, '/v1/messages', { messages: 'none' })
  expect(answer.status).toBe(400)
  expect(await answer.text()).toContain('model')
  expect((await fetch(`${rehearsal.origin}/v1/files`)).status).toBe(404)
})
