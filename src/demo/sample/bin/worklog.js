#!/usr/bin/env node
// Lists the entries of a work log and adds them up.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { parseLog } from '../src/parse.js'
import { renderEntries } from '../src/report.js'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    help: { type: 'boolean', short: 'h' },
  },
})

if (values.help || positionals.length !== 1) {
  console.log('Usage: worklog FILE')
  process.exit(values.help ? 0 : 2)
}

try {
  const entries = parseLog(readFileSync(positionals[0], 'utf8'))
  console.log(renderEntries(entries))
} catch (error) {
  console.error(`worklog: ${error.message}`)
  process.exitCode = 1
}
