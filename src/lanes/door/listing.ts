/** The models there are to ask for, in the shapes clients read. */
import type { Provider } from '../../domain/lane.ts'

export interface Listed {
  /** `private/qwen3:8b`: the name to ask with. */
  name: string
  provider: Provider
}

/** When a model was made is not known here: the beginning of time, in both shapes. */
const openaiEntry = ({ name, provider }: Listed): object => ({
  id: name,
  object: 'model',
  created: 0,
  owned_by: provider,
})
const anthropicEntry = ({ name }: Listed): object => ({
  type: 'model',
  id: name,
  display_name: name,
  created_at: '1970-01-01T00:00:00Z',
})

export const modelEntry = (one: Listed, isAnthropic: boolean): object =>
  isAnthropic ? anthropicEntry(one) : openaiEntry(one)

export const modelListing = (all: readonly Listed[], isAnthropic: boolean): object => {
  const data = all.map(one => modelEntry(one, isAnthropic))
  if (!isAnthropic) return { object: 'list', data }
  return { data, has_more: false, first_id: all[0]?.name ?? null, last_id: all.at(-1)?.name ?? null }
}
