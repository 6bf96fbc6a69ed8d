/** Remarks of the program that runs a local model, in the conversation itself: how they are told from a prompt. */

/** Opens every remark, so that nobody takes it for the operator's words. */
export const noteMark = '[AgentLab]'

/** How the operator's words in the middle of a task begin: a message of its own, which answers no step. */
export const operatorHead = `${noteMark} The operator, who watches your work, says:`

/** How a summary begins: it stands for so many calls that are gone. */
export const summaryHead = (calls: number): string => `${noteMark} Summary of ${calls} earlier calls:`

/** The request for such a summary. */
export const summaryRequest = `${noteMark} Summarise for yourself what was done so far: what you found out (paths, names, line numbers, values), what you changed, what you ran and what came out, what is still open. At most 400 words, no preface.`

export const isSummaryRequest = (text: string): boolean => text.startsWith(summaryRequest)

/** Calls a remark stands for: those of a summary, none for any other; null where the text is no remark. */
export const callsInNote = (text: string): number | null => {
  if (!text.startsWith(`${noteMark} `)) return null
  const found = /^\[AgentLab\] Summary of (\d{1,6}) earlier calls:/.exec(text)
  return found === null ? 0 : Number(found[1])
}
