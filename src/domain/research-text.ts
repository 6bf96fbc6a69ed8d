/** A research answer as plain text: what does not hold comes first. For prompts, receipts and `show`. */

import { many } from './measures.ts'
import type { CheckedCitation, CheckedClaim, ClaimCounts, ClaimState, ResearchRecord } from './research.ts'
import { cleanLine, cleanText } from './text.ts'

/** The worst first. */
export const claimOrder: readonly ClaimState[] = ['notFound', 'uncited', 'cited']

export const claimWords: Record<ClaimState, string> = {
  cited: 'cited',
  notFound: 'not found',
  uncited: 'uncited',
}

/** The same claims, those whose citations do not hold before the rest. */
export const worstFirst = (claims: readonly CheckedClaim[]): CheckedClaim[] =>
  claimOrder.flatMap(state => claims.filter(claim => claim.state === state))

/** Where a citation points, in one line: `src/a.ts:12`, `log:3-5`, `npm test, exit 0`. */
export const placeOf = (one: CheckedCitation): string => {
  const lines = `${one.line === undefined ? '' : `:${one.line}`}${one.lastLine === undefined || one.lastLine === one.line ? '' : `-${one.lastLine}`}`
  switch (one.kind) {
    case 'file':
      return `${cleanLine(one.path ?? '(no path)', 300)}${lines}`
    case 'log':
      return `log${lines}`
    case 'command':
      return `${cleanLine(one.command ?? '(no command)', 300)}${one.exitCode === undefined ? '' : `, exit ${one.exitCode}`}`
    case 'url':
      return cleanLine(one.url ?? '(no address)', 300)
  }
}

/** What was found of a citation, in one line; empty where it holds. */
export const citationProblem = ({ state, why }: CheckedCitation): string =>
  state === 'holds' ? '' : `${state === 'notFound' ? 'not found' : 'not checked'}: ${cleanLine(why, 200)}`

/** What it quotes, in one line, or what the command printed. */
export const quotedIn = ({ quote, output }: CheckedCitation): string => cleanLine(quote ?? output ?? '', 200)

/** One sentence on what became of the citations. */
export const countWords = (counts: ClaimCounts | null): string => {
  if (counts === null) return 'it is plain words, and nothing in it is cited'
  const all = counts.cited + counts.notFound + counts.uncited
  if (all === 0) return 'it makes no claims of its own, so nothing in it is cited'
  return `${many(all, 'claim')}: ${counts.notFound} not found where cited, ${counts.uncited} uncited, ${counts.cited} cited`
}

/** The whole record as plain text. */
export const recordText = (record: ResearchRecord): string =>
  [
    cleanText(record.answer),
    ...(record.claims.length === 0
      ? []
      : [
          '',
          `Claims (cited: the place holds the quote, or the command was run; not: true)`,
          ...worstFirst(record.claims).flatMap(claimText),
        ]),
    ...(record.unknown.length === 0
      ? []
      : ['', 'Not known', ...record.unknown.map(line => `- ${cleanLine(line, 2_000)}`)]),
    ...(record.notes.length === 0
      ? []
      : ['', 'Notes of AgentLab', ...record.notes.map(line => `- ${cleanLine(line, 500)}`)]),
  ].join('\n')

const claimText = ({ claim, state, evidence }: CheckedClaim): string[] => [
  `- [${claimWords[state]}] ${cleanLine(claim, 2_000)}`,
  ...evidence.map(one => {
    const problem = citationProblem(one)
    const quote = quotedIn(one)
    return `  ${placeOf(one)}${quote === '' ? '' : `: ${quote}`}${problem === '' ? '' : ` (${problem})`}`
  }),
]
