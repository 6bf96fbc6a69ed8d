/** The folder of a set-up that has a network: a copy of its declared inputs and nothing else of the repository. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Oid } from '../../domain/ids.ts'
import { removeTree } from '../../git/remove-tree.ts'
import type { Repository } from '../../git/repository.ts'
import { createTreeWorkspace } from '../../git/workspace.ts'
import type { Seat } from '../seats.ts'

/** Fills the seat's workspace with `paths` of a tree. There is no git in it: its index would name every other file. */
export const makeInputsWorkspace = async (
  repository: Repository,
  seat: Seat,
  tree: Oid,
  paths: ReadonlySet<string>,
): Promise<void> => {
  await createTreeWorkspace({ repository, dirs: seat.dirs, tree, leaveOut: { allBut: paths } })
  await removeTree(seat.dirs.gitDir)
  await rm(join(seat.workspace, '.git'))
}
