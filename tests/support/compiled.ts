/** Spares the programs that tests start from source the stripping of their types, once it was done for one of them. */
import { fileURLToPath } from 'node:url'

/**
 * Goes into the environment of such a program: as bin/ does it for a person, but in one place for all tests, whose homes
 * are new each time. Where the place can't be written, all goes on without.
 */
export const compiled = { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../.scratch/compiled', import.meta.url)) }
