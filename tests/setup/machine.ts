/** A described machine for the set-up: a PATH of small real programs that write down what they are asked. */
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { run } from '../../src/process/run.ts'

const packageRoot = resolve(import.meta.dirname, '../..')

export interface Machine {
  dir: string
  /** Puts a shell program on its PATH; `$log` and `$bin` are set. */
  program(name: string, script?: string): void
  /** Forbids namespaces the way Ubuntu does. */
  restrict(): void
  /** What the programs were asked, one line a call. */
  calls(): string[]
  setUp(host?: Record<string, unknown>, wantsBrowser?: boolean): Promise<{ exitCode: number | null; said: string[] }>
}

export const machine = (dir: string): Machine => {
  const bin = join(dir, 'bin')
  const log = join(dir, 'log')
  const restriction = join(dir, 'proc/sys/kernel/apparmor_restrict_unprivileged_userns')
  for (const path of [bin, join(dir, 'etc/apparmor.d'), join(dir, 'proc/sys/kernel')])
    mkdirSync(path, { recursive: true })
  return {
    dir,
    program: (name, script = 'exit 0') => {
      const head = `#!/bin/sh\nlog='${log}'\nbin='${bin}'\necho "${name} $*" >>"$log"\n`
      writeFileSync(join(bin, name), `${head}${script}\n`)
      chmodSync(join(bin, name), 0o755)
    },
    restrict: () => writeFileSync(restriction, '1\n'),
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
    setUp: async (host = {}, wantsBrowser = false) => {
      const described = {
        platform: 'linux',
        nodeVersion: '26.10.0',
        isRoot: true,
        env: { PATH: bin },
        etc: join(dir, 'etc'),
        proc: join(dir, 'proc'),
        ...host,
      }
      const script = join(packageRoot, 'tests/fixtures/programs/set-up-on.js')
      const { exitCode, stdout, stderr } = await run(
        process.execPath,
        [script, JSON.stringify(described), String(wantsBrowser)],
        {
          cwd: dir,
          env: {},
          timeoutMs: 30_000,
          encoding: 'utf8',
        },
      )
      if (stderr !== '') throw new Error(stderr)
      return { exitCode, said: stdout.split('\n').filter(line => line !== '') }
    },
  }
}

export const git = (version: string): string => `echo "git version ${version}"`

/** An apt-get that puts the named programs on the PATH when asked to install. */
export const aptGetThatInstalls = (...programs: string[]): string =>
  `case " $* " in *" install "*) for p in ${programs.join(' ')}; do printf '#!/bin/sh\\nexit 0\\n' >"$bin/$p"; /bin/chmod +x "$bin/$p"; done;; esac`
