/** What a verifier says, and what we make of it. */
import { z } from 'zod'
import { Oid } from './ids.ts'

export const Severity = z.enum(['blocking', 'minor'])
export type Severity = z.infer<typeof Severity>

/** Something found wrong, by a verifier, a check or the harvest policy. */
export const Finding = z.object({
  claim: z.string().min(1).max(4_000),
  severity: Severity.default('blocking'),
  file: z.string().max(1_000).optional(),
  line: z.number().int().positive().optional(),
  /** How to see it: a command, what should come out, what does. */
  reproduction: z
    .object({ command: z.string().max(4_000), expected: z.string().max(4_000), observed: z.string().max(4_000) })
    .optional(),
})
export type Finding = z.infer<typeof Finding>

/** The answer a verifier must give, by schema. */
export const VerifierAnswer = z.object({
  commit: Oid,
  verdict: z.enum(['pass', 'fail']),
  summary: z.string().max(8_000).default(''),
  examined: z.array(z.object({ path: z.string().max(1_000), what: z.string().max(2_000) })).max(500),
  ran: z.array(z.object({ command: z.string().max(4_000), exitCode: z.number().int() })).max(200),
  findings: z.array(Finding).max(100).default([]),
})
export type VerifierAnswer = z.infer<typeof VerifierAnswer>

/** Why an answer does not count. Each is a closed reason, told apart in the receipt. */
export const InconclusiveReason = z.enum([
  'noAnswer',
  'malformed',
  'cutShort',
  'otherCommit',
  'nothingRead',
  'nothingRun',
  'attemptFailed',
  'failWithoutFinding',
  'passWithBlockingFinding',
  'noVerifier',
])
export type InconclusiveReason = z.infer<typeof InconclusiveReason>

export const VerdictValue = z.enum(['pass', 'fail', 'inconclusive'])
export type VerdictValue = z.infer<typeof VerdictValue>
