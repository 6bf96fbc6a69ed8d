/** Which paths of a change a person should look at first, and why: those that run, install, steer or take away. Pure. */

export interface ChangedPath {
  path: string
  /** `A` added, `D` deleted, others changed. */
  status: string
  /** Git's modes, `000000` where there is none. */
  oldMode: string
  newMode: string
  /** Lines; null for a binary file, or where that is not known. */
  added: number | null
  isBinary: boolean
}

export interface RiskyPath {
  path: string
  why: string
}

const manyLines = 1_000

const isTest = /(?:^|\/)(?:tests?|__tests__|spec|specs)\/|(?:^|\/)test_[^/]*$|[._-](?:test|spec)s?\.[^/]+$/i

/** By the path alone; the first that fits is said. */
const places: [RegExp, string][] = [
  [
    /^\.github\/(?:workflows|actions)\/|(?:^|\/)\.gitlab-ci\.ya?ml$|^\.circleci\/|(?:^|\/)Jenkinsfile$|^\.ci\/|azure-pipelines\.ya?ml$|bitbucket-pipelines\.ya?ml$|(?:^|\/)\.travis\.yml$/i,
    'steers the build machines',
  ],
  [
    /(?:^|\/)(?:\.husky|\.githooks|hooks)\/|pre-commit-config\.ya?ml$|(?:^|\/)lefthook\.ya?ml$/i,
    'is a hook: it runs on your machine',
  ],
  [
    /(?:^|\/)(?:\.claude|\.codex|\.gemini|\.cursor)\/|(?:^|\/)(?:\.mcp\.json|CLAUDE\.md|AGENTS\.md|GEMINI\.md|agentlab\.yaml)$/i,
    'steers agents',
  ],
  [/(?:^|\/)(?:\.env[^/]*|\.npmrc|\.netrc|\.pypirc|\.envrc)$/i, 'may hold secrets, or sets an environment'],
  [/(?:^|\/)(?:\.gitattributes|\.gitmodules|\.gitconfig)$/i, 'changes what git does with your files'],
  [
    /(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock|bun\.lockb?|Cargo\.lock|go\.sum|uv\.lock|poetry\.lock|Gemfile\.lock|composer\.lock)$/i,
    'brings in other dependencies',
  ],
  [
    /(?:^|\/)(?:package\.json|Makefile|GNUmakefile|setup\.py|pyproject\.toml|requirements[^/]*\.txt|Cargo\.toml|build\.rs|go\.mod|Gemfile|composer\.json|CMakeLists\.txt|Dockerfile[^/]*|docker-compose[^/]*\.ya?ml)$/i,
    'says what is run or installed',
  ],
]

const reasonsFor = (change: ChangedPath): string[] => {
  const { path, status, oldMode, newMode, added } = change
  const place = places.find(([pattern]) => pattern.test(path))
  return [
    ...(status === 'D' && isTest.test(path) ? ['a test is gone'] : []),
    ...(place === undefined ? [] : [place[1]]),
    ...(newMode === '100755' && oldMode !== '100755' ? ['can be executed now'] : []),
    ...(newMode === '120000' && oldMode !== '120000' ? ['is a link now'] : []),
    ...(newMode === '160000' ? ['is a submodule'] : []),
    ...(change.isBinary && status !== 'D' ? ['is binary: a diff does not show it'] : []),
    ...(added !== null && added > manyLines ? [`is large: ${added} lines added`] : []),
  ]
}

/** In the order of the paths. */
export const riskyPaths = (changes: readonly ChangedPath[]): RiskyPath[] =>
  changes.flatMap(change => {
    const reasons = reasonsFor(change)
    return reasons.length === 0 ? [] : [{ path: change.path, why: reasons.join('; ') }]
  })
