/** What a verdict is called wherever it is told. Beside its schema, so that listings need none. */

interface Judged {
  sameVendor: boolean
  /** Left out in logs from before it was kept; then two sessions of the local loop asked the same model, for it had one. */
  sameModel?: boolean | undefined
  verifier: string | null
}

/** How near the judge was to the author, where no other vendor's. */
export const nearness = ({ sameVendor, sameModel, verifier }: Judged): 'same vendor' | 'same model' | null => {
  if (!sameVendor) return null
  return (sameModel ?? verifier === 'local') ? 'same model' : 'same vendor'
}

/** `pass`, or `pass (same vendor)`: what a pass is called wherever it is told. */
export const passWords = (verdict: Judged): string => {
  const near = nearness(verdict)
  return near === null ? 'pass' : `pass (${near})`
}
