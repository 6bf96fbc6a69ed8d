/** Which processes of a project's seats are alive, as the operating system tells. */
import { readdirSync, readFileSync } from 'node:fs'

/** `pid: command line` of every process whose environment or arguments name something below `dataDir`. */
export const processesBelow = (dataDir: string): string[] =>
  readdirSync('/proc').flatMap(entry => {
    if (!/^\d+$/.test(entry) || Number(entry) === process.pid) return []
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, 'utf8')
      const isOurs = `${command}\0${readFileSync(`/proc/${entry}/environ`, 'utf8')}`.includes(`${dataDir}/seats/`)
      return isOurs && !readFileSync(`/proc/${entry}/stat`, 'utf8').includes(') Z ') ? [`${entry}: ${command}`] : []
    } catch {
      // It ended while we looked.
      return []
    }
  })
