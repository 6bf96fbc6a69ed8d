/** Turns what SQLite and the disk complain about into errors people can act on. */
import { AgentLabError } from '../domain/errors.ts'

interface Complaint {
  matches: RegExp
  code: string
  says: (path: string, code: string) => string
  cure: (path: string) => string
}

const complaints: readonly Complaint[] = [
  {
    matches: /^(?:SQLITE_FULL|ENOSPC|EDQUOT)$/,
    code: 'disk-full',
    says: path => `writing ${path}: the disk is full`,
    cure: () => 'Free some space and run the command again; nothing was lost.',
  },
  {
    matches: /^SQLITE_IOERR/,
    code: 'disk-error',
    says: (path, code) => `${path}: the disk does not take or give what it should (${code})`,
    cure: () => 'Look whether the disk is full or broken, then run the command again; nothing was lost.',
  },
  {
    matches: /^(?:SQLITE_READONLY_DBMOVED|SQLITE_CORRUPT|SQLITE_NOTADB)/,
    code: 'store-unreadable',
    says: path => `reading ${path}: it is damaged or no store of ours`,
    cure: path =>
      `It was left as it is. Put back a copy (${path}.before-… where there is one), or move it away to start afresh.`,
  },
  {
    matches: /^(?:SQLITE_READONLY|SQLITE_CANTOPEN|SQLITE_PERM|EACCES$|EPERM$|EROFS$)/,
    code: 'no-permission',
    says: path => `opening ${path}: no permission`,
    cure: path => `Make the folder of ${path} readable and writable for you.`,
  },
  {
    matches: /^SQLITE_(?:BUSY|LOCKED)/,
    code: 'store-busy',
    says: path => `${path}: another process has kept it locked all the while`,
    cure: path => `Run the command again; where it stays so, end the process that holds it (fuser ${path}).`,
  },
]

/** Anything unknown stays what it was. */
export const readableStoreError = (error: unknown, path: string): unknown => {
  if (error instanceof AgentLabError) return error
  const code = (error as { code?: unknown } | null)?.code
  const found = typeof code === 'string' ? complaints.find(({ matches }) => matches.test(code)) : undefined
  if (found === undefined) return error
  return new AgentLabError(`agentlab failed on ${found.says(path, code as string)}`, {
    code: found.code,
    cure: found.cure(path),
    cause: error,
  })
}
