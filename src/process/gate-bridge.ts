/**
 * The bridge in a box without a network: a port of its own loopback leads to one unix socket, the seat's gate, because
 * agent CLIs speak to ports only. Words that stand before the command, as prlimit's do.
 */
import { AgentLabError, exitCode } from '../domain/errors.ts'
import type { Network } from '../domain/launch.ts'
import type { HostFacts } from './host-facts.ts'

/** The bridge's own exit code when it could not be built; the command has not been started then. */
export const bridgeFailed = 125

// The bridge is a grandchild, so the command never meets a child it did not start. Waits for the port to listen
// (state 0A in /proc/net/tcp), at most five seconds.
const script = `port=$1 hex=$2 socket=$3 socat=$4
shift 4
listens() { while read -r _ local _ state _; do [ "$local $state" = "0100007F:$hex 0A" ] && return 0; done </proc/net/tcp; return 1; }
( "$socat" -b 65536 "TCP-LISTEN:$port,bind=127.0.0.1,fork,backlog=128" "UNIX-CONNECT:$socket" </dev/null >/dev/null 2>&1 & )
tries=0
until listens; do
  tries=$((tries + 1))
  [ "$tries" -le 500 ] || { echo 'gate: the bridge to the gateway could not be built' >&2; exit ${bridgeFailed}; }
  sleep 0.01
done
exec "$@"`

/** The words before the command; none where there is no gate. @throws AgentLabError `no-wall` (exit 5) without socat */
export const bridgeWords = (network: Network, facts: Pick<HostFacts, 'socat'>): string[] => {
  if (network === 'host' || network === 'none') return []
  if (network.socket === null) throw new Error('a box with a loopback of its own needs a socket for its gate')
  if (facts.socat === null)
    throw new AgentLabError('launch failed on the gate: there is no socat on this machine', {
      code: 'no-wall',
      exit: exitCode.noWall,
      cure: 'Install the package socat (npm run setup does it), then see: agentlab doctor',
    })
  const hex = network.port.toString(16).toUpperCase().padStart(4, '0')
  return ['/bin/sh', '-c', script, 'gate', String(network.port), hex, network.socket, facts.socat]
}
