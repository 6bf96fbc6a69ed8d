/** What a verdict is called wherever it is told. Beside its schema, so that listings need none. */

/** How near the judge was to the author, where no other vendor's: two sessions of the local loop ask the very same model. */
export const nearness = (verdict: {
  sameVendor: boolean
  verifier: string | null
}): 'same vendor' | 'same model' | null =>
  verdict.sameVendor ? (verdict.verifier === 'local' ? 'same model' : 'same vendor') : null

/** `pass`, or `pass (same vendor)`: what a pass is called wherever it is told. */
export const passWords = (verdict: { sameVendor: boolean; verifier: string | null }): string => {
  const near = nearness(verdict)
  return near === null ? 'pass' : `pass (${near})`
}
