/** What a boxed process sees and may do, tried by real ones. */
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LaunchCommand, LaunchPolicy } from '../../src/domain/launch.ts'
import { launch } from '../../src/process/launch.ts'
import { run } from '../../src/process/run.ts'
import { commandIn, output, policyFor, programs, remove, scratchDir, shell } from './seat.ts'

let dir: string
let seat: string

beforeEach(() => {
  dir = scratchDir()
  seat = join(dir, 'seats/one')
  mkdirSync(seat, { recursive: true })
})
afterEach(() => remove(dir))

const ended = async (policy: LaunchPolicy, command: LaunchCommand) => (await launch(policy, command)).ended

const inBox = async (script: string, changes: Parameters<typeof policyFor>[2] = {}): Promise<string> => {
  await ended(policyFor(seat, 'boxed', changes), shell(seat, script))
  return output(seat).trim()
}

describe('files', () => {
  test('only the seat can be written, at the same path as outside', async () => {
    const script = `touch ${seat}/mine && echo wrote; for d in / /usr /etc /var ${dir}; do touch $d/agentlab-test 2>/dev/null && echo "wrote $d"; done`
    expect(await inBox(script)).toBe('wrote')
    expect(existsSync(join(seat, 'mine'))).toBe(true)
  })

  test('a hidden directory is empty and can’t be written', async () => {
    mkdirSync(join(dir, 'home/.ssh'), { recursive: true })
    writeFileSync(join(dir, 'home/.ssh/id'), 'secret')
    const home = join(dir, 'home')
    expect(await inBox(`ls -A ${home} | wc -l; touch ${home}/x 2>/dev/null || echo refused`, { hidden: [home] })).toBe(
      '0\nrefused',
    )
  })

  test('a hidden directory given by a link is hidden at its real place', async () => {
    mkdirSync(join(dir, 'really'))
    writeFileSync(join(dir, 'really/secret'), 'secret')
    symlinkSync(join(dir, 'really'), join(dir, 'link'))
    expect(
      await inBox(`cat ${dir}/really/secret ${dir}/link/secret 2>/dev/null; echo end`, { hidden: [join(dir, 'link')] }),
    ).toBe('end')
  })

  test('a hidden file reads as nothing', async () => {
    writeFileSync(join(dir, '.npmrc'), 'token')
    expect(
      await inBox(`cat ${dir}/.npmrc 2>/dev/null; echo end`, { hidden: [join(dir, '.npmrc'), join(dir, 'absent')] }),
    ).toBe('end')
  })

  test('of nested places the deepest decides', async () => {
    for (const path of ['a/b/c', 'a/b/closed']) mkdirSync(join(dir, path), { recursive: true })
    writeFileSync(join(dir, 'a/one'), '1')
    writeFileSync(join(dir, 'a/b/two'), '2')
    writeFileSync(join(dir, 'a/b/closed/three'), '3')
    const said = await inBox(
      `cd ${dir}/a; cat one b/two b/closed/three 2>/dev/null; echo; touch b/x 2>/dev/null || echo read-only; touch b/c/x && echo writable`,
      {
        hidden: [join(dir, 'a'), join(dir, 'a/b/closed')],
        readable: [join(dir, 'a/b')],
        writable: [join(dir, 'a/b/c'), seat],
      },
    )
    expect(said).toBe('2\nread-only\nwritable')
  })

  test('a program called by a link works when the link lies in a hidden place', async () => {
    mkdirSync(join(dir, 'bin'))
    symlinkSync('/bin/echo', join(dir, 'bin/say'))
    await ended(
      policyFor(seat, 'boxed', { hidden: [dir], readable: [join(dir, 'bin/say')] }),
      commandIn(seat, join(dir, 'bin/say'), ['hello']),
    )
    expect(output(seat)).toBe('hello\n')
  })

  test('other programs’ temporary files and sockets are out of sight, and its own are its own', async () => {
    expect(await inBox('ls -A /tmp /run | grep -v -e : -e "^$" | wc -l; echo x > /tmp/mine && cat /tmp/mine')).toBe(
      '0\nx',
    )
    expect(existsSync('/tmp/mine')).toBe(false)
  })

  test('of the machine nothing is there but its programs and what of its settings is public', async () => {
    const system = ['bin', 'dev', 'etc', 'lib', 'lib32', 'lib64', 'libx32', 'proc', 'run', 'sbin', 'tmp', 'usr', 'var']
    const onTheWay = dir.split('/')[1]!
    const secrets = [
      'shadow',
      'gshadow',
      'sudoers',
      'ssh',
      'gitconfig',
      'npmrc',
      'hostname',
      'machine-id',
      'ssl/private',
    ]
    const script = `cd /etc; for name in ${secrets.join(' ')}; do test -e $name && echo "$name is there"; done; ls -A /var /`
    const [ofRoot, ofVar] = (await inBox(script)).split('\n\n').map(text => text.split('\n'))
    expect(ofVar).toEqual(['/var:', 'run', 'tmp'])
    expect(ofRoot!.filter(name => !['/:', ...system, onTheWay].includes(name))).toEqual([])
    expect(ofRoot).toEqual(expect.arrayContaining(['dev', 'etc', 'proc', 'tmp', 'usr']))
  })

  test('users, names and name servers are the box’s own', async () => {
    const said = await inBox('cat /etc/passwd /etc/hosts /etc/resolv.conf; uname -n', { network: 'none' })
    const ours = process.getuid?.() === 0 ? '' : `agent:x:${process.getuid?.()}:${process.getgid?.()}::/tmp:/bin/sh\n`
    expect(said).toBe(
      `root:x:0:0::/tmp:/bin/sh\n${ours}nobody:x:65534:65534::/tmp:/bin/sh\n127.0.0.1 localhost agentlab\n::1 localhost\nnameserver 127.0.0.1\noptions timeout:1 attempts:1\nagentlab`,
    )
  })

  test('what is written beside the seat fails, or is memory of a bounded size', async () => {
    const script = `for d in / /etc /dev /usr ${dir}; do touch $d/x 2>/dev/null && echo "$d"; done
      for d in /tmp /var/tmp /run /dev/shm; do touch $d/x && df -k --output=size $d | tail -1; done`
    expect((await inBox(script)).split('\n').map(line => Number(line) / 1_024)).toEqual([2_048, 256, 16, 256])
  })

  test('the kernel’s switches can’t be turned', async () => {
    const script =
      'for f in /proc/sys/kernel/core_pattern /proc/sys/vm/drop_caches /proc/sysrq-trigger; do test -w $f && echo "$f is writable"; done; echo end'
    expect(await inBox(script)).toBe('end')
  })

  test.each([
    ['does not exist', (path: string) => path],
    [
      'is reached through a link',
      (path: string) => {
        symlinkSync(seat, path)
        return path
      },
    ],
  ])('nothing starts when a writable directory %s', async (why, make) => {
    const policy = policyFor(seat, 'boxed', { writable: [make(join(dir, 'other'))] })
    await expect(launch(policy, shell(seat, 'touch started'))).rejects.toMatchObject({
      code: 'no-wall',
      exit: 5,
      message: expect.stringContaining(why === 'does not exist' ? why : 'symbolic link'),
    })
    expect(existsSync(join(seat, 'started'))).toBe(false)
  })
})

