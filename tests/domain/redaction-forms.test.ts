/** Secrets in other encodings: each shape, and the operator's own values, in each form they are met in; and what stays. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { redactPieceStream } from '../../src/domain/redaction/piece-stream.ts'
import { createRedactor } from '../../src/domain/redaction/redactor.ts'
import { samples } from './secret-samples.ts'

const redactor = createRedactor()

const hexOf = (text: string): string => Buffer.from(text).toString('hex')
const pairs = (text: string): string[] => hexOf(text).match(/../g) ?? []
const lines = (text: string, width: number): string[] => text.match(new RegExp(`.{1,${width}}`, 'gs')) ?? []
const wide = (text: string, isBig = false): Buffer => {
  const bytes = Buffer.from(text, 'utf16le')
  return isBig ? bytes.swap16() : bytes
}
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const swell = 'Well before it there is something else to be read, longer than a line. '

const gutter = (bytes: Buffer): string => bytes.toString('latin1').replace(/[^ -~]/g, '.')
const rows = (text: string): Buffer[] =>
  Array.from({ length: Math.ceil(Buffer.byteLength(text) / 16) }, (_, row) =>
    Buffer.from(text).subarray(row * 16, row * 16 + 16),
  )
const offset = (row: number): string => (row * 16).toString(16).padStart(8, '0')
const hexdump = (text: string): string =>
  rows(text)
    .map((bytes, row) => {
      const all = pairs(bytes.toString('latin1'))
      const both = `${all.slice(0, 8).join(' ')}  ${all.slice(8).join(' ')}`
      return `${offset(row)}  ${both.padEnd(48)}  |${gutter(bytes)}|`
    })
    .join('\n')
const xxd = (text: string): string =>
  rows(text)
    .map((bytes, row) => {
      const words = (bytes.toString('hex').match(/.{1,4}/g) ?? []).join(' ')
      return `${offset(row)}: ${words.padEnd(39)}  ${gutter(bytes)}`
    })
    .join('\n')
const numbered = (text: string, write: (code: number) => string): string =>
  Array.from(Buffer.from(text), byte => write(byte)).join('')
const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0')

/** By name: how the text is written, what stands before and behind it, and the rest of it that must be gone. */
const forms: [string, (text: string) => string][] = [
  ...[0, 1, 2].flatMap((shift): [string, (text: string) => string][] => [
    [
      `base64 in lines of 76, shifted by ${shift}`,
      text => `Body:\n\n${lines(base64(`${swell}${' '.repeat(shift)}${text} ${swell}`), 76).join('\r\n')}\r\n\r\nend`,
    ],
    [
      `base64 in lines of 64, quoted and indented, shifted by ${shift}`,
      text =>
        `>   data:\n${lines(base64(`${swell}${' '.repeat(shift)}${text} ${swell}`), 64)
          .map(line => `>   ${line}`)
          .join('\n')}\n> end`,
    ],
    [
      `base64 in lines of 64 within JSON, shifted by ${shift}`,
      text => JSON.stringify({ data: lines(base64(`${swell}${' '.repeat(shift)}${text} ${swell}`), 64).join('\n') }),
    ],
  ]),
  ['base64 of URLs', text => `x=${Buffer.from(`${swell}${text} `).toString('base64url')}&y`],
  ['hex', text => `bytes ${hexOf(`${text} `)} end`],
  ['hex in lines', text => `bytes\n${lines(hexOf(`${swell}${text} ${swell}`), 60).join('\n')}\nend`],
  ['hex in capital letters after 0x', text => `SELECT 0x${hexOf(` ${text} `).toUpperCase()} FROM`],
  [
    'hex with 0x before each byte',
    text =>
      `{ ${pairs(`${text} `)
        .map(pair => `0x${pair}`)
        .join(', ')} }`,
  ],
  ['hex with colons', text => `data: ${pairs(` ${text} `).join(':')} end`],
  ['hex with blanks', text => `data: ${pairs(` ${text} `).join(' ')}\nend`],
  ['a dump of hexdump -C', text => `$ hexdump -C x\n${hexdump(`${swell}${text} ${swell}`)}\n000000ff\n`],
  ['a dump of xxd', text => `$ xxd x\n${xxd(`${swell}${text} ${swell}`)}\n$ `],
  ['UTF-16, low byte first', text => `x${wide(` ${text} `).toString('latin1')}`],
  ['UTF-16, high byte first', text => `x${wide(` ${text} `, true).toString('latin1')}`],
  ['UTF-16, low byte first, in base64', text => `powershell -enc ${wide(`${swell}${text} `).toString('base64')} end`],
  ['UTF-16, high byte first, in base64', text => `x ${wide(`${swell}${text} `, true).toString('base64')} end`],
  ['escapes of JSON', text => `{"a":"${numbered(`${text} `, code => `\\u${hex(code, 4)}`)}"}`],
  ['escapes of C', text => `"${numbered(`${text} `, code => `\\x${hex(code, 2)}`)}"`],
  ['HTML by hexadecimal numbers', text => `<p>${numbered(` ${text} `, code => `&#x${hex(code, 1)};`)}</p>`],
  ['HTML by numbers', text => `<p>${numbered(` ${text} `, code => `&#${code};`)}</p>`],
  ['gzip in base64', text => `data ${gzipSync(`${swell}${text} ${swell}`).toString('base64')} end`],
  [
    'gzip in base64 in lines',
    text =>
      `data\n${lines(gzipSync(`${swell.repeat(3)}${text} ${hexOf(createHash('sha512').update(text).digest('latin1'))}`).toString('base64'), 76).join('\n')}\nend`,
  ],
]

describe.each(forms)('%s', (_, encode) => {
  test.each(samples.map((sample, index) => [sample[0], index] as const))('%s (%i) goes', (_kind, index) => {
    const [, secret, around = text => text] = samples[index]!
    const written = encode(around(secret))
    const redacted = redactor.redact(written)
    expect(redacted).toContain('[redacted: ')
    // Whatever of it is left, less than eight characters of the secret stand in it.
    expect(longestLeft(encode, around, secret, redacted)).toEqual([])
  })

  test('values of the operator go', () => {
    const own = 'my-own.value/Of_27,letters'
    const mine = createRedactor([own])
    const redacted = mine.redact(encode(`it is ${own} here`))
    expect(redacted).toContain('[redacted: operator credential]')
    expect(longestLeft(encode, text => `it is ${text} here`, own, redacted)).toEqual([])
  })

  test('in any pieces it is as in one', () => {
    const [, secret] = samples.find(([kind]) => kind === 'github token')!
    const text = `said before\n${encode(secret)}\nand after\n`
    const whole = redactor.redact(text)
    for (const size of [1, 7, 40, 300]) {
      const stream = redactPieceStream(redactor)
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
      expect([...pieces.flatMap(piece => stream.push(piece)), ...stream.end()].join('')).toBe(whole)
    }
  })
})

/** Runs of what was written, such that the secret's middle stood in them, that are there still. */
const longestLeft = (
  encode: (text: string) => string,
  around: (text: string) => string,
  secret: string,
  redacted: string,
): string[] => {
  // The same with another secret of that length differs where the secret stands.
  const written = encode(around(secret))
  const other = encode(around(secret.replace(/[A-Za-z0-9]/g, char => (char === 'x' ? 'y' : 'x'))))
  if (other.length !== written.length) return []
  let [first, last] = [0, written.length - 1]
  while (written[first] === other[first]) first += 1
  while (written[last] === other[last]) last -= 1
  const inner = written.slice(first, last + 1)
  const size = Math.min(inner.length, 64)
  const parts = Array.from({ length: Math.max(1, Math.floor(inner.length / size)) }, (_, at) =>
    inner.slice(at * size, (at + 1) * size),
  )
  return parts.filter(part => part.trim().length > 24 && redacted.includes(part))
}

const digest = (seed: number, algorithm = 'sha256', encoding: 'hex' | 'base64' = 'hex'): string =>
  createHash(algorithm).update(String(seed)).digest(encoding)
const bytes = Buffer.from(Array.from({ length: 30_000 }, (_, index) => (index * index * 31 + (index >> 3)) & 255))

test.each([
  ['object ids', Array.from({ length: 200 }, (_, at) => `${digest(at, 'sha1')} commit refs/heads/x`).join('\n')],
  ['a list of checksums', Array.from({ length: 200 }, (_, at) => `${digest(at)}  src/a/file-${at}.ts`).join('\n')],
  ['checksums in base64 in lines', Array.from({ length: 99 }, (_, at) => digest(at, 'sha512', 'base64')).join('\n')],
  ['an image in base64 in lines', lines(bytes.toString('base64'), 76).join('\n')],
  ['an image in hex', bytes.toString('hex')],
  ['a dump of an image', xxd(bytes.subarray(0, 4_000).toString('latin1'))],
  ['a compressed image in base64', gzipSync(bytes).toString('base64')],
  [
    'a certificate',
    `-----BEGIN CERTIFICATE-----\n${lines(bytes.toString('base64').slice(0, 1_400), 64).join('\n')}\n-----END CERTIFICATE-----`,
  ],
  ['a fingerprint', `SHA256 Fingerprint=${(digest(1).toUpperCase().match(/../g) ?? []).join(':')}`],
  ['an address of a network card', 'ether 02:42:ac:11:00:02 inet6 fe80::42:acff:fe11:2'],
  ['colours and numbers', '#414b49 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62'],
  [
    'escapes in a text',
    '{"said":"caf\\u00e9 \\u0441\\u043b\\u043e\\u0432\\u043e \\x1b[31mred &#39;quoted&#39; &#x27;so&#x27;"}',
  ],
  ['UTF-16 without a secret', wide(swell).toString('latin1')],
  ['zeros', '\0'.repeat(5_000)],
  [
    'names in lines',
    Array.from({ length: 60 }, (_, at) => `src/domain/redaction/somewhat/longer/name${at}`).join('\n'),
  ],
])('%s pass as they are', (_, text) => {
  expect(redactor.redact(text)).toBe(text)
})

test('what unpacks to very much is looked into as far as a bound', () => {
  const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024)).toString('base64')
  expect(redactor.redact(`x ${bomb}`)).toBe(`x ${bomb}`)
})

