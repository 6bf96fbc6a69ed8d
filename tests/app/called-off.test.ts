/** What was called off may take its time to end; until then nothing else of that run begins. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loopStoreOf } from '../../src/app/loop-store.ts'
import type { LoopEvent } from '../../src/domain/event.ts'
import { openDatabase } from '../../src/store/database.ts'
import { createStore } from '../../src/store/store.ts'
import { createLoop, type Loop } from '../../src/supervisor/loop.ts'
import * as say from '../supervisor/facts.ts'
import { makeScratch, removeScratch } from '../support/git-repository.ts'

interface Stage {
  loop: Loop
  started: string[]
  /** Answers an effect, or lets it come to its end after it was called off. */
  end(key: string, answer?: LoopEvent | null): Promise<void>
}

const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

const onStage = async (work: (stage: Stage) => Promise<void>): Promise<void> => {
  const dir = makeScratch('called-off')
  const store = createStore(openDatabase(join(dir, 'store.db')))
  const started: string[] = []
  const ends = new Map<string, (event: LoopEvent | null) => void>()
  const loop = createLoop({
    store: loopStoreOf(store, store.nextEpoch()),
    runEffect: effect => {
      started.push(effect.key)
      return new Promise(resolve => ends.set(effect.key, resolve))
    },
    reportFailure: (effect, error) => {
      throw new Error(`${effect.key} failed`, { cause: error })
    },
    now: () => 1_000,
    onFatal: error => {
      throw error
    },
  })
  const end: Stage['end'] = async (key, answer = null) => {
    ends.get(key)!(answer)
    await settled()
  }
  try {
    loop.dispatch({ type: 'run.requested', runId: say.runId, request: say.request() })
    await settled()
    await end(started[0]!, say.baseReady())
    await end(started[1]!, say.planReady([say.fact(1), say.fact(2)]))
    await work({ loop, started, end })
  } finally {
    for (const resolve of ends.values()) resolve(null)
    await loop.stop()
    store.close()
    removeScratch(dir)
  }
}

const workers = [1, 2].map(number => `${say.taskId(number)}/attempt.run/1.1.1`)

test('a cancelled run is concluded once every worker has ended', () =>
  onStage(async ({ loop, started, end }) => {
    expect(started.slice(2)).toEqual(workers)
    loop.dispatch(say.cancelled)
    await settled()
    await end(workers[0]!)
    expect(started).toHaveLength(4)
    await end(workers[1]!)
    expect(started[4]).toContain('/run.conclude/')
  }))
