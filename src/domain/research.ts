/** What a researcher answers by schema, and what is kept of it: its words, and what AgentLab found of each citation. */
import { z } from 'zod'
import { Oid } from './ids.ts'
import { cleanText } from './text.ts'

/**
 * Where a claim comes from, as the model says it. One flat shape with optional fields: weak models and the strict modes
 * of the providers both do badly with one shape a kind.
 */
export const Evidence = z.object({
  kind: z.enum(['file', 'log', 'command', 'url']),
  /** `file`: repository-relative. */
  path: z.string().optional(),
  /** `file`, `log`: the first line that is cited, from 1. */
  line: z.number().int().optional(),
  /** The last one, where there are several. */
  lastLine: z.number().int().optional(),
  /** What stands there. */
  quote: z.string().optional(),
  command: z.string().optional(),
  exitCode: z.number().int().optional(),
  /** A part of what the command printed. */
  output: z.string().optional(),
  url: z.string().optional(),
})
export type Evidence = z.infer<typeof Evidence>

/** The answer a researcher must give, by schema. */
export const ResearchAnswer = z.object({
  answer: z.string(),
  claims: z.array(z.object({ claim: z.string(), evidence: z.array(Evidence) })),
  unknown: z.array(z.string()),
})
export type ResearchAnswer = z.infer<typeof ResearchAnswer>

/** `notChecked`: there was nothing to hold it against; it counts for nothing. */
export const CitationState = z.enum(['holds', 'notFound', 'notChecked'])
export type CitationState = z.infer<typeof CitationState>

/** `cited`: a citation holds, and none is wrong. `notFound`: what was cited is not there. Never "true". */
export const ClaimState = z.enum(['cited', 'notFound', 'uncited'])
export type ClaimState = z.infer<typeof ClaimState>

/** `why` is empty where it holds. */
export const CheckedCitation = Evidence.extend({ state: CitationState, why: z.string() })
export type CheckedCitation = z.infer<typeof CheckedCitation>

export const CheckedClaim = z.object({ claim: z.string(), state: ClaimState, evidence: z.array(CheckedCitation) })
export type CheckedClaim = z.infer<typeof CheckedClaim>

/** How many claims are in which state. */
export const ClaimCounts = z.object({
  cited: z.number().int().nonnegative(),
  notFound: z.number().int().nonnegative(),
  uncited: z.number().int().nonnegative(),
})
export type ClaimCounts = z.infer<typeof ClaimCounts>

/** A research task's answer as it is kept. `words`: it never came in shape, so nothing in it is cited. */
export const ResearchRecord = z.object({
  shape: z.enum(['claims', 'words']),
  answer: z.string(),
  claims: z.array(CheckedClaim),
  unknown: z.array(z.string()),
  /** What AgentLab noted of the answer or the researcher. */
  notes: z.array(z.string()),
  /** The commit against which files were checked. */
  base: Oid,
})
export type ResearchRecord = z.infer<typeof ResearchRecord>

/** Of an answer in shape; null where nothing in it could be cited. */
export const countClaims = ({ shape, claims }: Pick<ResearchRecord, 'shape' | 'claims'>): ClaimCounts | null => {
  if (shape === 'words') return null
  const of = (state: ClaimState): number => claims.filter(claim => claim.state === state).length
  return { cited: of('cited'), notFound: of('notFound'), uncited: of('uncited') }
}

/** Bounds of what is kept and checked; counts, and characters. */
export const researchBounds = {
  claims: 200,
  evidence: 10,
  unknown: 50,
  answer: 20_000,
  claim: 2_000,
  quote: 4_000,
  field: 2_000,
} as const

/**
 * Reads an answer from outside: nothing a terminal would obey, and no more than the bounds; `notes` say what was left out.
 * A quote keeps one character beyond its bound, so that it is seen to be too long.
 */
export const readResearch = (
  value: unknown,
): { ok: true; answer: ResearchAnswer; notes: string[] } | { ok: false; problem: string } => {
  const parsed = ResearchAnswer.safeParse(value)
  if (!parsed.success) return { ok: false, problem: parsed.error.issues.slice(0, 5).map(issueLine).join('; ') }
  const { answer, claims, unknown } = parsed.data
  const text = clean(answer, researchBounds.answer).trim()
  if (text === '') return { ok: false, problem: 'answer: it is empty' }
  const { kept, left } = bounded(claims)
  return {
    ok: true,
    answer: {
      answer: text,
      claims: kept,
      unknown: unknown.slice(0, researchBounds.unknown).map(line => clean(line, researchBounds.claim)),
    },
    notes: [
      ...(answer.length > researchBounds.answer ? [`The answer was cut at ${researchBounds.answer} characters.`] : []),
      ...left,
      ...(unknown.length > researchBounds.unknown
        ? [`${unknown.length - researchBounds.unknown} more things it does not know were left out.`]
        : []),
    ],
  }
}

const bounded = (claims: ResearchAnswer['claims']): { kept: ResearchAnswer['claims']; left: string[] } => {
  const shown = claims.slice(0, researchBounds.claims)
  const kept = shown.map(({ claim, evidence }) => ({
    claim: clean(claim, researchBounds.claim).trim(),
    evidence: evidence.slice(0, researchBounds.evidence).map(cleanEvidence),
  }))
  const more = claims.length - shown.length
  const citations = shown.reduce((sum, one) => sum + Math.max(0, one.evidence.length - researchBounds.evidence), 0)
  return {
    kept,
    left: [
      ...(more > 0 ? [`${more} claims beyond the first ${researchBounds.claims} were left out, unchecked.`] : []),
      ...(citations > 0
        ? [`${citations} citations beyond ${researchBounds.evidence} a claim were left out, unchecked.`]
        : []),
    ],
  }
}

const cleanEvidence = (evidence: Evidence): Evidence =>
  Object.fromEntries(
    Object.entries(evidence).map(([key, value]) => [
      key,
      typeof value === 'string'
        ? clean(value, key === 'quote' || key === 'output' ? researchBounds.quote + 1 : researchBounds.field)
        : value,
    ]),
  ) as Evidence

const clean = (text: string, max: number): string => cleanText(text.slice(0, max)).slice(0, max).toWellFormed()

const issueLine = (issue: z.core.$ZodIssue): string =>
  `${issue.path.length === 0 ? 'the answer' : issue.path.join('.')}: ${issue.message}`
