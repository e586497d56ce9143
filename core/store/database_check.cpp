#include "core/store/database_check.h"

#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/lenient_json.h"
#include "core/base/paths.h"
#include "core/store/backup.h"
#include "core/store/run_folder.h"
#include "core/store/run_state.h"
#include "core/store/schema.h"
#include "core/store/store_reader.h"

#include <algorithm>
#include <map>
#include <optional>
#include <sys/stat.h>

namespace diapason {
namespace {

namespace fs = std::filesystem;

constexpr const char* changed = "It was changed by another program or is damaged; diapason-cli db check says more";

struct Column {
    std::string type;
    bool computed = false;
};
using Tables = std::map<std::string, std::map<std::string, Column>>;

// The real tables of a database with their columns.
Tables tables_of(Connection& connection) {
    Tables tables;
    Statement names(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND "
                                "sql NOT LIKE 'CREATE VIRTUAL%'");
    while (names.step()) {
        auto& columns = tables[names.text(0)];
        Statement facts(connection, "SELECT name, type, hidden FROM pragma_table_xinfo(?)");
        const std::string table = names.text(0);
        facts.bind(1, table);
        while (facts.step())
            columns[facts.text(0)] = {facts.text(1), facts.integer(2) != 0};
    }
    return tables;
}

// Tables and indexes by their names, in the words that made them.
using Words = std::map<std::string, std::string>;

Words words_of(Connection& connection) {
    Words words;
    Statement rows(connection,
                   "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL");
    while (rows.step())
        words[rows.text(0)] = rows.text(1);
    return words;
}

// As the migrations make it, up to a version.
struct Schema {
    Tables tables;
    Words words;
};
const Schema& own_schema(std::int64_t version) {
    static const std::vector<Schema> all = [] {
        std::vector<Schema> versions(1);
        Connection connection("schema", Connection::Mode::memory);
        for (std::int64_t next = 1; next <= schema_version; ++next) {
            migrate(connection, next);
            versions.push_back({tables_of(connection), words_of(connection)});
        }
        return versions;
    }();
    return all.at(static_cast<std::size_t>(std::clamp<std::int64_t>(version, 0, schema_version)));
}

// The file itself, and what changes when anybody writes to it.
struct Identity {
    Json file, state;
};
std::optional<Identity> identity_of(const fs::path& path) {
    struct stat s {};
    if (::stat(path.c_str(), &s) != 0) return {};
    return Identity{{s.st_dev, s.st_ino},
                    {s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_ctim.tv_sec, s.st_ctim.tv_nsec}};
}

// The files that were sound when this user last had them open, the latest last.
constexpr std::size_t most_known = 100;
fs::path list_of_known() {
    return home_folder() / "sound-databases.json";
}

Json known_databases() {
    try {
        const Json known = read_json(list_of_known());
        return known.is_array() ? known : Json::array();
    } catch (const std::exception&) { // none yet, or not ours any more: everything is checked again
        return Json::array();
    }
}

// What is known of a file; null: nothing.
Json known_of(const Json& known, const Identity& identity) {
    for (const Json& entry : known)
        if (part_of(entry, "file") == identity.file) return entry;
    return nullptr;
}

// Problems as they are found, up to a limit.
class Report {
public:
    explicit Report(std::size_t limit) : m_limit(limit) {}
    void add(const std::string& problem) {
        if (++m_found <= m_limit) m_lines.push_back(problem);
    }
    std::vector<std::string> lines() {
        if (m_found > m_limit) m_lines.push_back("and " + std::to_string(m_found - m_limit) + " more");
        return std::move(m_lines);
    }
    bool full() const { return m_found > 1000; }

private:
    std::size_t m_limit, m_found = 0;
    std::vector<std::string> m_lines;
};

// A part of the check; what cannot be read is a problem like any other.
template <typename Part>
void look(Report& report, const Part& part) {
    try {
        part();
    } catch (const Error& error) {
        report.add(error.what());
    }
}

void check_structure(Connection& connection, Report& report) {
    Statement lines(connection, "PRAGMA integrity_check(100)");
    while (lines.step())
        if (lines.text(0) != "ok") report.add(lines.text(0));
}

void check_references(Connection& connection, Report& report) {
    Statement rows(connection, "SELECT \"table\", rowid, parent FROM pragma_foreign_key_check LIMIT 1000");
    while (rows.step() && !report.full())
        report.add(rows.text(0) + " " + rows.text(1) + " belongs to a " + rows.text(2) + " that is not there");
}

// As the readers demand them of each row (store_reader.cpp).
void check_rows(const fs::path& file, Connection& connection, Report& report) {
    const StoreReader reader(file);
    const auto each = [&](const char* sql, const auto& read) {
        Statement ids(connection, sql);
        while (ids.step() && !report.full())
            look(report, [&] { read(ids.integer(0)); });
    };
    each("SELECT id FROM study", [&](RowId id) { reader.study(id); });
    each("SELECT id FROM study", [&](RowId id) { reader.factors(id); });
    each("SELECT id FROM study", [&](RowId id) { reader.arms(id); });
    each("SELECT id FROM run", [&](RowId id) { reader.run(id); });
    each("SELECT DISTINCT run FROM artifact", [&](RowId id) { reader.artifacts(id); });
}

void check_files(const fs::path& file, Connection& connection, Report& report) {
    Statement rows(connection,
                   "SELECT run.id, run.uuid, artifact.path, artifact.bytes FROM artifact JOIN run ON run.id = "
                   "artifact.run WHERE artifact.kind = 'adapter'");
    while (rows.step() && !report.full()) {
        if (!is_plain_name(rows.text(1)) || !is_plain_name(rows.text(2))) continue; // told already
        std::error_code error;
        const fs::path path = files_folder_of(file) / rows.text(1) / rows.text(2);
        const auto bytes = fs::file_size(path, error);
        if (error)
            report.add("run " + rows.text(0) + ": its file " + rows.text(1) + "/" + rows.text(2) + " is not there");
        else if (static_cast<std::int64_t>(bytes) != rows.integer(3))
            report.add("run " + rows.text(0) + ": its file " + rows.text(1) + "/" + rows.text(2) + " has " +
                       std::to_string(bytes) + " bytes instead of " + rows.text(3));
    }
}

} // namespace

void require_own_tables(Connection& connection) {
    const Tables there = tables_of(connection);
    const auto refuse = [&](const std::string& what, const std::string& field) {
        throw Error(ErrorKind::input, {what, connection.file().string(), field, {}, changed});
    };
    for (const auto& [table, columns] : own_schema(connection.value("PRAGMA user_version")).tables) {
        const auto found = there.find(table);
        if (found == there.end()) refuse("a table is missing", table);
        for (const auto& [name, column] : columns) {
            const auto own = found->second.find(name);
            if (own == found->second.end()) refuse("a column is missing", table + "." + name);
            if (own->second.computed || own->second.type != column.type)
                refuse("a column is not what it was", table + "." + name);
        }
    }
}

void require_own_schema(Connection& connection) {
    const auto refuse = [&](const std::string& what, const std::string& name) {
        throw Error(ErrorKind::input,
                    {what,
                     connection.file().string(),
                     name,
                     {},
                     "It can be read as it is; to go on, diapason-cli db repair copies its rows into a new one"});
    };
    const std::string trigger = connection.text("SELECT name FROM sqlite_master WHERE type = 'trigger'");
    if (!trigger.empty()) refuse("has a trigger, which would run whenever results are stored", trigger);
    const Words& own = own_schema(connection.value("PRAGMA user_version")).words;
    const Words there = words_of(connection);
    for (const auto& [name, words] : own) {
        const auto found = there.find(name);
        if (found == there.end() || found->second != words) refuse("is not made as Diapason makes it", name);
    }
    Statement more(connection, "SELECT name, tbl_name, type FROM sqlite_master WHERE sql IS NOT NULL");
    while (more.step()) {
        if (own.contains(more.text(0))) continue;
        if (more.text(2) == "index" && own.contains(more.text(1)))
            refuse("has an index of another program", more.text(0));
        if (more.text(2) != "table") continue;
        Statement references(connection, "SELECT \"table\" FROM pragma_foreign_key_list(?)");
        const std::string table = more.text(0);
        references.bind(1, table);
        while (references.step())
            if (own.contains(references.text(0)))
                refuse("has a table of another program that refers to Diapason's", table);
    }
}

std::string structure_problem(Connection& connection) {
    try {
        Statement lines(connection, "PRAGMA quick_check(1)");
        const std::string line = lines.step() ? lines.text(0) : std::string("nothing can be read");
        return line == "ok" ? std::string() : line;
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) throw; // locked, or not enough memory: that says nothing about the file
        return error.details().what;
    }
}

