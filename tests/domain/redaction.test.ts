/** What is taken out of everything that is kept: each shape in each form, and nothing that only looks like one. */
import { createHash, randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactPieceStream } from '../../src/domain/redaction/piece-stream.ts'
import { allShapes, createRedactor } from '../../src/domain/redaction/redactor.ts'
import { samples } from './secret-samples.ts'

const redactor = createRedactor()

/** No stretch of eight characters of the secret is left. */
const leftOf = (secret: string, text: string): string[] => {
  const words = secret.replace(/-----.*?-----|[A-Z][\w-]*: .*/g, '').split(/\s+/)
  const parts = words.flatMap(word =>
    Array.from({ length: Math.max(0, word.length - 8) }, (_, at) => word.slice(at, at + 8)),
  )
  const rest = text.replace(/\[redacted: [^\]]*\]/g, '')
  return parts.filter(part => rest.includes(part))
}

const percent = (text: string): string =>
  Array.from(Buffer.from(text), byte => `%${byte.toString(16).padStart(2, '0')}`).join('')

const forms: [string, (text: string) => string, (text: string) => string][] = [
  ['plain', text => `before\n${text}\nafter`, text => text],
  ['in JSON', text => JSON.stringify({ said: `line\n${text}`, next: 1 }), text => text],
  ['in JSON in JSON', text => JSON.stringify([JSON.stringify({ said: `line\n${text}` })]), text => text],
  ['percent-encoded where it must be', text => `x=${encodeURIComponent(` ${text}`)}&y=1`, decodeURIComponent],
  ['percent-encoded all over', text => `x=${percent(` ${text}`)}&y=1`, text => text],
  ...[0, 1, 2].map((shift): [string, (text: string) => string, (text: string) => string] => [
    `in base64, shifted by ${shift}`,
    text => `data: ${Buffer.from(`${' '.repeat(shift)} ${text} `).toString('base64')} end`,
    text =>
      text.replace(/[A-Za-z0-9+/]{8,}={0,2}/g, run =>
        [0, 1, 2, 3].map(cut => Buffer.from(run.slice(cut), 'base64').toString('latin1')).join(' '),
      ),
  ]),
]

describe.each(forms)('%s', (_, encode, decode) => {
  test.each(samples.map((sample, index) => [sample[0], index] as const))(
    '%s (%i) leaves its kind alone',
    (kind, index) => {
      const [, secret, around = text => text] = samples[index]!
      const redacted = redactor.redact(encode(around(secret)))
      expect(redacted).toContain('[redacted: ')
      expect(leftOf(secret, redacted)).toEqual([])
      expect(leftOf(secret, decode(redacted))).toEqual([])
      if (encode(around(secret)).includes(secret)) expect(redacted).toContain(`[redacted: ${kind}]`)
    },
  )
})

test('there are many more than forty shapes, each with its source', () => {
  expect(new Set(allShapes.map(shape => shape.kind)).size).toBeGreaterThan(70)
  expect(allShapes.filter(shape => shape.source === '')).toEqual([])
  const shown = new Set(samples.map(([kind]) => kind))
  expect(allShapes.map(shape => shape.kind).filter(kind => !shown.has(kind))).toEqual([])
})

test.each(samples.map((sample, index) => [sample[0], index] as const))(
  '%s (%i) is found whatever pieces it comes in',
  (_, index) => {
    const [, secret, around = text => text] = samples[index]!
    const text = `said before ${around(secret)}\nand after`
    const whole = redactor.redact(text)
    const step = Math.max(1, Math.floor(text.length / 12))
    for (let cut = 1; cut < text.length; cut += step) {
      const stream = redactPieceStream(redactor)
      const pieces = [text.slice(0, cut), text.slice(cut, cut + 5), text.slice(cut + 5)]
      const out = [...pieces.flatMap(piece => stream.push(piece)), ...stream.end()]
      expect(out).toHaveLength(3)
      expect(out.join('')).toBe(whole)
    }
  },
)

test('values the operator is known to have go in every form, in and out of longer words', () => {
  const own = 'correct/horse+battery staple"ß'
  const mine = createRedactor([own, 'short'])
  for (const [, encode, decode] of forms.slice(0, 3)) {
    const redacted = mine.redact(encode(`x${own}y short`))
    expect(redacted).toContain('[redacted: operator credential]')
    expect(leftOf('correct/horse+battery', decode(redacted))).toEqual([])
    expect(redacted).toContain('short')
  }
  mine.learn(['another-value-of-mine'])
  for (const [, encode, decode] of forms) {
    const redacted = mine.redact(encode('xanother-value-of-mine'))
    expect(redacted).toContain('[redacted: operator credential]')
    expect(leftOf('another-value-of-mine', decode(redacted))).toEqual([])
  }
})

