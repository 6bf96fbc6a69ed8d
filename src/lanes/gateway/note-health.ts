/** What a server did, remembered for the next request, and told once where it is the operator's own. */
import type { Errand } from './errand.ts'
import type { Upstream } from './grant.ts'

type Noting = Pick<Errand, 'desk' | 'grant'>

/** `why` completes "server gpu failed: …", and holds nothing that the server said. */
export const noteFailure = ({ desk, grant }: Noting, { name, url, own }: Upstream, why: string): void => {
  if (desk.health.failed(url) && own !== undefined) desk.told?.(grant, `server ${name} failed: ${why}`)
}

/** A server that lacks one model is well otherwise. */
export const noteMissing = ({ desk, grant }: Noting, { name, url }: Upstream, model: string | null): void => {
  if (desk.health.failed(`${url} ${model}`)) desk.told?.(grant, `server ${name} lacks a model that is listed for it`)
}

export const noteAnswer = ({ desk, grant }: Noting, { name, url, own }: Upstream): void => {
  if (desk.health.answered(url) && own !== undefined) desk.told?.(grant, `server ${name} answers again`)
}
