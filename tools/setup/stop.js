/** How a step of the set-up says that a person must act. */

/** Thrown by a step that can't go on: what is wrong, and the exact lines to type. */
export class Stop extends Error {
  /** @param {number} exitCode @param {string} why @param {string[]} lines */
  constructor(exitCode, why, lines) {
    super(why)
    this.exitCode = exitCode
    this.lines = lines
  }
}
