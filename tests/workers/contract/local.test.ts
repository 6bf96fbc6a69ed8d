import { contractOf } from './cases.ts'

contractOf('local', {
  failedCommand: { ok: false, exitCode: 3 },
  showsUnknownTool: true,
  measuresResume: true,
})
