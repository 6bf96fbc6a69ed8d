/** The operator's goal and the files given beside it: read from outside, bounded, refused when they can't be meant. */
import { isUtf8 } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AgentLabError, exitCode } from '../domain/errors.ts'

/** Goal, statement and findings together stay below this; the goal alone may fill it. */
export const maxGoalBytes = 512 * 1024

const maxAnswerBytes = 16 * 1024

export const controlCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u

/** As what bytes that are not UTF-8 arrive, on the command line and elsewhere. */
export const undecoded = '\ufffd'

const refuse = (code: string, why: string, cure: string): AgentLabError =>
  new AgentLabError(`agentlab failed on the goal: ${why}`, { code, cure, exit: exitCode.wrongUse })

/** @throws AgentLabError `answer-empty` | `answer-too-long` | `answer-control-characters` | `answer-not-utf-8` (exit 2) */
export const checkAnswer = (text: string): string => {
  const fail = (code: string, why: string, cure: string): AgentLabError =>
    new AgentLabError(`answer failed on its text: ${why}`, { code, cure, exit: exitCode.wrongUse })
  const bytes = Buffer.byteLength(text)
  if (bytes > maxAnswerBytes)
    throw fail('answer-too-long', `it has ${bytes} bytes, more than 16 KiB`, 'Say it shorter.')
  if (controlCharacter.test(text))
    throw fail('answer-control-characters', 'it holds a control character', 'Remove it; an answer is plain text.')
  if (text.includes(undecoded))
    throw fail('answer-not-utf-8', 'it holds bytes that are not UTF-8', 'Write it in UTF-8.')
  const answer = text.replace(/\r\n?/g, '\n').trim().toWellFormed()
  if (answer === '')
    throw fail('answer-empty', 'it is empty', 'Say what the planner asked for; - reads it from standard input.')
  return answer
}

/** @throws AgentLabError `goal-empty` | `goal-too-long` | `goal-control-characters` | `goal-not-utf-8` (exit 2) */
export const checkGoal = (text: string): string => {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxGoalBytes) {
    throw refuse(
      'goal-too-long',
      `it has ${bytes} bytes, more than 512 KiB`,
      'Put the material into files of the repository and name them in a shorter goal.',
    )
  }
  const found = controlCharacter.exec(text)
  if (found !== null) {
    const point = found[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
    throw refuse(
      'goal-control-characters',
      `it holds the control character U+${point} at position ${found.index + 1}`,
      'Remove it; a goal is plain text.',
    )
  }
  const broken = text.indexOf(undecoded)
  if (broken >= 0) {
    throw refuse(
      'goal-not-utf-8',
      `at position ${broken + 1} it holds bytes that are not UTF-8`,
      'Write it in UTF-8; from a file: iconv -f ISO-8859-1 -t UTF-8 goal.txt | agentlab task -',
    )
  }
  const goal = text.replace(/\r\n?/g, '\n').trim().toWellFormed()
  if (goal === '')
    throw refuse(
      'goal-empty',
      'it is empty',
      'Say what should be done: agentlab task "Add a --verbose flag, with a test"',
    )
  return goal
}

/** Reads standard input to its end, or to just past the bound. */
export const readStandardInput = async (input: AsyncIterable<Buffer | string>): Promise<string> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of input) {
    chunks.push(Buffer.from(chunk))
    bytes += chunks.at(-1)!.length
    if (bytes > maxGoalBytes) break
  }
  return Buffer.concat(chunks).toString('utf8')
}

const maxFileBytes = 1024 * 1024

/**
 * A file named on the command line. `names`: what may stand in its place, for who mistyped one.
 * @throws AgentLabError `file-unreadable` (exit 2)
 */
export const readNamedFile = async (
  cwd: string,
  name: string,
  option: string,
  { who = 'task', names = [] }: { who?: string; names?: readonly string[] } = {},
): Promise<string> => {
  const path = resolve(cwd, name)
  const fail = (why: string, cause?: unknown): AgentLabError =>
    new AgentLabError(`${who} failed on ${option} ${name}: ${why}`, {
      code: 'file-unreadable',
      cure: `Give ${option} ${names.map(one => `${one}, `).join('')}${names.length === 0 ? '' : 'or '}a readable file in UTF-8 of at most 1 MiB.`,
      exit: exitCode.wrongUse,
      cause,
    })
  try {
    const facts = await stat(path)
    if (!facts.isFile()) throw fail('it is not a regular file')
    if (facts.size > maxFileBytes) throw fail('it is larger than 1 MiB')
    const bytes = await readFile(path)
    if (!isUtf8(bytes)) throw fail('it is not UTF-8')
    return bytes.toString('utf8')
  } catch (error) {
    if (error instanceof AgentLabError) throw error
    const code = (error as NodeJS.ErrnoException).code
    throw fail(code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'no permission' : String(code), error)
  }
}
