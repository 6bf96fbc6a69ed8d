/** Paths as a model gives them, and what of the tree is not worth its attention. */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import type { Place } from './tool.ts'

/** Absolute; a path that is not is meant from the top of the checkout. */
export const absolute = (path: string, { workspace }: Place): string => resolve(workspace, path)

/** As the model should see it: from the top of the checkout where it lies in there. */
export const shown = (path: string, { workspace }: Place): string => {
  const below = relative(workspace, path)
  return below === '' ? '.' : below.startsWith('..') || isAbsolute(below) ? path : below
}

/** Why nothing is written there, or null. The wall is the box; this only tells a model that is lost where it is. */
export const writeRefusal = (path: string, place: Place): string | null => {
  const isBelow = (folder: string): boolean => path.startsWith(folder + sep)
  if (isBelow(resolve(place.workspace, '.git'))) return 'files of git are changed by git commands only'
  return isBelow(place.workspace) || isBelow(place.tmp)
    ? null
    : `it lies outside your checkout ${place.workspace}; give a path inside it`
}

/** Folders that are neither listed nor searched unless they are named. */
export const skippedFolders: ReadonlySet<string> = new Set(['.git', 'node_modules', '__pycache__', '.venv'])