test('no text of these forms makes it slow', () => {
  const cpuMsOf = (text: string): number => {
    const before = process.cpuUsage()
    redactor.redact(text)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  const units = [
    '\\u0041',
    '\\u00',
    '&#65;',
    '&#',
    'H4sI',
    'H4sIAAAA',
    '41',
    '41 ',
    '0x41,',
    '0',
    'A\0',
    '\0',
    '00000000: 4141\n',
    'AAAAAAAAAAAAAAAAAAAAAAAA\n',
    'QQBB',
    'QQBBAEEA',
    '\n',
    '\\n',
    ' ',
    '> ',
    'AAAA\\\\n',
  ]
  const slow = units.filter(unit => cpuMsOf(unit.repeat(Math.ceil(60_000 / unit.length))) > 3_000)
  expect(slow).toEqual([])
})

test('a stream of base64 in lines is held within a bound, and is not looked at anew with each line', () => {
  const stream = redactPieceStream(redactor)
  const before = process.cpuUsage()
  let held = 0
  let most = 0
  for (const line of lines(Buffer.concat(Array.from({ length: 60 }, () => bytes)).toString('base64'), 76)) {
    held += line.length + 1
    for (const gone of stream.push(`${line}\n`)) held -= gone.length
    most = Math.max(most, held)
  }
  const { user, system } = process.cpuUsage(before)
  expect(most).toBeLessThan(200_000)
  // Looked at once a line it would take minutes.
  expect((user + system) / 1_000).toBeLessThan(10_000)
})

test('the shortest value that is looked for goes in hex as well, wherever it stands', () => {
  const mine = createRedactor(['Abc-1234'])
  for (let shift = 0; shift < 16; shift++) {
    const redacted = mine.redact(`${'.'.repeat(shift)}${hexOf('Abc-1234')}.`)
    expect(redacted).toBe(`${'.'.repeat(shift)}[redacted: operator credential].`)
  }
})
