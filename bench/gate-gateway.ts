/** The gateway for the bench, in a process of its own as in a run: one token and its gate. */
import { startGateway } from '../src/lanes/gateway/gateway.ts'

const [upstream, socket] = process.argv.slice(2) as [string, string]

const gateway = await startGateway({
  allow: async () => ({ ok: true }),
  meter: () => {},
  clock: Date.now,
  // Hundreds of requests in a row are the bench's, not a worker's.
  bounds: { burst: 1e9 },
})
const token = gateway.issueToken({
  runId: 'k3m9q2x7',
  taskId: null,
  attempt: 1,
  role: 'worker',
  worker: 'claude',
  lane: 'personal',
  provider: 'anthropic',
  upstreams: [{ name: 'bench', url: upstream }],
  credential: { kind: 'key', read: async () => 'sk-bench' },
  models: ['claude-*'],
})
await gateway.openGate(token, socket)
process.send!(token)
