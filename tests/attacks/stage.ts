/** The place of the attacks: an operator's repository, HOME, data dir and decoys on this machine, owned by one user. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { type AddressInfo, createServer, type ListenOptions, type Server } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { shellGit } from '../support/git-repository.ts'

export interface Stage {
  dir: string
  seat: string
  repository: string
  home: string
  dataDir: string
  env: Record<string, string>
  /** Bytes that reached a decoy since the stage was set. */
  stolenBytes(): number
  /** Changes when anything of the repository, the HOME or the data dir has; the seat aside. */
  digest(): string
  /** Words before a command that make it this user's. */
  asUser: string[]
  close(): Promise<void>
}

const programs = resolve(import.meta.dirname, '../fixtures/programs')
export const launchEach = join(programs, 'launch-each.ts')
export const gatePort = 48_787

/** Makes the stage for `uid`; only root can make it for another user. */
export const setStage = async (uid: number): Promise<Stage> => {
  // Not in the checkout, which may lie where the other user can't go.
  const dir = mkdtempSync('/var/tmp/agentlab-attacks-')
  chmodSync(dir, 0o755)
  const at = (...parts: string[]): string => join(dir, ...parts)
  const write = (path: string, text: string): string => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }
  const repository = at('repository')
  mkdirSync(repository)
  write(join(repository, 'README.md'), 'Hello\n')
  shellGit(repository, ['init', '-q', '-b', 'main'])
  shellGit(repository, ['add', '.'])
  shellGit(repository, ['-c', 'user.name=Op', '-c', 'user.email=op@example.com', 'commit', '-q', '-m', 'base'])
  const [home, dataDir, seat, otherSeat] = [at('home'), at('data'), at('data/seats/one'), at('data/seats/other')]
  for (const made of [home, seat]) mkdirSync(made, { recursive: true })
  write(join(home, '.ssh/id_ed25519'), 'SECRET')
  write(join(otherSeat, 'agent/session.jsonl'), 'SECRET')
  write(join(dataDir, 'store.db'), 'SECRET')
  const temporary = mkdtempSync('/tmp/agentlab-decoy-')
  const secretInTmp = write(join(temporary, 'secret'), 'SECRET')
  const shmFile = `agentlab-decoy-${process.pid}-${uid}`
  write(join('/dev/shm', shmFile), 'stolen')

  let stolen = 0
  const servers: Server[] = []
  const listen = async (where: ListenOptions): Promise<Server | null> => {
    const server = createServer(socket => {
      socket.on('data', data => (stolen += data.length))
      socket.on('error', () => {})
    })
    const listens = await new Promise<boolean>(done => {
      server.once('error', () => done(false))
      server.listen(where, () => done(true))
    })
    if (!listens) return null
    servers.push(server)
    return server
  }
  const portOf = (server: Server | null): string => String((server?.address() as AddressInfo | null)?.port ?? 9)
  const tcp = await listen({ host: '127.0.0.1', port: 0 })
  const tcp6 = await listen({ host: '::1', port: 0 })
  const abstract = `agentlab-decoy-${process.pid}-${uid}`
  await listen({ path: `\0${abstract}` })
  await listen({ path: join(temporary, 'agent.sock') })
  await listen({ path: join(dataDir, 'gate.sock') })
  const udp = createSocket('udp4', message => (stolen += message.length))
  await new Promise<void>(done => udp.bind(0, '127.0.0.1', done))

  const asUser =
    uid === process.getuid?.() ? [] : ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups']
  for (const root of [dir, temporary]) give(root, uid)
  give(join('/dev/shm', shmFile), uid)
  const other = await bystander(asUser)
  const shmKey = String(0x5a17 + uid)
  const shm = spawnSync('perl', ['-e', `print shmget(${shmKey}, 64, 0666 | 01000)`], { encoding: 'utf8' }).stdout

  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: home,
    OPERATOR_HOME: home,
    REPOSITORY: repository,
    DATA_DIR: dataDir,
    OTHER_SEAT: otherSeat,
    OTHER_PID: String(other.pid),
    SECRET_IN_TMP: secretInTmp,
    SHM_KEY: shmKey,
    SHM_FILE: shmFile,
    TCP_PORT: portOf(tcp),
    TCP6_PORT: portOf(tcp6),
    UDP_PORT: String(udp.address().port),
    SOCKET_IN_TMP: join(temporary, 'agent.sock'),
    SOCKET_BESIDE: join(dataDir, 'gate.sock'),
    ABSTRACT_SOCKET: `@${abstract}`,
    GATE_PORT: String(gatePort),
  }
  return {
    dir,
    seat,
    repository,
    home,
    dataDir,
    env,
    asUser,
    stolenBytes: () => stolen,
    digest: () => digestOf([repository, home, dataDir], seat),
    close: async () => {
      other.kill('SIGKILL')
      udp.close()
      for (const server of servers) await new Promise(done => server.close(done))
      spawnSync('ipcrm', ['-m', shm])
      for (const path of [dir, temporary, join('/dev/shm', shmFile)]) rmSync(path, { recursive: true, force: true })
    },
  }
}

/** A process of the same user with a secret in its environment; resolves once it runs. */
const bystander = async (asUser: string[]): Promise<ChildProcess> => {
  const [file, ...args] = [...asUser, 'perl', '-e', '$| = 1; print "here\\n"; sleep 600']
  const child = spawn(file!, args, {
    env: { PATH: process.env.PATH, TOKEN: 'SECRET' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(done => child.stdout!.once('data', done))
  return child
}

const give = (path: string, uid: number): void => {
  if (process.getuid?.() !== 0) return
  chownSync(path, uid, uid)
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name), uid)
}

const digestOf = (roots: string[], without: string): string => {
  const hash = createHash('sha256')
  const walk = (path: string): void => {
    if (path === without) return
    const found = lstatSync(path)
    hash.update(`${path} ${found.mode}\0`)
    if (found.isDirectory()) for (const name of readdirSync(path).toSorted()) walk(join(path, name))
    else if (found.isFile()) hash.update(readFileSync(path))
    else if (found.isSymbolicLink()) hash.update(readlinkSync(path))
  }
  for (const root of roots) walk(root)
  return hash.digest('hex')
}
