// The house rules that a program can see; prints each breach and ends with 1 when there is one.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const files = ['bin', 'src', 'test', 'tools', 'vendor/line-up']
  .flatMap(dir => readdirSync(dir).map(name => join(dir, name)))
  .filter(file => file.endsWith('.js'))

const breaches = files.flatMap(file => {
  const text = readFileSync(file, 'utf8')
  const found = []
  if (!text.endsWith('\n')) found.push(`${file}: ends without a newline`)
  if (text.includes('\t')) found.push(`${file}: has a tab`)
  if (/[ \t]$/m.test(text)) found.push(`${file}: has blanks at the end of a line`)
  if (file.startsWith('src/') && !text.startsWith('// ')) found.push(`${file}: does not open with what it is for`)
  if (file.startsWith('src/') && text.includes('console.')) found.push(`${file}: prints; only bin/ may`)
  return found
})

for (const breach of breaches) console.error(breach)
if (breaches.length === 0) console.log(`${files.length} files keep the rules`)
process.exitCode = breaches.length === 0 ? 0 : 1
