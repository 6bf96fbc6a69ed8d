/** Opens a file for the length of some work; `await using` would say it shorter, but Node 22 does not know it. */
import { type FileHandle, open } from 'node:fs/promises'

/** Closes the file whatever becomes of the work. Throws what `open` throws. */
export const withFile = async <T>(
  path: string,
  flags: string | number,
  work: (file: FileHandle) => Promise<T>,
  mode?: number,
): Promise<T> => {
  const file = await open(path, flags, mode)
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/** The last `maxBytes` of a file that may be large, as text. */
export const readTail = (path: string, maxBytes: number): Promise<string> =>
  withFile(path, 'r', async file => {
    const { size } = await file.stat()
    const length = Math.min(size, maxBytes)
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length)
    return buffer.toString('utf8')
  })
