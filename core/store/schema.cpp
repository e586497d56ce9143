#include "core/store/schema.h"

namespace diapason {
namespace {

// Version 1. Times are milliseconds since 1970 UTC. Non-finite values have value NULL and a kind.
constexpr const char* version_1 = R"sql(
CREATE TABLE study (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, title TEXT NOT NULL, document TEXT NOT NULL, tasks TEXT NOT NULL,
  created_ms INTEGER NOT NULL, modified_ms INTEGER NOT NULL, trashed INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE TABLE factor (
  id INTEGER PRIMARY KEY, study INTEGER NOT NULL REFERENCES study(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  address TEXT NOT NULL, levels TEXT NOT NULL, UNIQUE (study, position)) STRICT;
CREATE TABLE arm (
  id INTEGER PRIMARY KEY, study INTEGER NOT NULL REFERENCES study(id) ON DELETE CASCADE, position INTEGER NOT NULL,
  label TEXT NOT NULL, method TEXT NOT NULL, levels TEXT NOT NULL, colour_slot INTEGER NOT NULL,
  UNIQUE (study, position), UNIQUE (study, label)) STRICT;
CREATE TABLE run (
  id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, study INTEGER NOT NULL REFERENCES study(id) ON DELETE CASCADE,
  arm INTEGER NOT NULL REFERENCES arm(id) ON DELETE CASCADE, seed INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued','starting','running','paused','finished','diverged','failed','cancelled','interrupted')),
  message TEXT NOT NULL DEFAULT '', spec TEXT NOT NULL, fingerprint TEXT NOT NULL, attempt INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL, started_ms INTEGER NOT NULL DEFAULT 0, finished_ms INTEGER NOT NULL DEFAULT 0,
  steps_done INTEGER NOT NULL DEFAULT 0, steps_total INTEGER NOT NULL DEFAULT 0,
  trained INTEGER NOT NULL DEFAULT 0, stored INTEGER NOT NULL DEFAULT 0, stored_bits INTEGER NOT NULL DEFAULT 0,
  head INTEGER NOT NULL DEFAULT 0, operations REAL NOT NULL DEFAULT 0, environment TEXT NOT NULL DEFAULT 'null', summary TEXT NOT NULL DEFAULT 'null',
  UNIQUE (arm, seed)) STRICT;
CREATE INDEX run_by_study ON run(study, state);
CREATE INDEX run_by_end ON run(finished_ms) WHERE state = 'finished';
CREATE TABLE attempt (
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, number INTEGER NOT NULL, started_ms INTEGER NOT NULL,
  ended_ms INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', steps INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, number)) STRICT, WITHOUT ROWID;
CREATE TABLE series (
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
  split TEXT NOT NULL, dataset TEXT NOT NULL, metric TEXT NOT NULL, UNIQUE (run, split, dataset, metric)) STRICT;
CREATE TABLE point (
  series INTEGER NOT NULL REFERENCES series(id) ON DELETE CASCADE, step INTEGER NOT NULL, wall_s REAL NOT NULL,
  value REAL, kind TEXT CHECK (kind IN ('nan','inf','-inf')), CHECK ((value IS NULL) = (kind IS NOT NULL)),
  PRIMARY KEY (series, step)) STRICT, WITHOUT ROWID;
CREATE TABLE prediction (
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, split TEXT NOT NULL, dataset TEXT NOT NULL, item TEXT NOT NULL,
  step INTEGER NOT NULL, predicted TEXT NOT NULL, expected TEXT NOT NULL, score REAL NOT NULL,
  PRIMARY KEY (run, split, dataset, item)) STRICT, WITHOUT ROWID;
CREATE TABLE artifact (
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, kind TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
  bytes INTEGER NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (run, path)) STRICT, WITHOUT ROWID;
CREATE TABLE claim (
  id INTEGER PRIMARY KEY, study INTEGER NOT NULL REFERENCES study(id) ON DELETE CASCADE, text TEXT NOT NULL, document TEXT NOT NULL,
  registered_ms INTEGER NOT NULL) STRICT;
CREATE TABLE verdict (
  claim INTEGER PRIMARY KEY REFERENCES claim(id) ON DELETE CASCADE, verdict TEXT NOT NULL
  CHECK (verdict IN ('supported','contradicted','equivalent','inconclusive','out of scale')), reason TEXT NOT NULL, decided_ms INTEGER NOT NULL) STRICT;
CREATE TABLE event (
  id INTEGER PRIMARY KEY, study INTEGER NOT NULL REFERENCES study(id) ON DELETE CASCADE, run INTEGER, at_ms INTEGER NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('info','warning','error')), text TEXT NOT NULL) STRICT;
CREATE INDEX event_by_study ON event(study, id);
)sql";

// Version 2. How long attempts took, by a clock that only goes forward; 0 = not known. What a dead program has left is
// found without a look at every run.
constexpr const char* version_2 = R"sql(
ALTER TABLE run ADD COLUMN elapsed_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attempt ADD COLUMN elapsed_ms INTEGER NOT NULL DEFAULT 0;
UPDATE run SET elapsed_ms = max(0, finished_ms - started_ms) WHERE finished_ms > 0 AND started_ms > 0;
UPDATE attempt SET elapsed_ms = max(0, ended_ms - started_ms) WHERE ended_ms > 0;
CREATE INDEX run_at_work ON run(id) WHERE state IN ('starting','running','paused');
CREATE INDEX attempt_at_work ON attempt(run) WHERE ended_ms = 0;
)sql";

// Version 3. Items without a value of their own (a correlation has none), and what tests need beside the answer.
constexpr const char* version_3 = R"sql(
CREATE TABLE new_prediction (
  run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE, split TEXT NOT NULL, dataset TEXT NOT NULL, item TEXT NOT NULL,
  step INTEGER NOT NULL, predicted TEXT NOT NULL, expected TEXT NOT NULL, score REAL, detail TEXT,
  PRIMARY KEY (run, split, dataset, item)) STRICT, WITHOUT ROWID;
INSERT INTO new_prediction SELECT run, split, dataset, item, step, predicted, expected, score, NULL FROM prediction;
DROP TABLE prediction;
ALTER TABLE new_prediction RENAME TO prediction;
)sql";

constexpr const char* migrations[] = {version_1, version_2, version_3};
static_assert(std::size(migrations) == schema_version);

} // namespace

