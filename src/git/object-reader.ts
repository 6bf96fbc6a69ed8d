/** Questions about objects and refs, answered by one `git cat-file --batch-command` that stays, instead of a process each. */
import type { Oid } from '../domain/ids.ts'
import { type Dialogue, startDialogue } from '../process/dialogue.ts'
import { environmentIn, findGit, type GitOptions, type GitPlace } from './exec.ts'

export interface ObjectFacts {
  oid: Oid
  type: 'commit' | 'tree' | 'blob' | 'tag'
  sizeBytes: number
}

/** Each call asks git anew: refs, loose objects and packs that came meanwhile are seen. Never rejects. */
export interface ObjectReader {
  /** What a name (an id, a full ref, `<id>^{tree}`) stands for; null: not known here, which a fresh git may see otherwise. */
  facts(name: string): Promise<ObjectFacts | null>
  /** The whole object; the caller bounds its size. null as above. */
  bytes(oid: Oid): Promise<Buffer | null>
  /** Ends the process; questions under way get null, and so do later ones. */
  close(): void
}

interface Question {
  verb: 'info' | 'contents'
  answer: (facts: ObjectFacts | null, bytes: Buffer | null) => void
}

const patienceMs = 120_000

/** A reader of one place, with the environment of every other git call. A process that died is replaced at the next question. */
export const openObjectReader = (place: GitPlace, options: Pick<GitOptions, 'env'> = {}): ObjectReader => {
  let talk: ReturnType<typeof converse> | null = null
  let isClosed = false
  const ask = <T>(verb: Question['verb'], name: string, pick: (facts: ObjectFacts | null, bytes: Buffer | null) => T) =>
    new Promise<T>(resolve => {
      // One line is one question: a name with a line of its own would ask another.
      if (isClosed || /[\n\0]/.test(name)) return resolve(pick(null, null))
      if (talk === null || talk.isOver()) talk = converse(place, options)
      talk.ask(name, { verb, answer: (facts, bytes) => resolve(pick(facts, bytes)) })
    })
  return {
    facts: name => ask('info', name, facts => facts),
    bytes: oid => ask('contents', oid, (_, bytes) => bytes),
    close: () => {
      isClosed = true
      talk?.end()
    },
  }
}

/** The life of one process: questions in order, answers in the same order. */
const converse = (place: GitPlace, options: Pick<GitOptions, 'env'>) => {
  const asked: Question[] = []
  const answers = answerSplitter()
  let isOver = false
  let alarm: NodeJS.Timeout | null = null
  /** Held, and watched, only while somebody waits. */
  const watch = (): void => {
    if (alarm !== null) clearTimeout(alarm)
    alarm = asked.length > 0 && !isOver ? setTimeout(() => dialogue.end(), patienceMs) : null
    dialogue.hold(alarm !== null)
  }
  const dialogue: Dialogue = startDialogue(findGit(), ['cat-file', '--batch-command'], {
    cwd: place.root,
    env: { ...environmentIn(place), ...options.env },
    onData: chunk => {
      answers.add(chunk)
      for (let question = asked[0]; question !== undefined; question = asked[0]) {
        const found = answers.take(question.verb)
        if (found === null) break
        asked.shift()
        question.answer(found.facts, found.bytes)
      }
      watch()
    },
    onEnd: () => {
      isOver = true
      if (alarm !== null) clearTimeout(alarm)
      for (const question of asked.splice(0)) question.answer(null, null)
    },
  })
  return {
    isOver: () => isOver,
    end: () => dialogue.end(),
    ask: (name: string, question: Question): void => {
      asked.push(question)
      dialogue.write(`${question.verb} ${name}\n`)
      if (asked.length === 1) watch()
    },
  }
}

/** Cuts what git prints into answers: a line of facts and, for contents that are there, as many bytes and a newline. */
const answerSplitter = () => {
  let chunks: Buffer[] = []
  let held = 0
  /** Nothing is put together before as much has come: a large object arrives in many pieces. */
  let wanted = 1
  return {
    add: (chunk: Buffer): void => {
      chunks.push(chunk)
      held += chunk.length
    },
    /** The next answer, or null until more has come. */
    take: (verb: Question['verb']): { facts: ObjectFacts | null; bytes: Buffer | null } | null => {
      if (held < wanted) return null
      const all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      chunks = [all]
      const end = all.indexOf(10)
      if (end < 0) {
        wanted = held + 1
        return null
      }
      const facts = parseFacts(all.toString('utf8', 0, end))
      const size = verb === 'contents' && facts !== null ? facts.sizeBytes : null
      const total = size === null ? end + 1 : end + 1 + size + 1
      if (held < total) {
        wanted = total
        return null
      }
      chunks = [all.subarray(total)]
      held -= total
      wanted = 1
      return { facts, bytes: size === null ? null : all.subarray(end + 1, end + 1 + size) }
    },
  }
}

const parseFacts = (line: string): ObjectFacts | null => {
  const [, oid, type, size] = /^([0-9a-f]{40}|[0-9a-f]{64}) (commit|tree|blob|tag) (\d+)$/.exec(line) ?? []
  return oid === undefined ? null : { oid, type: type as ObjectFacts['type'], sizeBytes: Number(size) }
}

const open = new Map<string, ObjectReader>()

/**
 * From now until closed, the questions of this process about a place go to one reader. For the operator's repository
 * only, never for a place that something foreign has run in.
 */
export const keepReader = (place: GitPlace): { close(): void } => {
  open.get(place.gitDir)?.close()
  const reader = openObjectReader(place)
  open.set(place.gitDir, reader)
  return {
    close: () => {
      reader.close()
      if (open.get(place.gitDir) === reader) open.delete(place.gitDir)
    },
  }
}

/** The reader kept for a place, if one is. What it says is there is there; what it does not know is asked of a fresh git. */
export const readerOf = (place: GitPlace): ObjectReader | undefined => open.get(place.gitDir)

/** A larger commit object is not read here. */
const commitBytes = 64 * 1024

/**
 * The parents of a commit, as its object names them, or null where it is not known here. They are the lines right after
 * the first one: the same words further down are none.
 */
export const parentsOf = async (reader: ObjectReader, commit: Oid): Promise<Oid[] | null> => {
  const facts = await reader.facts(commit)
  if (facts?.type !== 'commit' || facts.sizeBytes > commitBytes) return null
  const text = (await reader.bytes(commit))?.toString('latin1') ?? ''
  const [head] = /^tree [0-9a-f]+\n(?:parent [0-9a-f]+\n)*/.exec(text) ?? []
  return head === undefined ? null : [...head.matchAll(/^parent (.+)$/gm)].map(match => match[1]!)
}
