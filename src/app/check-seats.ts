/** Seats that checks run in: a few a run, used again for one tree after the other, each by one errand at a time. */
import type { Host } from './host.ts'
import { emptySeat, type Seat, seatAt } from './seats.ts'

const taken = new Map<string, Set<number>>()

/** Hands a seat that nobody else uses, empty but for its workspace, to `work`. */
export const withCheckSeat = async <T>(host: Host, runId: string, work: (seat: Seat) => Promise<T>): Promise<T> => {
  const key = `${host.project.dataDir}/${runId}`
  const numbers = taken.get(key) ?? new Set()
  taken.set(key, numbers)
  let number = 1
  while (numbers.has(number)) number++
  numbers.add(number)
  try {
    const seat = seatAt(host.project.paths.seats, `${runId}.check-${number}`)
    await emptySeat(seat)
    return await work(seat)
  } finally {
    numbers.delete(number)
    if (numbers.size === 0) taken.delete(key)
  }
}
