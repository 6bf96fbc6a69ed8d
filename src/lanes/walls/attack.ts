/** What a hostile worker may try, as data: a script that exits 0 when it succeeds, and what it would mean if it did. */

export interface Attack {
  /** What it is after, as the subject of a sentence: `a TCP connection to a server on this machine`. */
  name: string
  /** For bash; the names in capitals come from the place where it is tried. Needs nothing but bash, perl, git, coreutils. */
  script: string
  /** Tried outside the box once the script has ended: then this one's exit code tells, and the script must exit 0. */
  after?: string
  /** Who succeeds without the box: anybody, root alone, or only those who are not root. Left out: anybody. */
  control?: 'root' | 'ordinary'
  /** Why it may fail without the box as well, on some machines. */
  mayBeMissing?: string
}

export interface Guarantee {
  /** One word, for tables. */
  name: string
  /** What holds while the guarantee does, in one sentence. */
  protects: string
  attacks: readonly Attack[]
  /** What must work in the box, or that the attacks fail proves nothing. */
  works?: { name: string; script: string }
  /** What it would mean if one of them succeeded. */
  means: string
  cure: string
}

/** Perl without single quotes in it. */
export const perl = (code: string): string => `exec perl -e '${code}'`

/** Opens a file for writing and writes nothing, so that trying it without a box changes nothing. */
export const opens = (path: string): string => `exec 3>>${path}`
