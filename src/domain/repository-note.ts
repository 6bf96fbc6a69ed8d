/** What about a repository is worked around and must be said: to the operator, to the workers, on the receipt. */
import { z } from 'zod'
import { many } from './measures.ts'

/** `submodules`: left empty. `largeFiles`: stored with Git LFS, placed from the operator's own objects. */
export const RepositoryNote = z.object({
  kind: z.enum(['submodules', 'largeFiles']),
  count: z.number().int().positive(),
})
export type RepositoryNote = z.infer<typeof RepositoryNote>

interface Words {
  /** What AgentLab does about it; fits after "Repository: ". */
  operator: string
  /** What is not proven because of it; one sentence. */
  notProven: string
}

const words: Record<RepositoryNote['kind'], (count: number) => Words> = {
  submodules: count => ({
    operator: `${many(count, 'submodule')} left empty in every workspace; a change to one is not taken over`,
    notProven: `The repository has ${many(count, 'submodule')}: they were left empty, so nothing was tried together with what is in them.`,
  }),
  largeFiles: count => ({
    operator: `${many(count, 'file')} stored with Git LFS, placed from your own objects; a change to one is not taken over`,
    notProven: `The repository stores ${many(count, 'file')} with Git LFS: their contents were taken from your own objects, not from the server.`,
  }),
}

export const noteWords = ({ kind, count }: RepositoryNote): Words => words[kind](count)
