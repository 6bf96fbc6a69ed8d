import { describe, expect, it } from 'vitest'
import { callInProse, understand } from '../../src/workers/local/calls.ts'
import { looseObject } from '../../src/workers/local/loose-json.ts'
import { toolbox } from '../../src/workers/local/tools/toolbox.ts'

const specs = toolbox.map(tool => tool.spec)
const called = (name: string, input: unknown) =>
  understand({ id: 'c1', name, input: typeof input === 'string' ? input : JSON.stringify(input) }, specs)

describe('a call that is right', () => {
  it('is carried out as it is, and nothing is said of it', () => {
    expect(called('read', { path: 'a.ts', from: 3 })).toEqual({
      ok: true,
      call: { id: 'c1', name: 'read', input: { path: 'a.ts', from: 3 } },
      mended: [],
    })
    expect(called('list', '')).toMatchObject({ ok: true, call: { input: {} } })
  })
})

describe('a call that can be meant in one way only', () => {
  it.each<[string, string, unknown, string, Record<string, unknown>]>([
    ['numbers as text', 'read', { path: 'a', from: '12' }, 'read', { path: 'a', from: 12 }],
    [
      'truth as text',
      'edit',
      { path: 'a', old: 'x', new: 'y', all: 'True' },
      'edit',
      { path: 'a', old: 'x', new: 'y', all: true },
    ],
    ['a number where text belongs', 'write', { path: 'a', content: 7 }, 'write', { path: 'a', content: '7' }],
    [
      'words of a command line',
      'run',
      { command: ['git', 'commit', '-m', "it's"] },
      'run',
      { command: "git commit -m 'it'\\''s'" },
    ],
    ['a shell around a command line', 'run', { command: ['bash', '-lc', 'a | b'] }, 'run', { command: 'a | b' }],
    ["another agent's names", 'Bash', { cmd: 'ls' }, 'run', { command: 'ls' }],
    [
      "another agent's parameters",
      'str_replace',
      { file_path: 'a', old_str: 'x', new_str: '' },
      'edit',
      { path: 'a', old: 'x', new: '' },
    ],
    ['a name with its namespace', 'functions.read', { path: 'a' }, 'read', { path: 'a' }],
    ['arguments within arguments', 'read', { arguments: { path: 'a' } }, 'read', { path: 'a' }],
    ['JSON within JSON', 'read', JSON.stringify('{"path":"a"}'), 'read', { path: 'a' }],
    ['a fence', 'read', '```json\n{"path": "a"}\n```', 'read', { path: 'a' }],
    ['a comma too many', 'read', '{"path": "a", }', 'read', { path: 'a' }],
    [
      "Python's words",
      'edit',
      '{"path":"a","old":"None","new":"y","all":True}',
      'edit',
      { path: 'a', old: 'None', new: 'y', all: true },
    ],
    [
      'line breaks inside text',
      'write',
      '{"path":"a","content":"one\ntwo"}',
      'write',
      { path: 'a', content: 'one\ntwo' },
    ],
    ['null for what is left out', 'read', { path: 'a', from: null }, 'read', { path: 'a' }],
    ['what nobody asked for', 'read', { path: 'a', encoding: 'utf8' }, 'read', { path: 'a' }],
  ])('is mended: %s', (_, name, input, meant, expected) => {
    expect(called(name, input)).toMatchObject({ ok: true, call: { name: meant, input: expected } })
  })

  it('says what was mended', () => {
    expect(called('Bash', '{"cmd": "ls",}')).toMatchObject({
      mended: ['Bash is called run', 'the arguments were not quite JSON', 'cmd is called command'],
    })
  })
})

describe('a call that could be meant in several ways', () => {
  it.each<[string, string, unknown, RegExp]>([
    ['an unknown tool', 'browse', {}, /no tool "browse".*read, search, list, edit, write, run/],
    ['what is missing', 'write', { path: 'a' }, /content is missing.*write\(path: string, content: string\)/],
    ['arguments that are not JSON', 'read', "{'path': 'a'}", /not JSON.*\n.*read\(path: string/],
    ['arguments cut off', 'write', '{"path":"a","content":"on', /not JSON/],
    ['a wrong type', 'read', { path: { file: 'a' } }, /path must be a string/],
    ['several paths', 'read', { path: ['a', 'b'] }, /path must be a string/],
    ['half a number', 'read', { path: 'a', from: 1.5 }, /from must be a whole number/],
    ['two names for one thing', 'read', { file: null, filename: {} }, /path must be a string/],
  ])('comes back with the reason: %s', (_, name, input, reason) => {
    const understood = called(name, input)
    expect(understood.ok).toBe(false)
    expect(!understood.ok && understood.reason).toMatch(reason)
  })

  it('does not take a tool for one that is named like a part of an object', () => {
    for (const name of ['constructor', '__proto__', 'toString']) expect(called(name, {}).ok).toBe(false)
    expect(called('read', '{"path":"a","constructor":"x","__proto__":"y"}')).toMatchObject({ ok: true })
  })
})

describe('a call in prose', () => {
  it.each<[string, string, string | null]>([
    ['a fence', 'I look:\n```json\n{"name": "read", "arguments": {"path": "a"}}\n```', '{"path":"a"}'],
    ['a tag', '<tool_call>{"name":"run","arguments":{"command":"ls"}}</tool_call>', '{"command":"ls"}'],
    ['bare', '{"tool": "list", "input": {}}', '{}'],
    ['braces inside text', '{"name":"run","arguments":{"command":"echo }\\" {"}}', '{"command":"echo }\\" {"}'],
    ['two of them', '{"name":"list","arguments":{}} {"name":"run","arguments":{"command":"ls"}}', null],
    ['an object that is no call', 'The config is {"name": "app", "input": 3}', null],
    ['none', 'I wrote the file.', null],
  ])('is found where it is the only one: %s', (_, text, expected) => {
    expect(callInProse(text, specs)?.input ?? null).toBe(expected)
  })
})

it('reads no JSON out of what is none', () => {
  for (const text of ['', 'read a', '[1]', '"text"', '12', 'null', '{', '{"a":}']) expect(looseObject(text)).toBeNull()
})
