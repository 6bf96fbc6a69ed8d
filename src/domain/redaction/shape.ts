/** What a shape of secret is: where a scan stops to look, what must stand there, and who says that secrets look so. */

export interface Shape {
  /** What a reader is told in the secret's place: `[redacted: github token]`. */
  kind: string
  /** Texts one of which stands in every such secret, of three characters or more: the scan looks nowhere else. */
  anchors: readonly string[]
  /** The anchors are written in small letters and meant in any. */
  anyCase?: boolean
  /** May stand in the midst of a word: a part of a longer name, or so long a prefix that it is nothing else anywhere. */
  anywhere?: boolean
  /** So many characters before the anchor the secret may begin. */
  reach?: number
  /**
   * Sticky, with every repetition bounded and none within another, so that no text makes it slow. Matches the secret
   * alone, or has a group `s` that does.
   */
  pattern: RegExp
  /** Holds what was matched against what is only called so; true where it is left out. */
  judge?: (secret: string, match: RegExpExecArray) => boolean
  /** Where the shape is documented, or why it is ours. */
  source: string
}

export const escaped = (literal: string): string => literal.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')

/** Prefixes that are followed by `rest`, which is a pattern. */
export const prefixed = (kind: string, anchors: readonly string[], rest: string, source: string): Shape => ({
  kind,
  anchors,
  anywhere: anchors.every(anchor => anchor.length >= 5 && /[_.:=/-]/.test(anchor)),
  pattern: new RegExp(`(?:${anchors.map(escaped).join('|')})${rest}`, 'dy'),
  source,
})
