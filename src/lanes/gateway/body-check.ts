/** Reads a body by the rules: what it asks for that no gate lets through. */
import {
  allowedSource,
  allowedTool,
  canonical,
  opaqueBelow,
  opaqueKeys,
  refusedAnywhere,
  refusedAtTop,
  refusedPart,
} from './body-rules.ts'
import type { Route, Wire } from './route-table.ts'

type Fields = Record<string, unknown>

const isObject = (value: unknown): value is Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

/** A value and the way to it, told only when it is needed. */
interface Place {
  value: unknown
  key: string | number
  above: Place | null
}

const pathOf = (place: Place | null, key: string | number): string => {
  const keys = [key]
  for (let at = place; at !== null && at.above !== null; at = at.above) keys.unshift(at.key)
  return keys.map((one, index) => (typeof one === 'number' ? `[${one}]` : `${index > 0 ? '.' : ''}${one}`)).join('')
}

const elsewhere = (field: string, what: string): string =>
  `the field ${field.slice(0, 200)} ${what}: it would carry data past the provider of this lane, or bring other data in`

/** What the body asks for that no lane allows, naming the field; null when there is nothing. */
export const bodyFault = (route: Route, body: Fields): string | null => {
  const top = { value: body, key: '', above: null }
  for (const [key, value] of Object.entries(body)) {
    const refused = refusedAtTop[route.wire].has(canonical(key)) && value !== null && value !== false
    if (refused) return elsewhere(pathOf(top, key), 'is not allowed')
  }
  return partFault(route.wire, top)
}

/** Walks with a stack of its own: a body nested a million deep must not overflow ours. */
const partFault = (wire: Wire, top: Place): string | null => {
  const open: Place[] = [top]
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    const { value } = place
    if (Array.isArray(value)) {
      for (let i = value.length - 1; i >= 0; i--)
        if (isNested(value[i])) open.push({ value: value[i], key: i, above: place })
    } else if (isObject(value)) {
      for (const key of Object.keys(value)) {
        const fault = fieldFault(wire, place, value, key)
        if (fault !== null) return fault
        if (isNested(value[key]) && !isOpaque(place, value, key)) open.push({ value: value[key], key, above: place })
      }
    }
  }
  return null
}

const isNested = (value: unknown): boolean => value !== null && typeof value === 'object'

const isOpaque = (place: Place, owner: Fields, key: string): boolean => {
  const name = canonical(key)
  if (name === 'TOOLS' || opaqueKeys.has(name)) return true
  if (name === 'INPUT') return typeof owner.type === 'string' && owner.type.endsWith('tool_use')
  return opaqueBelow[canonical(String(place.key))] === name
}

const fieldFault = (wire: Wire, place: Place, owner: Fields, key: string): string | null => {
  const value = owner[key]
  if (value === null || value === undefined) return null
  const name = canonical(key)
  const at = (): string => pathOf(place, key)
  if (refusedAnywhere.has(name)) return elsewhere(at(), 'is not allowed')
  if (name === 'TOOLS') return toolsFault(wire, value, at())
  if (name === 'TYPE' && typeof value === 'string' && refusedPart.test(value)) return elsewhere(at(), `is ${value}`)
  if (name === 'SOURCE' && isObject(value) && !allowedSource.test(String(value.type)))
    return elsewhere(`${at()}.type`, `is ${String(value.type).slice(0, 50)}`)
  // Sound that an earlier answer left with the provider.
  if (name === 'AUDIO' && isObject(value) && Object.keys(value).some(inner => canonical(inner) === 'ID'))
    return elsewhere(`${at()}.id`, 'is not allowed')
  if (name === 'IMAGEURL' && !isData(value)) return elsewhere(at(), 'is an address')
  return null
}

const isData = (value: unknown): boolean => {
  const url = isObject(value) ? value.url : value
  return typeof url === 'string' && url.startsWith('data:')
}

/** Codex groups tools once; deeper nothing real goes. */
const deepestTools = 3

const toolsFault = (wire: Wire, tools: unknown, at: string, depth = 1): string | null => {
  if (!Array.isArray(tools) || depth > deepestTools) return `the field ${at.slice(0, 200)} must be a list of tools`
  for (const [index, tool] of tools.entries()) {
    const fault = toolFault(wire, tool, `${at}[${index}]`, depth)
    if (fault !== null) return fault
  }
  return null
}

const toolFault = (wire: Wire, tool: unknown, field: string, depth: number): string | null => {
  if (!isObject(tool)) return `the field ${field} must be an object`
  const refused = kindsOf(wire, tool).find(kind => !allowedTool[wire].test(kind))
  if (refused !== undefined) return elsewhere(field, `asks for the tool ${refused.slice(0, 50)}`)
  const grouped = Object.keys(tool).filter(key => canonical(key) === 'TOOLS')
  return (
    grouped.map(key => toolsFault(wire, tool[key], `${field}.${key}`, depth + 1)).find(fault => fault !== null) ?? null
  )
}

/** Google names a tool by its key, the others by its type; one without a type is the CLI's own. */
const kindsOf = (wire: Wire, tool: Fields): string[] => {
  if (wire === 'google') return Object.keys(tool)
  const types = Object.keys(tool).filter(key => canonical(key) === 'TYPE' && tool[key] !== null)
  return types.length === 0 ? ['custom'] : types.map(key => String(tool[key]))
}
