/** The store's tables, as an ordered list: entry n brings a store from version n to n + 1. Never edit a released entry. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO meta VALUES ('epoch', '0');

  -- The log. Facts only; the one truth from which the machines' states can be rebuilt.
  CREATE TABLE events (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, epoch INTEGER NOT NULL,
    run_id TEXT NOT NULL, task_id TEXT, type TEXT NOT NULL, data TEXT NOT NULL
  ) STRICT;
  CREATE INDEX events_of_run ON events (run_id, seq);

  -- Derived: the machines' states after the last event.
  CREATE TABLE machines (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('run', 'task')), run_id TEXT NOT NULL,
    state TEXT NOT NULL, context TEXT NOT NULL, seq INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX machines_of_run ON machines (run_id);

  -- Effects decided and not yet answered.
  CREATE TABLE outbox (
    key TEXT PRIMARY KEY, seq INTEGER NOT NULL, run_id TEXT NOT NULL, task_id TEXT, name TEXT NOT NULL, effect TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE timers (key TEXT PRIMARY KEY, run_id TEXT NOT NULL, task_id TEXT, due_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  -- What people and models wrote, erasable without breaking a replay.
  CREATE TABLE content (
    id TEXT PRIMARY KEY, run_id TEXT NOT NULL, task_id TEXT, lane TEXT NOT NULL, kind TEXT NOT NULL,
    at INTEGER NOT NULL, text TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX content_of_run ON content (run_id);

  -- What operators asked for, and the answer they got.
  CREATE TABLE commands (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, at INTEGER NOT NULL, kind TEXT NOT NULL, params TEXT NOT NULL,
    answered_at INTEGER, accepted INTEGER, answer TEXT
  ) STRICT;

  -- One row per request that reached a provider, metered on the wire. NULL is "not measured".
  CREATE TABLE requests (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, task_id TEXT, attempt INTEGER NOT NULL, role TEXT NOT NULL,
    worker TEXT NOT NULL, provider TEXT NOT NULL, model TEXT, status INTEGER,
    input INTEGER, cached INTEGER, output INTEGER, started_at INTEGER NOT NULL, ended_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX requests_of_run ON requests (run_id);

  -- Checks belong to a tree: cached by tree, command and environment.
  CREATE TABLE checks (
    tree TEXT NOT NULL, command_hash TEXT NOT NULL, environment_hash TEXT NOT NULL, name TEXT NOT NULL,
    status TEXT NOT NULL, exit_code INTEGER, duration_ms INTEGER NOT NULL, output TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (tree, command_hash, environment_hash)
  ) STRICT, WITHOUT ROWID;

  -- Every foreign process that was started, for the time line and the bench.
  CREATE TABLE launches (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, task_id TEXT, what TEXT NOT NULL,
    started_at INTEGER NOT NULL, ended_at INTEGER, exit_code INTEGER, signal TEXT
  ) STRICT;
  CREATE INDEX launches_of_run ON launches (run_id);
  `,
  `
  -- The newest runs, without a look at every run there ever was.
  CREATE INDEX events_of_request ON events (type) WHERE type = 'run.requested';
  `,
  `
  -- Trains: what was on its way to agent alone is queued anew, and every task knows the train it rode last.
  DELETE FROM outbox WHERE name = 'task.integrate';
  UPDATE machines SET state = 'queued' WHERE kind = 'task' AND state = 'integrating';
  UPDATE machines SET context = json_set(context, '$.train', 0) WHERE kind = 'task';
  `,
  `
  -- Runs out of a file, to be read only, and what the file says of their checks: never taken for checks that ran here.
  CREATE TABLE imports (run_id TEXT PRIMARY KEY, at INTEGER NOT NULL, lane TEXT NOT NULL, agentlab TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE imported_checks (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, tree TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
    exit_code INTEGER, duration_ms REAL NOT NULL
  ) STRICT;
  CREATE INDEX imported_checks_of_run ON imported_checks (run_id, tree);
  `,
]
