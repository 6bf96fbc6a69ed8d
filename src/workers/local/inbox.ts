/** What the operator has said since: the files of the inbox, in the order of their names. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Message } from '../message.ts'
import { parseObject } from '../stream.ts'

/** Empty where there is no folder. What can't be read is left out: it is written whole or not at all. */
export const readInbox = async (folder: string | null): Promise<Message[]> => {
  if (folder === null) return []
  const names = await readdir(folder).catch(() => [])
  const messages: Message[] = []
  for (const name of names.filter(name => name.endsWith('.json')).toSorted()) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => '')
    const { data } = Message.safeParse(parseObject(text))
    if (data !== undefined) messages.push(data)
  }
  return messages
}
