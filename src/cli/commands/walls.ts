/** `agentlab doctor --walls`: attacks the walls of each lane on this machine and says of each guarantee whether it holds. */
import { type Judgement, tryWalls, type Verdict, type WallsReport } from '../../app/walls/try-walls.ts'
import { type ExitCode, exitCode } from '../../domain/errors.ts'
import { many } from '../../domain/measures.ts'
import { cleanLine } from '../../domain/text.ts'
import type { Answer, Call } from '../call.ts'
import type { Paint, Style } from '../paint.ts'

/** `attempt` is for tests that break a wall on purpose. */
export const walls = async (call: Call, attempt = tryWalls): Promise<Answer> => {
  const report = await attempt({ env: call.env, signal: call.signal })
  return {
    text: [headline(report), '', ...report.judgements.flatMap(one => judgementLines(one, call.paint))].join('\n'),
    json: { asRoot: report.asRoot, lanes: report.lanes, guarantees: report.judgements.map(guaranteeJson) },
    remarks: remarksOn(report),
    exit: exitOf(report),
  }
}

const words: Record<Verdict, string> = {
  holds: 'holds',
  broken: 'does not hold',
  unknown: "can't be tested here",
}
const styles: Record<Verdict, Style> = { holds: 'green', broken: 'red', unknown: 'yellow' }

const exitOf = ({ judgements, noBox }: WallsReport): ExitCode => {
  const has = (verdict: Verdict): boolean => judgements.some(judgement => judgement.verdict === verdict)
  if (noBox !== null || has('broken')) return exitCode.noWall
  return has('unknown') ? exitCode.failed : exitCode.done
}

const headline = ({ judgements, lanes, asRoot, noBox }: WallsReport): string => {
  if (noBox !== null) return `Nothing could be tried: ${cleanLine(noBox.why, 400)}`
  const tried = judgements.reduce((sum, { tried }) => sum + tried, 0)
  return `A worker's box of each lane (${lanes.join(', ')}), tried with ${many(tried, 'attack')} as ${asRoot ? 'root' : 'an ordinary user'}`
}

const column = 15
const nextLine = `\n${' '.repeat(column)}`

const judgementLines = (judgement: Judgement, paint: Paint): string[] => {
  const { verdict, name, protects, tried, broken, untested, means, cure } = judgement
  const word = paint(styles[verdict], words[verdict])
  const head = word + (words[verdict].length < column - 1 ? ' '.repeat(column - words[verdict].length) : nextLine)
  return [
    `${head}${paint('bold', name)}: ${protects}`,
    ...(verdict === 'holds' ? [paint('dim', `${' '.repeat(column)}${many(tried, 'attack')} blocked`)] : []),
    ...broken.map(({ what, lanes }) => `${' '.repeat(column)}got through: ${what} (${lanes.join(', ')})`),
    ...(verdict === 'broken' ? [`${' '.repeat(column)}${means}`, `${' '.repeat(column)}→ ${cure}`] : []),
    ...byReason(untested).map(line => paint('dim', `${' '.repeat(column)}not tried: ${line}`)),
  ]
}

/** `a raw packet socket, a raw IP socket (only root could do it)`. */
const byReason = (untested: Judgement['untested']): string[] =>
  [...new Set(untested.map(({ why }) => why))].map(
    why => `${untested.flatMap(one => (one.why === why ? [one.attack] : [])).join(', ')} (${why})`,
  )

const remarksOn = ({ judgements, noBox }: WallsReport): string[] => {
  if (noBox !== null) return [`→ ${noBox.cure}`]
  const broken = judgements.filter(({ verdict }) => verdict === 'broken').length
  return broken > 0 ? [`${broken} of ${many(judgements.length, 'guarantee')} do not hold on this machine.`] : []
}

const guaranteeJson = ({ verdict, name, protects, tried, broken, untested, means, cure }: Judgement) => ({
  name,
  verdict: words[verdict],
  protects,
  blocked: verdict === 'holds' ? tried : null,
  gotThrough: broken,
  notTried: untested,
  ...(verdict === 'broken' ? { means, cure } : {}),
})
