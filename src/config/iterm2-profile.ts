/** The iTerm2 dynamic profile: read from what we ship, filled in for one repository, checked before it is written. */
import { z } from 'zod'

const Profile = z.looseObject({
  Name: z.string().min(1),
  Guid: z.uuid(),
  'Custom Command': z.literal('Yes'),
  Command: z.string().min(1),
  'Custom Directory': z.literal('Yes'),
  'Working Directory': z.string().min(1),
})

/** The file as iTerm2 reads it. One malformed file blocks all dynamic profiles, so nothing else is ever written. */
export const DynamicProfiles = z.strictObject({ Profiles: z.array(Profile).length(1) })
export type DynamicProfiles = z.infer<typeof DynamicProfiles>

export interface ProfileTarget {
  /** Absolute path of the repository's top. */
  directory: string
  /** The words of the command to run there; quoted for iTerm2 here. */
  command: string[]
}

/** iTerm2 splits a command at blanks, and knows double quotes and backslashes. */
const quote = (word: string): string => (/^[\w./:@%+=-]+$/.test(word) ? word : `"${word.replace(/["\\]/g, '\\$&')}"`)

/** The profile's text for one repository. @throws ZodError when the shipped file is damaged */
export const profileText = (shipped: string, target: ProfileTarget): string => {
  const { Profiles } = DynamicProfiles.parse(JSON.parse(shipped))
  const filled = DynamicProfiles.parse({
    Profiles: [{ ...Profiles[0], Command: target.command.map(quote).join(' '), 'Working Directory': target.directory }],
  })
  return `${JSON.stringify(filled, null, 2)}\n`
}

/** Whether a file's text holds our profile and nothing else: what `uninstall` may remove and `install` may replace. */
export const isOurProfile = (text: string, shipped: string): boolean => {
  const guidOf = (json: string): string | undefined => {
    try {
      return DynamicProfiles.safeParse(JSON.parse(json)).data?.Profiles[0]?.Guid
    } catch {
      return undefined
    }
  }
  return guidOf(text) !== undefined && guidOf(text) === guidOf(shipped)
}
