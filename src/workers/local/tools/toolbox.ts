/** All tools of the local loop, by name, and their use: nothing a tool does ends the loop. */
import { clipMiddle } from '../../../domain/text.ts'
import type { Call } from '../turns.ts'
import { edit } from './edit.ts'
import { list } from './list.ts'
import { read } from './read.ts'
import { run } from './run.ts'
import { search } from './search.ts'
import { failed, type Outcome, type Place, type Tool } from './tool.ts'
import { write } from './write.ts'

export const toolbox: readonly Tool[] = [read, search, list, edit, write, run]

export const toolNamed = (name: string): Tool | undefined => toolbox.find(tool => tool.spec.name === name)

/** Characters of a result that the model is shown. */
const mostShown = 24_000

export const carryOut = async (call: Call, place: Place): Promise<Outcome> => {
  const tool = toolNamed(call.name)
  if (tool === undefined) return failed(`there is no tool ${call.name}`)
  try {
    const outcome = await tool.act(call.input, place)
    return { ...outcome, text: clipMiddle(outcome.text, mostShown) }
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error))
  }
}
