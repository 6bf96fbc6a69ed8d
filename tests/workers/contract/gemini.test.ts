import { contractOf } from './cases.ts'

contractOf('gemini', {
  // Its stream calls every command that ran a success and keeps the exit code from us.
  failedCommand: { ok: null, exitCode: null },
  showsUnknownTool: true,
  measuresResume: true,
})
