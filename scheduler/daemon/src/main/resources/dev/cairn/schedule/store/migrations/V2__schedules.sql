-- Times are milliseconds since 1970-01-01T00:00Z.

-- The workflows that somebody has added.
CREATE TABLE cairn_workflow (
  id              VARCHAR(150) NOT NULL PRIMARY KEY,
  file            TEXT         NOT NULL UNIQUE,
  home            TEXT         NOT NULL,
  -- as it was when it was last found to be valid
  content         TEXT         NOT NULL,
  digest          VARCHAR(80)  NOT NULL,
  -- what is wrong with the file as it is now; empty when nothing is
  problem         TEXT         NOT NULL,
  -- 0: any number
  max_runs        INTEGER      NOT NULL,
  on_overlap      VARCHAR(12)  NOT NULL
);

CREATE TABLE cairn_schedule (
  id              VARCHAR(160) NOT NULL PRIMARY KEY,
  workflow        VARCHAR(150) NOT NULL,
  -- its place in the file, from 1
  place           INTEGER      NOT NULL,
  timing          TEXT         NOT NULL,
  times           TEXT         NOT NULL,
  missed          VARCHAR(8)   NOT NULL,
  jitter_ms       BIGINT       NOT NULL,
  paused          INTEGER      NOT NULL,
  -- what is up to here has been decided
  decided_ms      BIGINT       NOT NULL,
  -- NULL: no more
  next_ms         BIGINT
);
CREATE INDEX cairn_schedule_next ON cairn_schedule (paused, next_ms);
CREATE INDEX cairn_schedule_workflow ON cairn_schedule (workflow);

-- What was decided for each time of a schedule, and what became of it.
CREATE TABLE cairn_tick (
  -- of the run
  run_key         VARCHAR(220) NOT NULL PRIMARY KEY,
  schedule        VARCHAR(160) NOT NULL,
  workflow        VARCHAR(150) NOT NULL,
  time_ms         BIGINT       NOT NULL,
  kind            VARCHAR(10)  NOT NULL,
  state           VARCHAR(14)  NOT NULL,
  -- nothing is done with it before
  due_ms          BIGINT       NOT NULL,
  decided_ms      BIGINT       NOT NULL,
  started_ms      BIGINT,
  ended_ms        BIGINT,
  -- given by hand, one NAME=VALUE a line, escaped
  inputs          TEXT         NOT NULL,
  -- why, for a person
  detail          TEXT         NOT NULL,
  -- who runs it
  daemon          VARCHAR(120) NOT NULL,
  run_id          VARCHAR(120) NOT NULL,
  -- of those backfilled together
  batch           VARCHAR(60)  NOT NULL
);
CREATE INDEX cairn_tick_state ON cairn_tick (state, due_ms);
CREATE INDEX cairn_tick_workflow ON cairn_tick (workflow, state);
CREATE INDEX cairn_tick_time ON cairn_tick (schedule, time_ms);

-- Moved by whoever changes something that the daemons should look at.
CREATE TABLE cairn_change (
  number          BIGINT       NOT NULL
);
INSERT INTO cairn_change (number) VALUES (0);

-- The daemons that share this database.
CREATE TABLE cairn_daemon (
  id              VARCHAR(120) NOT NULL PRIMARY KEY,
  since_ms        BIGINT       NOT NULL,
  beat            BIGINT       NOT NULL
);
