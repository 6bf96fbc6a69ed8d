/** Reads a file as text, or says why it can't be. */
import { open } from 'node:fs/promises'

const largest = 8 * 1024 * 1024

export type TextFile = { ok: true; text: string } | { ok: false; why: string }

/** Whole, up to 8 MiB; a byte 0 near its start makes it no text. */
export const readText = async (path: string): Promise<TextFile> => {
  const no = (why: string): TextFile => ({ ok: false, why })
  try {
    const file = await open(path, 'r')
    try {
      const stat = await file.stat()
      if (stat.isDirectory()) return no('it is a folder: use list')
      if (!stat.isFile()) return no('it is not a regular file')
      if (stat.size > largest) return no(`it has ${stat.size} bytes: look at parts of it with run (head, sed -n)`)
      const bytes = await file.readFile()
      return bytes.subarray(0, 8_000).includes(0) ? no('it is not text') : { ok: true, text: bytes.toString('utf8') }
    } finally {
      await file.close()
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return no(code === 'ENOENT' ? 'there is no such file' : `it can't be read (${code ?? String(error)})`)
  }
}
