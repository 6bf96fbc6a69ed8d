/** Whether a mark is somewhere in bytes, in plain words or in any of the encodings by which text travels. */
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'

const attempt = (decode: () => Buffer): Buffer[] => {
  try {
    return [decode()]
  } catch {
    return []
  }
}

/** What the bytes may be the packed form of: whole bodies, and streams that begin further in. */
const unpacked = (bytes: Buffer): Buffer[] => {
  const starts = [...bytes.toString('latin1').matchAll(/\x1f\x8b\x08/g)].map(({ index }) => index)
  return [
    ...starts.flatMap(at => attempt(() => gunzipSync(bytes.subarray(at), { finishFlush: 2 }))),
    ...attempt(() => inflateSync(bytes)),
    ...attempt(() => brotliDecompressSync(bytes)),
  ]
}

/** Base64 of a text depends on where in three bytes it begins; what its neighbours have a part in is left out. */
const inBase64 = (mark: string): string[] =>
  [0, 1, 2].map(shift => {
    const encoded = Buffer.concat([Buffer.alloc(shift), Buffer.from(mark)]).toString('base64')
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor(((shift + Buffer.byteLength(mark)) * 8) / 6))
  })

const hex = (mark: string): string => Buffer.from(mark).toString('hex')

const looks = (mark: string): RegExp => {
  const words = [mark, encodeURIComponent(mark), JSON.stringify(mark).slice(1, -1), hex(mark), ...inBase64(mark)]
  const urlSafe = words.map(word => word.replaceAll('+', '-').replaceAll('/', '_'))
  const escaped = [...new Set([...words, ...urlSafe])].map(word => word.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
  return new RegExp(`${escaped.join('|')}`)
}

/** Hex, and %-escapes, may be in capital letters. */
const ignoringCase = (mark: string): RegExp => new RegExp(`${hex(mark)}|${encodeURIComponent(mark)}`, 'i')

const escapes = (text: string): string =>
  text
    .replace(/\\u([0-9a-f]{4})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
    .replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))

/** `mark` is letters and digits only, so that most escapes leave it as it is. */
export const holds = (bytes: Buffer, mark: string): boolean =>
  [bytes, ...unpacked(bytes)].some(body => {
    const text = body.toString('latin1')
    return looks(mark).test(text) || ignoringCase(mark).test(text) || escapes(text).includes(mark)
  })
