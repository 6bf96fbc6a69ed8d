/** Whether what stands beside the name of a secret is one, or a word, a variable, a type or a placeholder. */

/** Bits a character: how evenly its characters are spread. */
export const entropyOf = (text: string): number => {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  const shares = [...counts.values()].map(count => count / text.length)
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0)
}

const leastBits = 2.6

/** Variables, placeholders, and what was redacted already. */
const stoodFor =
  /^(?:\$|%\w+%|\*{3}|x{4}|\.{3}|process\.env|os\.environ|env\.|secrets?\.|vault:|ref\+|your[_-]|example)/i
const dottedName = /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*){1,8}$/
/** `readToken2`, `password1`: what code calls its things. */
const plainName = /^[A-Za-z_$][A-Za-z_$]{0,200}\d{0,3}$/

const typeName = /^(?:big)?(?:u?int|float)\d{1,3}(?:clamped)?array$/i

/** `match.groups.joint` is what stands between the name and the value. */
export const isSecretValue = (secret: string, match: RegExpExecArray): boolean => {
  const text = secret.replace(/[.,;:!?]+$/, '')
  if (text.length < 8 || stoodFor.test(text) || dottedName.test(text) || typeName.test(text)) return false
  if (!/\d/.test(text) || !/[^\d.:/_-]/.test(text) || entropyOf(text) < leastBits) return false
  const isCode = match.groups?.joint !== '=' && !/["'`]/.test(match[0])
  return !(isCode && plainName.test(text))
}
