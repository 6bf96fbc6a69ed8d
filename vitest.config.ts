/**
 * Two kinds of tests: `unit` starts nothing heavy and shares its workers; `e2e` runs real git, boxes and agent CLIs,
 * each file in a process of its own (a box dies with the thread that started it). Time-outs are safety nets only.
 */
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

const unit = [
  'tests/{architecture,config,domain,planner,receipt,supervisor,tui,verifier}/**/*.test.ts',
  'tests/workers/*.test.ts',
  'tests/cli/{agent-words,progress,words}.test.ts',
  'tests/lanes/{policy,path-lanes,inheritance}.test.ts',
  'tests/gateway/{names,visitors,day-limits}.test.ts',
]

/** They take longest, most of them wait for real agent CLIs; by their size, as a new checkout sorts, some would begin last. */
const long = [
  /\/workers\/contract\/(?:canaries|claude|codex|gemini|local|own-server)\.test/,
  /\/app\/(?:attempts|containment|integration|operator|planners|verification)\.test/,
  /\/(?:attacks|canary|e2e)\/|\/promote\/promote\.test|\/rehearsal\/(?:clis|local-faults)\.test/,
  /\/cli\/(?:at-a-terminal|box|walls)\.test/,
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => long.some(pattern => pattern.test(moduleId))
    return (await super.sort(files)).toSorted((a, b) => Number(isLong(b)) - Number(isLong(a)))
  }
}

// biome-ignore lint/style/noDefaultExport: the runner reads its configuration so
export default defineConfig({
  test: {
    // Most tests wait for processes of theirs: two cores have room for a third.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: unit,
          pool: 'threads',
          isolate: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/**/*.test.ts'],
          exclude: unit,
          pool: 'forks',
          isolate: true,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
