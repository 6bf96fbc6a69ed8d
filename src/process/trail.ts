/** Follows a path link by link: which links lie on the way, and where it really is. */
import { lstatSync, readlinkSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'

export interface Trail {
  /** Absolute path of each link on the way, with what is written in it. */
  links: { path: string; target: string }[]
  /** Where the path really is; null where it leads nowhere. */
  real: string | null
}

// As many as the kernel follows (path_resolution(7)).
const mostLinks = 40

/** `root` is the directory taken for `/`: another one than the machine's lets a test lay out a machine. */
export const trailOf = (path: string, root = '/'): Trail => {
  const links: Trail['links'] = []
  const ahead = partsOf(path)
  let at = '/'
  for (let part = ahead.shift(); part !== undefined; part = ahead.shift()) {
    const next = part === '..' ? dirname(at) : join(at, part)
    const target = part === '..' ? null : linkAt(join(root, next))
    if (target === undefined || links.length === mostLinks) return { links, real: null }
    if (target === null) at = next
    else {
      links.push({ path: next, target })
      ahead.unshift(...partsOf(target))
      if (isAbsolute(target)) at = '/'
    }
  }
  return { links, real: at }
}

const partsOf = (path: string): string[] => path.split('/').filter(part => part !== '' && part !== '.')

/** What is written in a link; null for anything else, undefined where there is nothing. */
const linkAt = (path: string): string | null | undefined => {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null
  } catch {
    return undefined
  }
}
