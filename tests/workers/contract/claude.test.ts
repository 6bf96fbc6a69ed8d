import { contractOf } from './cases.ts'

contractOf('claude', {
  failedCommand: { ok: false, exitCode: 3 },
  showsUnknownTool: true,
  measuresResume: true,
})
