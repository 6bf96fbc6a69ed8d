/** A tiny reading of macOS sandbox profiles: what the last rule that matches says. Knows the operations and filters we use. */

type Expression = string | Expression[]

/** @throws Error when the brackets don't pair */
const read = (text: string): Expression[] => {
  const words = text.match(/;[^\n]*|"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g) ?? []
  const stack: Expression[][] = [[]]
  for (const word of words) {
    if (word.startsWith(';')) continue
    if (word === '(') stack.push([])
    else if (word === ')') {
      const done = stack.pop()!
      if (stack.length === 0) throw new Error('a bracket closes nothing')
      stack.at(-1)!.push(done)
    } else stack.at(-1)!.push(word)
  }
  if (stack.length !== 1) throw new Error('a bracket is not closed')
  return stack[0]!
}

interface Rule {
  allows: boolean
  operations: string[]
  filters: [kind: string, ...Expression[]][]
}

const ruleOf = ([head, ...rest]: Expression[]): Rule[] => {
  if (head !== 'allow' && head !== 'deny') return []
  const operations = rest.filter(each => typeof each === 'string')
  const filters = rest.filter(each => Array.isArray(each)) as Rule['filters']
  return [{ allows: head === 'allow', operations, filters }]
}

const covers = (operation: string, asked: string): boolean =>
  operation === 'default' ||
  operation === asked ||
  (operation.endsWith('*') && asked.startsWith(operation.slice(0, -1)))

export interface Sandbox {
  /** Whether `operation` on a path, or on `localhost:PORT`, is allowed. */
  allows(operation: string, target: string): boolean
}

export const sandboxOf = (text: string, parameters: ReadonlyMap<string, string>): Sandbox => {
  const value = (expression: Expression): string => {
    if (typeof expression === 'string') return JSON.parse(expression) as string
    const found = parameters.get(value(expression[1]!))
    if (expression[0] !== 'param' || found === undefined) throw new Error(`no value for ${JSON.stringify(expression)}`)
    return found
  }
  const matches = ([kind, ...words]: Rule['filters'][number], target: string): boolean => {
    if (kind === 'literal') return target === value(words[0]!)
    if (kind === 'subpath') return target === value(words[0]!) || target.startsWith(`${value(words[0]!)}/`)
    if (kind === 'remote') return target === value(words[1]!) || value(words[1]!) === '*:*'
    if (['global-name', 'target', 'local'].includes(kind)) return false
    throw new Error(`an unknown filter: ${kind}`)
  }
  const rules = read(text).flatMap(each => (Array.isArray(each) ? ruleOf(each) : []))
  return {
    allows: (operation, target) =>
      rules.findLast(
        ({ operations, filters }) =>
          operations.some(each => covers(each, operation)) &&
          (filters.length === 0 || filters.some(filter => matches(filter, target))),
      )?.allows === true,
  }
}
