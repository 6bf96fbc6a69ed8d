/** What git keeps of a file stored with Git LFS: a pointer, a few lines of text. Read as data; git-lfs itself is never run. */

export interface LargeFilePointer {
  /** SHA-256 of the content, 64 hex digits. */
  contentId: string
  sizeBytes: number
}

/** A larger blob is none; by LFS's own specification. */
export const maxPointerBytes = 1024

const firstLine = 'version https://git-lfs.github.com/spec/v1'

/** The pointer a blob holds, or null where it is content of its own. */
export const parsePointer = (blob: Buffer): LargeFilePointer | null => {
  if (blob.length > maxPointerBytes) return null
  const [version, ...lines] = blob.toString('latin1').split('\n')
  const value = (key: string): string | undefined =>
    lines.find(line => line.startsWith(`${key} `))?.slice(key.length + 1)
  const contentId = /^sha256:([0-9a-f]{64})$/.exec(value('oid') ?? '')?.[1]
  const size = value('size') ?? ''
  return version !== firstLine || contentId === undefined || !/^\d{1,15}$/.test(size)
    ? null
    : { contentId, sizeBytes: Number(size) }
}

/**
 * A `clean` filter for workspaces, run by the git in the box: content becomes the pointer git-lfs would make, so that a
 * file left as it was is no change. A pointer and an empty file stay what they are. Needs nothing but a POSIX system.
 * git makes one % of two in it.
 */
export const cleanFilter = [
  'f=$(mktemp) && cat >"$f" || exit 1',
  `if [ ! -s "$f" ] || [ "$(head -c ${firstLine.length} "$f")" = "${firstLine}" ]; then cat "$f"`,
  'else set -- $(sha256sum <"$f" 2>/dev/null || shasum -a 256 <"$f")',
  '[ -n "$1" ] || exit 1',
  `printf "${firstLine}\\noid sha256:%%s\\nsize %%s\\n" "$1" "$(($(wc -c <"$f")))"; fi`,
  'rm -f "$f"',
].join('; ')
