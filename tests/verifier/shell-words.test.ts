import { expect, test } from 'vitest'
import { simpleCommands } from '../../src/verifier/shell-words.ts'

test.each([
  ['npm test', ['npm']],
  ['cd a && npm test | tail -5; echo done', ['cd', 'npm', 'tail', 'echo']],
  ['npm test 2>&1 | tee out', ['npm', 'tee']],
  ['NODE_ENV=test CI=1 timeout -k 5 60 npm test', ['npm']],
  ['timeout', []],
  ['timeout 5', []],
  ['env -i PATH=/bin xargs -n1 cat', ['cat']],
  [`/bin/bash -lc 'cd "a b" && ./run.sh'`, ['cd', 'run.sh']],
  [`sh -c "sh -c 'make check'"`, ['make']],
  ['cat <<EOF > f\nnpm test\nEOF\nmake', ['cat', 'make']],
  ['echo "npm test; make"', ['echo']],
  ['echo $(npm test)', ['echo', 'npm']],
  ['# npm test', []],
  ['(cd a; go test ./...)', ['cd', 'go']],
  ['if true; then cargo test; fi', ['true', 'cargo', 'fi']],
  ['', []],
])('%s starts %j', (line, programs) => {
  expect(simpleCommands(line).map(words => words[0])).toEqual(programs)
})
