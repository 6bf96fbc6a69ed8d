/**
 * Secrets that no issuer's prefix tells: keys in armour, tokens in headers, passwords in URLs and beside their name. None
 * goes over a quotation mark, so that JSON without its secrets is JSON still.
 */
import { isSecretValue } from './secret-value.ts'
import type { Shape } from './shape.ts'

/** Quotes of any kind, escaped or not. */
const quotes = '["\'`\\\\]{0,4}'
const value = '(?<s>[^\\s"\'`\\\\,;<>(){}\\[\\]]{8,512})'

/** As it is, or escaped in a string of some language. */
const lineEnd = '(?:\\s|\\\\{1,4}[nrt]){1,8}'

/** Names of values nobody should read, and what may follow in such a name. */
const names =
  'passwords?|passwd|passphrase|_pass|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|signing[_-]?key|encryption[_-]?key|master[_-]?key|credentials?|_auth|client-key-data'
const nameEnd = '(?:[_-]?(?:access|key|value|base|string|text|[0-9]{1,2})){0,3}'

const anchors = [
  'password',
  'passwd',
  'passphrase',
  '_pass',
  'pwd',
  'secret',
  'token',
  'apikey',
  'api_key',
  'api-key',
  ...['access', 'private', 'account', 'signing', 'encryption', 'master'].flatMap(word =>
    ['', '_', '-'].map(joint => `${word}${joint}key`),
  ),
  'credential',
  '_auth',
  'client-key-data',
]

export const generalShapes: readonly Shape[] = [
  {
    kind: 'private key',
    anywhere: true,
    anchors: ['-BEGIN '],
    reach: 4,
    // Headers, then up to its end, or, where that is missing, as long as its lines go on.
    pattern: new RegExp(
      `-{2,5}BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-{2,5}(?:${lineEnd}[A-Za-z-]{1,40}: [^\\n\\\\"]{0,200}){0,8}(?:[^-"]{1,16384}-{2,5}END [A-Z0-9 ]{0,60}-{0,5}|(?:${lineEnd}[A-Za-z0-9+/=]{16,256}){1,500}(?:${lineEnd}[A-Za-z0-9+/]{1,16}={0,2})?)`,
      'dy',
    ),
    source: 'RFC 7468, OpenSSH and OpenPGP armour',
  },
  {
    kind: 'json web token',
    anchors: ['eyJ'],
    pattern: /eyJ[\w-]{8,4000}\.eyJ[\w-]{8,4000}(?:\.[\w-]{0,4000})?/dy,
    source: 'RFC 7519',
  },
  {
    kind: 'password in a url',
    anywhere: true,
    anchors: ['://'],
    pattern: /:\/\/[^\s/:@"'`<>\\]{0,100}:(?<s>[^\s/@"'`<>\\]{3,200})@/dy,
    judge: secret => !/^(?:\$|\*+$|x+$|<|%7B|\{)/i.test(secret),
    source: 'RFC 3986, user information',
  },
  {
    kind: 'authorization header',
    anywhere: true,
    anchors: ['authorization'],
    anyCase: true,
    pattern: new RegExp(
      `authorization${quotes}[ \\t]{0,4}[:=][ \\t]{0,4}${quotes}(?:(?:basic|bearer|token|apikey|digest|negotiate)[ \\t]{1,4})?(?<s>[A-Za-z0-9._~+/=:-]{8,4000})`,
      'diy',
    ),
    // A word alone is the name of a variable.
    judge: (secret, match) => /[^A-Za-z]/.test(secret) || /(?:basic|bearer|token)[ \t]/i.test(match[0]),
    source: 'RFC 9110, 11.6.2',
  },
  {
    kind: 'bearer token',
    anchors: ['bearer '],
    anyCase: true,
    pattern: /bearer[ \t]{1,4}(?<s>[A-Za-z0-9._~+/-]{16,4000}={0,2})/diy,
    judge: secret => /\d/.test(secret) && /[A-Za-z]/.test(secret),
    source: 'RFC 6750',
  },
  {
    kind: 'password of netrc',
    anchors: ['machine '],
    pattern:
      /machine[ \t]{1,4}[^\s"]{1,200}[ \t]{1,4}login[ \t]{1,4}[^\s"]{1,200}[ \t]{1,4}password[ \t]{1,4}(?<s>(?!\[redacted)[^\s"'\\]{1,200})/dy,
    source: 'curl: the .netrc file',
  },
  {
    kind: 'basic auth',
    anywhere: true,
    anchors: ['"auth"', 'auth\\'],
    pattern: /"?auth\\{0,4}"[ \t]{0,4}:[ \t]{0,4}\\{0,4}"(?<s>[A-Za-z0-9+/]{12,400}={0,2})/dy,
    source: 'Docker: config.json',
  },
  {
    kind: 'password on a command line',
    anywhere: true,
    anchors: ['--password', '--token', '--secret', '--api-key', '--apikey', '--passphrase'],
    pattern: new RegExp(`--[a-z]{1,12}(?:-key)?[ =]["']?${value}`, 'dy'),
    judge: isSecretValue,
    source: 'ours: what command lines call it',
  },
  {
    kind: 'secret by its name',
    anywhere: true,
    anchors,
    anyCase: true,
    pattern: new RegExp(
      `(?:${names})${nameEnd}${quotes}(?<joint>[ \\t]{0,4}(?::=|=>|=|:)[ \\t]{0,4})${quotes}${value}`,
      'diy',
    ),
    judge: isSecretValue,
    source: 'ours: what files of configuration call it',
  },
]
