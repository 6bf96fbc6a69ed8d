/** The operator's box is the worker's: what one sees inside is held against what the other saw in a run. */
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { inLab, onePlan, scenario, shell } from './lab.ts'

/** What walls are made of, as they look from within. */
const probe = [
  `grep -v '^Cpu\\|^Mems\\|ctxt\\|Pid\\|^Tgid\\|^Name\\|^Vm\\|^Rss\\|^Threads\\|^Shd\\|^Sig\\|^FDSize\\|^State\\|^Umask\\|^NS' /proc/self/status`,
  `cut -d' ' -f5- /proc/self/mountinfo | sed 's/ - .*//; s/,\\?\\(shared\\|master\\|propagate_from\\):[0-9]*//g' | sort`,
  'cat /proc/self/limits',
  'cut -d: -f1 /proc/net/dev',
  'ls /',
  'id',
].join('; ')

/** The command is found on PATH, and so is Node for what it calls; where they lie is opened with them. */
const ofTheCommandItself = new RegExp(`^${resolve('node_modules')} ro,.*\n`, 'gm')

test('a command has the walls that a worker had in a run of the lane', () =>
  inLab({}, async lab => {
    const view = await lab.run({
      lane: 'enterprise',
      planText: onePlan().replace('codex', 'claude'),
      scenarioText: scenario(shell(`{ ${probe}; } > probe.txt`)),
    })
    expect(view).toMatchObject({ outcome: 'done' })
    const box = await lab.cli('box', '--lane', 'enterprise', '--worker', 'claude', '--', 'sh', '-c', probe)
    expect(box, box.stderr).toMatchObject({ exit: 0 })
    const dataDirs = new RegExp(`${lab.env.XDG_STATE_HOME}/agentlab/[^/ ]+`, 'g')
    const evened = (text: string): string =>
      text
        .replaceAll(dataDirs, '<data dir>')
        .replaceAll(/<data dir>\/seats\/[^/ ]+/g, '<seat>')
        .replaceAll(/agentlab-[0-9a-f]{12}-\w+\/\d+\.sock/g, '<socket>')
        .replaceAll(ofTheCommandItself, '')
        .trim()
    const [inRun, inBox] = [lab.git('show', 'agent:probe.txt'), box.stdout].map(evened)
    expect(inBox).toContain('<seat>')
    expect(inBox).toBe(inRun)
  }))