const png = Buffer.from(Array.from({ length: 60_000 }, (_, index) => (index * index * 31 + (index >> 3)) & 255))
const digest = (algorithm: string, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update('some content').digest(encoding)

test.each([
  ['a git object id', `commit ${digest('sha1', 'hex')}\nindex ${digest('sha1', 'hex').slice(0, 7)}..0000000`],
  ['a sha256 object id', `tree ${digest('sha256', 'hex')}`],
  ['a UUID', `session ${randomUUID()}, "sessionId":"${randomUUID()}"`],
  ['an image in base64', `![](data:image/png;base64,${png.toString('base64')})`],
  ['a checksum of a lock file', `"integrity": "sha512-${digest('sha512', 'base64')}",\n  "resolved": "x"`],
  ['a checksum of go.sum', `golang.org/x/text v0.3.0 h1:${digest('sha256', 'base64')}`],
  ['a checksum of Cargo.lock', `checksum = "${digest('sha256', 'hex')}"`],
  ['a public key', `ssh-ed25519 ${png.toString('base64').slice(0, 68)} bob@host`],
  ['a certificate', `-----BEGIN CERTIFICATE-----\n${png.toString('base64').slice(0, 640)}\n-----END CERTIFICATE-----`],
  ['the name of a key alone', 'It begins with -----BEGIN RSA PRIVATE KEY----- and goes on.'],
  ['a type', 'interface Login { password: string; apiKey?: string | null; token: AuthToken }'],
  ['code with types in it', 'pbkdf2(password: Uint8Array, salt: Uint8Array); headers = { authorization: username }'],
  ['code', 'const token = readToken2()\nlet secret = config.auth.secret1\npassword = await askPassword()'],
  ['a variable', 'TOKEN=$GITHUB_TOKEN_2 API_KEY=$'.concat('{{ secrets.API_KEY_1 }} password: $', '{DB_PASSWORD_1}')],
  ['usage', '{"input_tokens":12345678,"output_tokens":987654321,"token_count":1234567890}'],
  ['an address', 'see https://example.org:8443/a@b and ssh://git@example.org:22/repo.git'],
  ['prose', 'The bearer authorization-token-scheme is described; the password is at least 8 characters long.'],
  [
    'words with keys in them',
    'task-1 risk-2 disk-usage-monitoring desk-sharing-arrangement key-value-store-implementation',
  ],
  ['a path', '/usr/lib/node_modules/@scope/package-name/dist/esm/internal/secret-service/token-store.js:120:7'],
  ['what was redacted', 'password=[redacted: secret by its name] and [redacted: github token]'],
])('%s passes as it is', (_, text) => {
  expect(redactor.redact(text)).toBe(text)
})

test('redacting twice changes nothing more', () => {
  for (const [, secret, around = (text: string) => text] of samples) {
    const once = redactor.redact(around(secret))
    expect(redactor.redact(once)).toBe(once)
  }
})

test('a secret in any text, in any pieces, leaves nothing of itself', () => {
  const words = fc.array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.constantFrom('\n', ' ', '"', '\\n', '%20', '=', '-----BEGIN '),
    ),
    { maxLength: 8 },
  )
  const cuts = fc.array(fc.nat(400), { maxLength: 6 })
  const strong = samples.filter(([, , around]) => around === undefined)
  fc.assert(
    fc.property(words, fc.constantFrom(...strong), words, cuts, (before, [, secret], after, places) => {
      const text = `${before.join('')}\n${secret}\n${after.join('')}`
      const edges = [0, ...places.filter(place => place < text.length).toSorted((a, b) => a - b), text.length]
      const stream = redactPieceStream(redactor)
      const out = edges.slice(1).flatMap((edge, index) => stream.push(text.slice(edges[index], edge)))
      expect(leftOf(secret, [...out, ...stream.end()].join(''))).toEqual([])
      expect(leftOf(secret, redactor.redact(text))).toEqual([])
    }),
    { numRuns: 300 },
  )
})

test('JSON without its secrets is the same JSON in all but its texts', () => {
  const parts = [
    ...samples.map(([, secret, around = (text: string) => text]) => around(secret)),
    ...samples.map(([, secret]) => secret.slice(0, secret.length / 2)),
    ...samples.map(([, secret]) => secret.slice(secret.length / 2)),
    ...forms.flatMap(([, encode]) => samples.slice(0, 6).map(([, secret]) => encode(secret))),
  ]
  const text = fc.array(fc.oneof(fc.constantFrom(...parts), fc.string({ maxLength: 12 })), { maxLength: 3 })
  const { tree } = fc.letrec(tie => ({
    tree: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      text.map(pieces => pieces.join(' ')),
      fc.dictionary(fc.constantFrom('token', 'password', 'auth', 'authorization', 'claim'), tie('tree'), {
        maxKeys: 4,
      }),
      fc.array(tie('tree'), { maxLength: 4 }),
    ),
  }))
  const shapeOf = (value: unknown): unknown => {
    if (typeof value === 'string') return ''
    if (Array.isArray(value)) return value.map(shapeOf)
    return Object.entries(value as object).map(([key, inner]) => [key, shapeOf(inner)])
  }
  fc.assert(
    fc.property(tree, value => {
      const redacted: unknown = JSON.parse(redactor.redact(JSON.stringify(value)))
      expect(shapeOf(redacted)).toEqual(shapeOf(value))
    }),
    { numRuns: 300 },
  )
})

/** Every anchor many times over, with what makes a pattern go on for long. */
const adversarial = [...new Set(allShapes.flatMap(shape => shape.anchors))].flatMap(anchor => [
  anchor,
  `${anchor}=`,
  `-${anchor}A1`,
])

test('no text makes it slow', () => {
  const length = 20_000
  const cpuMsOf = (text: string): number => {
    const before = process.cpuUsage()
    redactor.redact(text)
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1_000
  }
  // A pattern that goes back over its text would take minutes.
  const slow = adversarial.filter(unit => cpuMsOf(unit.repeat(Math.ceil(length / unit.length))) > 2_000)
  expect(slow).toEqual([])
})
