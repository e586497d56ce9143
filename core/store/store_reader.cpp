#include "core/store/store_reader.h"

#include "core/base/error.h"
#include "core/base/paths.h"
#include "core/store/database_check.h"
#include "core/store/run_folder.h"
#include "core/store/schema.h"

#include <cmath>
#include <limits>

namespace diapason {
namespace {

constexpr const char* study_columns =
    "SELECT id, uuid, title, document, created_ms, modified_ms, trashed, tasks FROM study ";
constexpr const char* run_columns = "SELECT run.id, run.uuid, run.study, run.arm, run.seed, run.state, run.message, "
                                    "run.spec, run.fingerprint, run.attempt, run.created_ms, run.started_ms, "
                                    "run.finished_ms, run.steps_done, run.steps_total, run.trained, run.stored, "
                                    "run.stored_bits, run.head, run.environment, run.summary, run.operations, ";

// What another program may have written instead of what the schema says.
Error damaged(const std::string& row, const std::string& what) {
    return {ErrorKind::input, {what, "the database", row, {}, "It was changed by another program or is damaged"}};
}

std::string row_of(const char* table, std::int64_t id, const char* column) {
    return std::string(table) + " " + std::to_string(id) + "." + column;
}

// An object, or null where there is nothing to say yet.
Json json_of(const Statement& s, int column, const std::string& row, Json::value_t type = Json::value_t::object) {
    Json value;
    try {
        value = parse_json(s.text(column), row);
    } catch (const Error& error) {
        throw damaged(row, error.details().what);
    }
    if (value.type() != type && !value.is_null())
        throw damaged(row, type == Json::value_t::array ? "must be a JSON list" : "must be a JSON object");
    return value;
}

// It becomes the name of a folder.
std::string uuid_of(const Statement& s, int column, const std::string& row) {
    std::string uuid = s.text(column);
    if (!is_uuid(uuid)) throw damaged(row, "must be 32 hexadecimal digits");
    return uuid;
}

// It becomes the name of a file in that folder.
std::string file_name_of(const Statement& s, int column, const std::string& row) {
    std::string name = s.text(column);
    if (!is_plain_name(name)) throw damaged(row, "must be the name of a file, without a folder");
    return name;
}

StudyRecord study_of(const Statement& s) {
    const std::int64_t id = s.integer(0);
    return {id,
            uuid_of(s, 1, row_of("study", id, "uuid")),
            s.text(2),
            json_of(s, 3, row_of("study", id, "document")),
            s.integer(4),
            s.integer(5),
            s.integer(6) != 0,
            json_of(s, 7, row_of("study", id, "tasks"))};
}

RunRecord run_of(const Statement& s) {
    RunRecord r;
    r.id = s.integer(0);
    r.uuid = uuid_of(s, 1, row_of("run", r.id, "uuid"));
    r.study = s.integer(2);
    r.arm = s.integer(3);
    r.seed = static_cast<std::uint64_t>(s.integer(4));
    r.state = run_state_from(s.text(5));
    r.message = s.text(6);
    r.spec = json_of(s, 7, row_of("run", r.id, "spec"));
    r.fingerprint = s.text(8);
    r.attempt = s.integer(9);
    r.created_ms = s.integer(10);
    r.started_ms = s.integer(11);
    r.finished_ms = s.integer(12);
    r.steps_done = s.integer(13);
    r.steps_total = s.integer(14);
    r.trained = s.integer(15);
    r.stored = s.integer(16);
    r.stored_bits = s.integer(17);
    r.head = s.integer(18);
    r.environment = json_of(s, 19, row_of("run", r.id, "environment"));
    r.summary = json_of(s, 20, row_of("run", r.id, "summary"));
    r.operations = s.real(21);
    r.elapsed_ms = s.integer(22);
    return r;
}

// The value of a point row: columns value and kind.
double value_of(const Statement& s, int value, int kind) {
    if (!s.is_null(value)) return s.real(value);
    const std::string what = s.text(kind);
    if (what == "inf") return std::numeric_limits<double>::infinity();
    if (what == "-inf") return -std::numeric_limits<double>::infinity();
    return std::nan("");
}

} // namespace

struct StoreReader::Impl {
    explicit Impl(const std::filesystem::path& file) : connection(file, Connection::Mode::read_only) {
        version = check_schema(connection);
        require_sound_structure(connection);
        require_own_tables(connection);
        connection.execute("PRAGMA query_only = ON");
        if (version < 2) elapsed = "max(0, run.finished_ms - run.started_ms)"; // cannot be upgraded here
    }
    std::string select_runs() const { return std::string(run_columns) + elapsed + " FROM run "; }

