/** Findings as plain text for the agent that has to answer them. */
import type { Finding } from './verdict.ts'

/** Numbered, blocking ones first, each with its place and its reproduction. Not cleaned: fence it. */
export const findingsText = (findings: readonly Finding[]): string =>
  findings
    .toSorted((a, b) => Number(b.severity === 'blocking') - Number(a.severity === 'blocking'))
    .map((finding, index) => `${index + 1}. ${findingText(finding)}`)
    .join('\n\n')

const findingText = (finding: Finding): string => {
  const where =
    finding.file === undefined ? '' : ` ${finding.file}${finding.line === undefined ? '' : `:${finding.line}`}`
  const lines = [`[${finding.severity}]${where}`, finding.claim]
  if (finding.reproduction !== undefined) {
    const { command, expected, observed } = finding.reproduction
    lines.push(`to see it: ${command}`, `expected: ${expected}`, `observed: ${observed}`)
  }
  return lines.join('\n   ')
}
