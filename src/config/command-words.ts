/** Commands in configuration: a list of words, or a plain string split on blanks. Never a shell string. */
import { z } from 'zod'
import { withoutPlaces } from '../domain/command-places.ts'

const shellCharacter = /[|&;<>()$`\\"'*?[\]{}~!#\r\n]/
const useList = 'write the command as a list of words, for example ["npm", "test"]; AgentLab never starts a shell'

/** One word of a command as it is given to the system; no NUL, at most 4,000 characters. */
const Word = z
  .string()
  .min(1)
  .max(4_000)
  .regex(/^[^\u0000]*$/, 'must not contain a NUL character')

const plainString = z
  .string()
  .max(4_000)
  .transform((text, context) => {
    const words = text.trim().split(/[ \t]+/)
    const found = shellCharacter.exec(withoutPlaces(text))
    const complain = (message: string): never[] => {
      context.issues.push({ code: 'custom', message, input: text })
      return []
    }
    if (found !== null) return complain(`holds ${JSON.stringify(found[0])}, which only a shell understands: ${useList}`)
    if (words[0] === '') return complain('is empty: name the program to run')
    if (words[0]!.includes('=')) return complain(`begins by setting a variable, which only a shell does: ${useList}`)
    return words
  })

/** Reads a command into its words. A string with anything a shell would act on is an error that says to use a list. */
export const CommandWords = z.union([z.array(Word).min(1, 'is empty: name the program to run').max(200), plainString])
export type CommandWords = z.output<typeof CommandWords>
