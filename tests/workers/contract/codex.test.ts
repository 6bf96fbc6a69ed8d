import { contractOf } from './cases.ts'

contractOf('codex', {
  failedCommand: { ok: false, exitCode: 3 },
  // Its stream leaves such calls out.
  showsUnknownTool: false,
  // Its totals run over the whole thread.
  measuresResume: false,
})