void require_sound_structure(Connection& connection) {
    const std::optional<Identity> identity = identity_of(connection.file());
    if (identity && part_of(known_of(known_databases(), *identity), "state") == identity->state) return;
    const std::string problem = structure_problem(connection);
    if (!problem.empty())
        throw Error(ErrorKind::input,
                    {"is damaged: " + problem.substr(0, problem.find('\n')),
                     connection.file().string(),
                     {},
                     {},
                     "diapason-cli db repair saves what can be read of it; copies of earlier days lie in " +
                         backups_folder_of(connection.file()).filename().string()});
    remember_as_sound(connection.file());
}

void remember_as_sound(const fs::path& file, bool written) {
    const std::optional<Identity> identity = identity_of(file);
    if (!identity) return;
    const Json known = known_databases();
    const Json before = known_of(known, *identity);
    const Json now = {{"file", identity->file},
                      {"state", identity->state},
                      {"written", written || part_of(before, "written") == Json(true)}};
    if (now == before) return;
    Json kept = Json::array();
    for (const Json& other : known)
        if (part_of(other, "file") != identity->file) kept.push_back(other);
    kept.push_back(now);
    while (kept.size() > most_known)
        kept.erase(kept.begin());
    try {
        write_file_atomically(list_of_known(), kept.dump() + "\n");
    } catch (const Error&) { // a read-only home: it is checked again next time
    }
}

bool was_written_here(const fs::path& file) {
    const std::optional<Identity> identity = identity_of(file);
    return identity && part_of(known_of(known_databases(), *identity), "written") == Json(true);
}

std::vector<std::string> database_problems(const fs::path& file, std::size_t limit) {
    Report report(limit);
    std::optional<Connection> opened;
    try {
        opened.emplace(file, Connection::Mode::read_only);
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) throw; // nothing is known of its content
        return {error.what()};
    }
    look(report, [&] {
        Connection& connection = *opened;
        connection.execute("PRAGMA query_only = ON");
        check_schema(connection);
        look(report, [&] { check_structure(connection, report); });
        look(report, [&] { require_own_tables(connection); });
        look(report, [&] { require_own_schema(connection); });
        look(report, [&] { check_references(connection, report); });
        look(report, [&] { check_rows(file, connection, report); });
        look(report, [&] { check_files(file, connection, report); });
    });
    return report.lines();
}

} // namespace diapason