    mutable Connection connection;
    const char* elapsed = "run.elapsed_ms";
    std::int64_t version = 0;
};

std::filesystem::path files_folder_of(const std::filesystem::path& database) {
    std::filesystem::path folder = database_itself(database);
    return folder += ".files";
}

StoreReader::StoreReader(const std::filesystem::path& file) : m_impl(std::make_unique<Impl>(file)) {}
StoreReader::~StoreReader() = default;
StoreReader::StoreReader(StoreReader&&) noexcept = default;

std::vector<StudyLine> StoreReader::study_lines(bool with_trashed) const {
    // A document that somebody has broken hides neither its own study nor the others.
    const auto text = [](const std::string& key) {
        return "CASE WHEN json_valid(document) AND json_type(document, '$." + key +
               "') = 'text' THEN json_extract(document, '$." + key + "') ELSE '' END, ";
    };
    Statement s(m_impl->connection, "SELECT id, uuid, title, " + text("backbone") + text("task") +
                                        "created_ms FROM study " + (with_trashed ? "" : "WHERE trashed = 0 ") +
                                        "ORDER BY id DESC");
    std::vector<StudyLine> lines;
    while (s.step())
        lines.push_back({s.integer(0), s.text(1), s.text(2), s.text(3), s.text(4), s.integer(5)});
    return lines;
}

std::optional<StudyRecord> StoreReader::study(RowId id) const {
    Statement s(m_impl->connection, std::string(study_columns) + "WHERE id = ?");
    s.bind(1, id);
    return s.step() ? std::optional(study_of(s)) : std::nullopt;
}

std::vector<FactorRecord> StoreReader::factors(RowId study) const {
    Statement s(m_impl->connection, "SELECT address, levels FROM factor WHERE study = ? ORDER BY position");
    s.bind(1, study);
    std::vector<FactorRecord> rows;
    while (s.step())
        rows.push_back({s.text(0), json_of(s, 1, "factor " + s.text(0), Json::value_t::array)});
    return rows;
}

std::vector<ArmRecord> StoreReader::arms(RowId study) const {
    Statement s(
        m_impl->connection,
        "SELECT id, study, position, label, method, levels, colour_slot FROM arm WHERE study = ? ORDER BY position");
    s.bind(1, study);
    std::vector<ArmRecord> rows;
    while (s.step())
        rows.push_back({s.integer(0), s.integer(1), s.integer(2), s.text(3), s.text(4),
                        json_of(s, 5, row_of("arm", s.integer(0), "levels")), static_cast<int>(s.integer(6))});
    return rows;
}

std::vector<RunRecord> StoreReader::runs(RowId study) const {
    std::vector<RunRecord> rows;
    each_run(study, [&](RunRecord& run) { rows.push_back(std::move(run)); });
    return rows;
}

void StoreReader::each_run(RowId study, const std::function<void(RunRecord&)>& visit) const {
    Statement s(m_impl->connection,
                m_impl->select_runs() +
                    "JOIN arm ON arm.id = run.arm WHERE run.study = ? ORDER BY arm.position, run.seed < 0, run.seed");
    s.bind(1, study);
    while (s.step()) {
        RunRecord run = run_of(s);
        visit(run);
    }
}

std::optional<RunRecord> StoreReader::run(RowId id) const {
    Statement s(m_impl->connection, m_impl->select_runs() + "WHERE run.id = ?");
    s.bind(1, id);
    return s.step() ? std::optional(run_of(s)) : std::nullopt;
}

std::vector<RunLine> StoreReader::run_lines(RowId study) const {
    Statement s(m_impl->connection,
                std::string("SELECT run.id, run.uuid, run.study, arm.label, run.seed, run.state, run.message, "
                            "run.steps_done, run.steps_total, run.arm, ") +
                    m_impl->elapsed + " FROM run JOIN arm ON arm.id = run.arm " +
                    (study != 0 ? "WHERE run.study = ? " : "") +
                    "ORDER BY run.study DESC, arm.position, run.seed < 0, run.seed");
    if (study != 0) s.bind(1, study);
    std::vector<RunLine> lines;
    while (s.step())
        lines.push_back({s.integer(0), uuid_of(s, 1, row_of("run", s.integer(0), "uuid")), s.integer(2), s.integer(9),
                         s.text(3), static_cast<std::uint64_t>(s.integer(4)), run_state_from(s.text(5)), s.text(6),
                         s.integer(7), s.integer(8), s.integer(10)});
    return lines;
}

std::map<RowId, StateCounts> StoreReader::state_counts() const {
    Statement s(m_impl->connection, "SELECT study, state, count(*) FROM run GROUP BY study, state");
    std::map<RowId, StateCounts> counts;
    while (s.step())
        counts[s.integer(0)].runs[run_state_from(s.text(1))] = static_cast<std::size_t>(s.integer(2));
    return counts;
}

MeasuredSpeed StoreReader::measured_speed(std::int64_t latest) const {
    // Of a run that went on from a checkpoint only the last attempt's time is known.
    Statement s(m_impl->connection,
                std::string("SELECT sum(operations), sum(elapsed) FROM (SELECT operations, ") + m_impl->elapsed +
                    " AS elapsed FROM run WHERE state = 'finished' AND attempt = 1 AND operations > 0 AND elapsed > 0 "
                    "ORDER BY finished_ms DESC LIMIT ?)");
    s.bind(1, latest);
    if (!s.step()) return {};
    return {s.real(0), s.real(1) / 1000};
}

std::vector<SeriesRecord> StoreReader::series(RowId run) const {
    Statement s(m_impl->connection, "SELECT series.id, run, split, dataset, metric, (SELECT count(*) FROM point WHERE "
                                    "series = series.id), last.step, last.value, last.kind FROM series "
                                    "JOIN point AS last ON last.series = series.id AND last.step = (SELECT max(step) "
                                    "FROM point WHERE point.series = series.id) "
                                    "WHERE run = ? ORDER BY split, dataset, metric");
    s.bind(1, run);
    std::vector<SeriesRecord> rows;
    while (s.step())
        rows.push_back({s.integer(0),
                        s.integer(1),
                        {s.text(2), s.text(3), s.text(4)},
                        s.integer(5),
                        s.integer(6),
                        value_of(s, 7, 8)});
    return rows;
}

SeriesPoints StoreReader::points(RowId run, const MetricName& name, std::int64_t after_step) const {
    Statement s(m_impl->connection,
                "SELECT step, wall_s, value, kind FROM point WHERE series = (SELECT id FROM series "
                "WHERE run = ? AND split = ? AND dataset = ? AND metric = ?) AND step > ? ORDER BY step");
    s.bind_all(run, name.split, name.dataset, name.metric, after_step);
    SeriesPoints points;
    while (s.step()) {
        points.step.push_back(s.integer(0));
        points.wall_s.push_back(s.real(1));
        points.value.push_back(value_of(s, 2, 3));
    }
    return points;
}

std::vector<PredictionRecord> StoreReader::predictions(RowId run, const std::string& split) const {
    Statement s(m_impl->connection, "SELECT split, dataset, step, item, predicted, expected, score, detail "
                                    "FROM prediction WHERE run = ? AND split = ? ORDER BY dataset, item");
    s.bind_all(run, split);
    std::vector<PredictionRecord> rows;
    while (s.step())
        rows.push_back({s.text(0), s.text(1), s.integer(2), s.text(3), s.text(4), s.text(5),
                        s.is_null(6) ? std::nan("") : s.real(6), s.text(7)});
    return rows;
}

std::vector<ArtifactRecord> StoreReader::artifacts(RowId run) const {
    Statement s(m_impl->connection,
                "SELECT run, kind, path, sha256, bytes, step FROM artifact WHERE run = ? ORDER BY path");
    s.bind(1, run);
    std::vector<ArtifactRecord> rows;
    while (s.step())
        rows.push_back({s.integer(0), s.text(1), file_name_of(s, 2, row_of("run", s.integer(0), "artifact")), s.text(3),
                        s.integer(4), s.integer(5)});
    return rows;
}

std::vector<EventRecord> StoreReader::events(RowId study, RowId after, std::int64_t limit) const {
    Statement s(
        m_impl->connection,
        "SELECT id, study, run, at_ms, severity, text FROM event WHERE study = ? AND id > ? ORDER BY id LIMIT ?");
    s.bind_all(study, after, limit);
    std::vector<EventRecord> rows;
    while (s.step())
        rows.push_back({s.integer(0), s.integer(1), s.integer(2), s.integer(3), s.text(4), s.text(5)});
    return rows;
}

std::int64_t StoreReader::data_version() const {
    return m_impl->connection.value("PRAGMA data_version");
}
int StoreReader::schema_version() const {
    return static_cast<int>(m_impl->version);
}

} // namespace diapason