describe('process', () => {
  test('has the given environment, the mark of its seat, and nothing else', async () => {
    await ended(policyFor(seat, 'boxed'), commandIn(seat, '/usr/bin/env', [], { env: { ONLY: 'a b\nc' } }))
    expect(output(seat).trim().split('\n').toSorted()).toEqual([
      `AGENTLAB_SEAT=${seat}`,
      'ONLY=a b',
      `PWD=${seat}`,
      'c',
    ])
  })

  test('shows neither its environment nor its seat’s secrets in the arguments of the wrapper', async () => {
    const launched = await launch(
      policyFor(seat, 'boxed'),
      commandIn(seat, '/bin/sleep', ['60'], { env: { TOKEN: 'not-in-arguments' } }),
    )
    expect(readFileSync(`/proc/${launched.pid}/cmdline`, 'utf8')).not.toContain('not-in-arguments')
    await launched.stop('cancelled', { signal: 'SIGTERM', graceMs: 0 })
  })

  test('sees no process but its own, holds no capability and can gain none', async () => {
    const said = await inBox('ls -d /proc/[0-9]* | wc -l; grep -e CapEff -e CapBnd -e NoNewPrivs /proc/self/status')
    const [processes, ...status] = said.split('\n')
    expect(Number(processes)).toBeLessThanOrEqual(6)
    expect(status.map(line => line.split('\t')[1])).toEqual(['0000000000000000', '0000000000000000', '1'])
  })

  test('is given three descriptors, though its launcher inherited more', async () => {
    const given = JSON.stringify({ policy: policyFor(seat, 'boxed'), command: shell(seat, 'ls /proc/self/fd | wc -l') })
    // Descriptor 40 is left open on purpose by the shell that starts the launcher.
    const script = `exec 40</etc/hostname; exec "$0" "$1" "$2"`
    const result = await run(
      '/bin/bash',
      ['-c', script, process.execPath, join(programs, 'launch-and-wait.ts'), given],
      {
        cwd: dir,
        env: {},
        timeoutMs: 20_000,
      },
    )
    expect([result.exitCode, result.stderr]).toEqual([0, ''])
    // The fourth is the listing's own.
    expect(output(seat).trim()).toBe('4')
  })

  test('reads its standard input from the file', async () => {
    writeFileSync(join(seat, 'prompt'), 'do it')
    await ended(policyFor(seat, 'boxed'), commandIn(seat, '/bin/cat', [], { stdinPath: join(seat, 'prompt') }))
    expect(output(seat)).toBe('do it')
  })

  test('reports exit codes, and an end by signal N as 128 + N', async () => {
    const policy = policyFor(seat, 'boxed')
    expect(await ended(policy, shell(seat, 'exit 3'))).toMatchObject({ exitCode: 3, signal: null })
    expect(await ended(policy, shell(seat, 'kill -9 $$'))).toMatchObject({
      exitCode: 137,
      signal: null,
      failedToStart: null,
    })
  })

  test('can reach the machine’s network, name resolution included, while the policy says host', async () => {
    const server = createServer(socket => socket.end('reached'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    expect(
      await inBox(
        `exec 3<>/dev/tcp/127.0.0.1/${port}; cat <&3; test -r /etc/resolv.conf && echo " resolvable"`
          .replace(/^/, "bash -c '")
          .concat("'"),
      ),
    ).toBe('reached resolvable')
    server.close()
  })
})

describe('namespaces of its own', () => {
  const nested = 'bwrap --unshare-user --unshare-pid --unshare-net --ro-bind / / --dev /dev echo in a box in the box'

  test('can’t be made', async () => {
    expect(await inBox(`${nested} || unshare --user true || echo refused`)).toBe('refused')
  })

  test('can be made where the policy says so, and bring no network and no way to write', async () => {
    const inside = 'mount -o remount,rw,bind /usr || echo still read-only; mount -t tmpfs none /tmp && echo mounts'
    const script = `${nested}; unshare --user --map-root-user --mount sh -c '${inside}'; grep -c : /proc/net/dev`
    expect(await inBox(script, { userNamespaces: true, network: 'none' })).toBe(
      'in a box in the box\nstill read-only\nmounts\n1',
    )
  })

  test('leave what else the filter closes closed, and give root another number', async () => {
    const script = `perl -e 'exit(syscall(425, 1, "\\0" x 120) >= 0 ? 0 : 1)' || echo no ring; id -u; touch mine && stat -c %u mine`
    const said = (await inBox(script, { userNamespaces: true })).split('\n')
    const uid = String(process.getuid?.() === 0 ? 1_000 : process.getuid?.())
    expect(said).toEqual(['no ring', uid, uid])
  })
})

describe('limits', () => {
  test('on open files and file size hold', async () => {
    const script = 'ulimit -n; ulimit -c; dd if=/dev/zero of=big bs=1M count=3 2>/dev/null; stat -c %s big'
    expect(await inBox(script, { limits: { openFiles: 99, fileBytes: 1_048_576 } })).toBe('99\n0\n1048576')
  })

  test('on processes stop a fork bomb', async () => {
    // Root is exempt from the kernel's count, so it becomes an ordinary user for this one.
    const isRoot = process.getuid?.() === 0
    chmodSync(dir, 0o755)
    if (isRoot) chownSync(seat, 65534, 65534)
    const ordinary = isRoot ? ['/usr/bin/setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : []
    const script = 'i=0; while [ $i -lt 60 ]; do sleep 30 & i=$((i+1)); echo $i; done'
    const policy = policyFor(seat, 'boxed', { limits: { processes: 20 } })
    const launcher = [process.execPath, join(programs, 'launch-and-wait.ts')]
    const [file, ...args] = [...ordinary, ...launcher, JSON.stringify({ policy, command: shell(seat, script) })]
    const result = await run(file!, args, { cwd: '/', env: { PATH: '/usr/bin:/bin' }, timeoutMs: 20_000 })
    expect([result.exitCode, result.stderr]).toEqual([0, ''])
    const started = output(seat).trim().split('\n').length
    expect(started).toBeGreaterThan(5)
    expect(started).toBeLessThan(25)
  })
})

describe('when it can’t start', () => {
  test.each([
    ['the program is missing', () => commandIn(seat, join(seat, 'absent'), [])],
    [
      'the program is not executable',
      () => {
        writeFileSync(join(seat, 'plain'), '')
        return commandIn(seat, join(seat, 'plain'), [])
      },
    ],
    ['the working directory is missing', () => commandIn(seat, '/bin/true', [], { cwd: join(seat, 'absent') })],
  ])('says so when %s', async (_, make) => {
    await expect(launch(policyFor(seat, 'boxed'), make())).rejects.toMatchObject({ code: 'program-missing' })
  })

  test('gives the wrapper’s reason when the box itself fails', async () => {
    // The working directory exists outside and is hidden inside.
    const cwd = join(dir, 'elsewhere')
    mkdirSync(cwd)
    const end = await ended(policyFor(seat, 'boxed', { hidden: [dir] }), shell(seat, 'true', { cwd }))
    expect(end).toMatchObject({ exitCode: 1, failedToStart: expect.stringContaining(`chdir to ${cwd}`) })
  })

  test('does not take a program’s own exit code 1 for that', async () => {
    const end = await ended(policyFor(seat, 'boxed'), shell(seat, 'echo "bwrap: pretended" >&2; exit 1'))
    expect(end).toMatchObject({ exitCode: 1, failedToStart: null })
  })
})