std::int64_t check_schema(Connection& connection) {
    const std::int64_t id = connection.value("PRAGMA application_id");
    if (id != application_id) {
        throw Error(ErrorKind::input, {"is a database, but not a Diapason database",
                                       connection.file().string(),
                                       "application_id",
                                       std::to_string(id),
                                       {}});
    }
    return connection.value("PRAGMA user_version");
}

void migrate(Connection& connection, std::int64_t target) {
    const bool empty = connection.value("SELECT count(*) FROM sqlite_master") == 0;
    if (!empty || connection.value("PRAGMA application_id") != 0) {
        const std::int64_t version = check_schema(connection);
        if (version > schema_version) {
            throw Error(ErrorKind::incompatible, {"was written by a newer Diapason (schema " + std::to_string(version) +
                                                      ", this one knows " + std::to_string(schema_version) + ")",
                                                  connection.file().string(),
                                                  {},
                                                  {},
                                                  "Use the newer version; this one can only read it"});
        }
    }
    for (std::int64_t next = 0; next < target; ++next) {
        Transaction transaction(connection);
        // Asked inside the transaction: a second program may have migrated while this one waited for the lock.
        if (connection.value("PRAGMA user_version") > next) continue;
        connection.execute(migrations[next]);
        connection.execute("PRAGMA application_id = " + std::to_string(application_id));
        connection.execute("PRAGMA user_version = " + std::to_string(next + 1));
        transaction.commit();
    }
}

} // namespace diapason
