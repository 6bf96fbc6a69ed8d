/** What `ask` and `diagnose` are asked, and the plan of one research task it becomes: no planner is needed for that. */
import { join, relative, resolve, sep } from 'node:path'
import type { Project } from '../app.ts'
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Oid } from '../domain/ids.ts'
import { cleanLine } from '../domain/text.ts'
import { listTree } from '../git/blobs.ts'
import { readHead } from '../git/refs.ts'
import type { Call } from './call.ts'
import { controlCharacter, undecoded } from './goal.ts'

const maxQuestionBytes = 16 * 1024

/** @throws AgentLabError `question-empty` | `question-too-long` | `question-control-characters` | `question-not-utf-8` (exit 2) */
export const checkQuestion = (command: string, text: string): string => {
  const fail = (code: string, why: string, cure: string): AgentLabError =>
    new AgentLabError(`${command} failed on the question: ${why}`, { code, cure, exit: exitCode.wrongUse })
  if (Buffer.byteLength(text) > maxQuestionBytes)
    throw fail(
      'question-too-long',
      'it has more than 16 KiB',
      'Ask shorter, and name the files it is about: --file PATH',
    )
  if (controlCharacter.test(text))
    throw fail('question-control-characters', 'it holds a control character', 'Remove it; a question is plain text.')
  if (text.includes(undecoded))
    throw fail('question-not-utf-8', 'it holds bytes that are not UTF-8', 'Write it in UTF-8.')
  const question = text.replace(/\r\n?/g, '\n').trim().toWellFormed()
  if (cleanLine(question) === '')
    throw fail('question-empty', 'it is empty', 'Say what you want to know: agentlab ask "Where are retries counted?"')
  return question
}

/** A plan of that one task, in the form of a plan file. */
export const planOfQuestion = (question: string, paths: readonly string[]): string =>
  JSON.stringify({
    tasks: [{ key: 'question', kind: 'research', title: cleanLine(question, 120), what: question, paths }],
  })

const mostPaths = 50

/** The paths as the repository names them; each is there in the commit you stand on. @throws AgentLabError `file-unknown` (exit 2) */
export const pathsInRepository = async (
  call: Call,
  { repository }: Pick<Project, 'repository'>,
  files: readonly string[],
): Promise<string[]> => {
  if (files.length === 0) return []
  const fail = (file: string, why: string): AgentLabError =>
    new AgentLabError(`ask failed on --file ${cleanLine(file)}: ${why}`, {
      code: 'file-unknown',
      cure: 'Name files or folders of the repository, as they are committed; at most 50.',
      exit: exitCode.wrongUse,
    })
  if (files.length > mostPaths) throw fail(files[mostPaths]!, `it is one of ${files.length}`)
  const head: Oid | null = await readHead(repository)
  const tree = head === null ? [] : await listTree(repository, head)
  return files.map(file => {
    const below = relative(repository.root, resolve(call.cwd, file))
    if (below === '' || below.startsWith(`..${sep}`) || below === '..' || below !== join(below))
      throw fail(file, 'it lies outside of the repository')
    if (!tree.some(entry => entry.path === below || entry.path.startsWith(`${below}/`)))
      throw fail(file, 'no such file in the commit you stand on')
    return below
  })
}
