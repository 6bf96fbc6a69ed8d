/** Which models a grant may name. Local models: only those the operator lists, and never one that runs elsewhere. */
import type { Grant } from './grant.ts'

const longestName = 200
/** Ollama takes no other characters; `x ` or `x\n` must not pass for `x`. */
const localName = /^\w[\w.:/@+-]*$/

/** Whether `model` matches one of the patterns (`*` stands for any run of characters); no patterns match any model. */
export const modelAllowed = (patterns: readonly string[] | undefined, model: string | null): boolean =>
  patterns === undefined || (model !== null && patterns.some(pattern => matches(pattern, model)))

/** Why this model may not be asked for, or null where it may. `model` is null where the request names none. */
export const whyNotModel = (
  grant: Pick<Grant, 'models' | 'lane' | 'provider'>,
  model: string | null,
): string | null => {
  const said = `model ${model === null ? '(none)' : model.slice(0, longestName)}`
  const isLocal = grant.provider === 'local'
  if (isLocal && model !== null && leavesTheMachine(model))
    return `${said} does not run on this machine, so no lane may ask for it`
  if (grant.provider === 'openai' && model !== null && searchesTheWeb.test(model))
    return `${said} searches the web by itself, so no lane may ask for it`
  const isName = model === null || (model.length <= longestName && (!isLocal || localName.test(model)))
  const isAllowed = isLocal
    ? modelAllowed((grant.models ?? []).map(tagged), model === null ? null : tagged(model))
    : modelAllowed(grant.models, model)
  return isName && isAllowed ? null : `${said} is not allowed in lane ${grant.lane}`
}

/**
 * What Ollama would send on: models of its cloud (`:cloud`, `-cloud`), and names that begin with a host
 * (`registry.example/x`), which it takes for a place to fetch from.
 */
const leavesTheMachine = (model: string): boolean => /[:-]cloud$/i.test(model.trim()) || /^[^/]*[.:][^/]*\//.test(model)

/** Models of OpenAI's that look elsewhere without being given a tool (`gpt-4o-search-preview`, `gpt-5-search-api`). */
const searchesTheWeb = /-search(?:-|$)|-deep-research/i

/** A local model without a tag is its `:latest`. */
export const tagged = (name: string): string => (/[*:]/.test(name) ? name : `${name}:latest`)

const matches = (pattern: string, model: string): boolean => {
  const parts = pattern.split('*').map(part => part.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's').test(model)
}
