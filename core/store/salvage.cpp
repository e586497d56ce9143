#include "core/store/salvage.h"

#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/store/connection.h"
#include "core/store/run_folder.h"
#include "core/store/run_state.h"
#include "core/store/schema.h"
#include "core/store/store.h"
#include "core/store/store_reader.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <utility>

namespace diapason {
namespace {

namespace fs = std::filesystem;

// How a table is walked through: by its own numbers, and by the rows that its rows belong to where there is an index
// for that.
struct Table {
    const char* name;
    bool numbered;
    bool holds_results = false; ///< of which a finished run may not lack a row
    const char* parent = nullptr;
    const char* key = nullptr;   ///< the column that names the parent
    const char* order = nullptr; ///< within one parent
};

// Parents first.
constexpr Table tables[] = {{"study", true},
                            {"factor", true},
                            {"arm", true},
                            {"run", true},
                            {"attempt", false, false, "run", "run", "number"},
                            {"series", true, true, "run", "run", "split, dataset, metric"},
                            {"point", false, true, "series", "series", "step"},
                            {"prediction", false, true, "run", "run", "split, dataset, item"},
                            {"artifact", false, true, "run", "run", "path"},
                            {"claim", true},
                            {"verdict", false, false, "claim", "claim", "claim"},
                            {"event", true}};

constexpr std::int64_t largest_id = std::numeric_limits<std::int64_t>::max();

std::vector<std::string> columns_of(Connection& connection, const std::string& table) {
    std::vector<std::string> names;
    Statement facts(connection, "SELECT name FROM pragma_table_info(?)");
    facts.bind(1, table);
    while (facts.step())
        names.push_back(facts.text(0));
    return names;
}

class Salvage {
public:
    Salvage(const fs::path& damaged, const fs::path& target)
        : m_from(damaged, Connection::Mode::read_only),
          m_to(target, Connection::Mode::read_write) {
        m_from.execute("PRAGMA query_only = ON");
        m_bytes = static_cast<std::int64_t>(fs::file_size(damaged));
        m_pages = m_bytes / 512 + 64;
        migrate(m_to);
        m_to.execute("PRAGMA foreign_keys = OFF");
    }

    Salvaged run() {
        Transaction transaction(m_to);
        for (const Table& table : tables)
            copy(table);
        drop_what_makes_no_sense();
        drop_orphans();
        run_again_what_lost_rows();
        for (const Table& table : tables)
            m_result.rows[table.name] = m_to.value(std::string("SELECT count(*) FROM ") + table.name);
        transaction.commit();
        return std::move(m_result);
    }

private:
    void lose(const std::string& what) {
        if (m_result.losses.size() < 100) m_result.losses.push_back(what);
    }

    void copy(const Table& table) {
        const std::vector<std::string> columns = common_columns(table.name);
        if (columns.empty()) {
            m_all_incomplete = m_all_incomplete || table.holds_results;
            return lose(std::string("the table ") + table.name + " cannot be found");
        }
        m_table = &table;
        m_parent_column = -1;
        for (std::size_t i = 0; i < columns.size() && table.key != nullptr; ++i)
            if (columns[i] == table.key) m_parent_column = static_cast<int>(i);
        std::string names, marks;
        for (const std::string& name : columns) {
            names += (names.empty() ? "" : ", ") + name;
            marks += marks.empty() ? "?" : ", ?";
        }
        Statement insert(m_to, std::string("INSERT INTO ") + table.name + "(" + names + ") VALUES (" + marks + ")");
        const std::string select = "SELECT " + names + " FROM " + table.name;
        if (table.numbered && walk_numbers(select, columns.size(), insert)) return;
        if (table.parent != nullptr)
            walk_parents(table, select, columns.size(), insert);
        else
            lose(std::string("a part of the table ") + table.name);
    }

    // Those of a real table that both have; none when one is missing that no older version lacked either.
    std::vector<std::string> common_columns(const std::string& table) {
        std::vector<std::string> columns;
        try {
            Statement real(
                m_from,
                "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ? AND sql NOT LIKE 'CREATE VIRTUAL%'");
            real.bind(1, table);
            if (!real.step()) return {};
            const std::vector<std::string> there = columns_of(m_from, table);
            for (const std::string& name : columns_of(m_to, table)) {
                if (std::find(there.begin(), there.end(), name) != there.end())
                    columns.push_back(name);
                else if (name != "elapsed_ms" && name != "detail") // of version 2 and 3
                    return {};
            }
        } catch (const Error&) { // the schema itself is damaged
            return {};
        }
        return columns;
    }

    // A result with holes is none.
    void miss(std::int64_t parent) {
        if (m_table->holds_results) m_incomplete[m_table->parent].insert(parent);
    }

    // Forwards as far as it goes, then backwards; between them, where a page cannot be read, in growing leaps.
    // @return whether nothing is missing
    bool walk_numbers(const std::string& select, std::size_t columns, Statement& insert) {
        std::int64_t first = std::numeric_limits<std::int64_t>::min(), last = largest_id;
        if (read(select + " WHERE id >= ? ORDER BY id", first, columns, insert, &first)) return true;
        read(select + " WHERE id <= ? ORDER BY id DESC", last, columns, insert, &last);
        first = std::max<std::int64_t>(first, 0);
        std::int64_t tries = m_pages; // numbers in what is left of a page may be anything
        for (std::int64_t leap = 1; leap < largest_id - first && first + leap < last && tries > 0; leap *= 2, --tries) {
            const std::int64_t from = first + leap;
            std::int64_t reached = from;
            if (read(select + " WHERE id >= ? ORDER BY id", from, columns, insert, &reached) || reached >= last) break;
            if (reached > from) {
                first = reached;
                leap = 1;
            }
        }
        return false;
    }

    void walk_parents(const Table& table, const std::string& select, std::size_t columns, Statement& insert) {
        const std::string own = select + " WHERE " + table.key + " = ? ORDER BY ";
        std::string backwards = table.order;
        for (std::size_t at = 0; (at = backwards.find(", ", at)) != std::string::npos; at += 7)
            backwards.insert(at, " DESC");
        Statement parents(m_to, std::string("SELECT id FROM ") + table.parent + " ORDER BY id");
        while (parents.step()) {
            const std::int64_t parent = parents.integer(0);
            if (read(own + table.order, parent, columns, insert, nullptr)) continue;
            read(own + backwards + " DESC", parent, columns, insert, nullptr);
            lose(std::string("rows of the table ") + table.name + " that belong to " + table.parent + " " +
                 std::to_string(parent));
            miss(parent);
        }
    }

    // @param reached the key of the last row that could be read. @return whether the end was
    bool read(const std::string& sql, std::int64_t key, std::size_t columns, Statement& insert, std::int64_t* reached) {
        std::optional<Statement> rows;
        const auto next = [&] {
            if (!rows) {
                rows.emplace(m_from, sql);
                rows->bind(1, key);
            }
            return rows->step();
        };
        for (std::int64_t count = 0; count < m_bytes; ++count) { // pages may be told to hold each other
            try {
                if (!next()) return true;
            } catch (const Error&) { // the damaged part
                return false;
            }
            if (reached != nullptr) *reached = rows->integer(0);
            for (int i = 0; i < static_cast<int>(columns); ++i)
                insert.bind_column(i + 1, *rows, i);
            try {
                insert.run();
            } catch (const Error& error) {
                if (error.kind() != ErrorKind::internal) throw; // the new file cannot be written
                if (is_there_already(error)) continue;
                lose(std::string("a row of the table ") + m_table->name + " that makes no sense");
                if (m_parent_column >= 0) miss(rows->integer(m_parent_column));
            }
        }
        return false;
    }

    // Read a second time, from the other end.
    static bool is_there_already(const Error& error) {
        return error.details().what.find("UNIQUE constraint failed") != std::string::npos;
    }

    void drop_where(const char* table, const char* column, const char* instead, const auto& good) {
        Statement rows(m_to, std::string("SELECT rowid, ") + column + " FROM " + table);
        std::vector<std::int64_t> bad;
        while (rows.step())
            if (!good(rows.text(1))) bad.push_back(rows.integer(0));
        Statement mend(m_to, instead == nullptr ? std::string("DELETE FROM ") + table + " WHERE rowid = ?1"
                                                : std::string("UPDATE ") + table + " SET " + column + " = '" + instead +
                                                      "' WHERE rowid = ?1");
        for (const std::int64_t row : bad) {
            mend.bind(1, row).run();
            lose(std::string(table) + " " + std::to_string(row) + "." + column + " makes no sense");
        }
    }

    static bool is_json(const std::string& text, Json::value_t type) {
        try {
            const Json value = parse_json(text, "");
            return value.type() == type || value.is_null();
        } catch (const Error&) {
            return false;
        }
    }

    // As the readers demand them (store_reader.cpp).
    void drop_what_makes_no_sense() {
        const auto object = [](const std::string& text) { return is_json(text, Json::value_t::object); };
        const auto list = [](const std::string& text) { return is_json(text, Json::value_t::array); };
        drop_where("study", "uuid", nullptr, is_uuid);
        drop_where("study", "document", "{}", object);
        drop_where("study", "tasks", "{}", object);
        drop_where("factor", "levels", "[]", list);
        drop_where("arm", "levels", "{}", object);
        drop_where("run", "uuid", nullptr, is_uuid);
        drop_where("run", "spec", nullptr, object);
        drop_where("run", "environment", "null", object);
        m_to.execute("UPDATE prediction SET detail = NULL WHERE detail IS NOT NULL AND "
                     "CASE WHEN json_valid(detail) THEN json_type(detail) ELSE '' END <> 'object'");
        if (const std::int64_t changed = m_to.value("SELECT changes()"); changed > 0)
            lose("details of " + std::to_string(changed) + " predictions, which make no sense");
        Statement artifacts(m_to, "SELECT run, path FROM artifact");
        std::vector<std::pair<std::int64_t, std::string>> strange;
        while (artifacts.step())
            if (!is_plain_name(artifacts.text(1))) strange.emplace_back(artifacts.integer(0), artifacts.text(1));
        for (const auto& [run, path] : strange) {
            Statement(m_to, "DELETE FROM artifact WHERE run = ? AND path = ?").bind_all(run, path).run();
            m_incomplete["run"].insert(run);
            lose("a file of run " + std::to_string(run) + " whose name leads elsewhere");
        }
        Statement summaries(m_to, "SELECT id, summary FROM run WHERE state = 'finished'");
        while (summaries.step())
            if (!object(summaries.text(1))) m_incomplete["run"].insert(summaries.integer(0));
        drop_where("run", "summary", "null", object);
    }

    void drop_orphans() {
        for (const char* sql :
             {"DELETE FROM factor WHERE study NOT IN (SELECT id FROM study)",
              "DELETE FROM arm WHERE study NOT IN (SELECT id FROM study)",
              "DELETE FROM run WHERE study NOT IN (SELECT id FROM study) OR arm NOT IN (SELECT id FROM arm)",
              "DELETE FROM attempt WHERE run NOT IN (SELECT id FROM run)",
              "DELETE FROM series WHERE run NOT IN (SELECT id FROM run)",
              "DELETE FROM point WHERE series NOT IN (SELECT id FROM series)",
              "DELETE FROM prediction WHERE run NOT IN (SELECT id FROM run)",
              "DELETE FROM artifact WHERE run NOT IN (SELECT id FROM run)",
              "DELETE FROM claim WHERE study NOT IN (SELECT id FROM study)",
              "DELETE FROM verdict WHERE claim NOT IN (SELECT id FROM claim)",
              "DELETE FROM event WHERE study NOT IN (SELECT id FROM study)"})
            m_to.execute(sql);
    }

    // Nothing is invented: a result with holes is none.
    void run_again_what_lost_rows() {
        for (const std::int64_t series : m_incomplete["series"])
            m_incomplete["run"].insert(m_to.value("SELECT run FROM series WHERE id = " + std::to_string(series)));
        Statement bare(
            m_to, std::string("SELECT id FROM run WHERE state = 'finished' AND (") + (m_all_incomplete ? "1" : "0") +
                      " OR id NOT IN (SELECT run FROM series) OR id NOT IN (SELECT run FROM prediction) OR NOT "
                      "ifnull(json_array_length(summary, '$.metrics') > 0, 0))");
        while (bare.step())
            m_incomplete["run"].insert(bare.integer(0));
        for (const std::int64_t run : m_incomplete["run"])
            m_to.execute("UPDATE run SET state = 'interrupted', summary = 'null', message = 'rows of it were lost with "
                         "a damaged "
                         "database' WHERE state IN ('finished', 'diverged') AND id = " +
                         std::to_string(run));
        m_to.execute("UPDATE run SET state = 'interrupted' WHERE state IN ('starting', 'running', 'paused')");
    }

    Connection m_from, m_to;
    const Table* m_table = nullptr;        ///< that is copied
    int m_parent_column = -1;              ///< of its rows, -1: none
    bool m_all_incomplete = false;         ///< a whole table of results is gone
    std::int64_t m_bytes = 0, m_pages = 0; ///< of the damaged file, at least
    Salvaged m_result;
    std::map<std::string, std::set<std::int64_t>> m_incomplete; ///< parents, by table, of which rows are missing
};

} // namespace

Salvaged salvage_database(const fs::path& damaged, const fs::path& target) {
    // What lies beside a database belongs to it.
    const auto with = [](const fs::path& path, const char* ending) { return fs::path(path.string() + ending); };
    std::vector<fs::path> taken = {target, files_folder_of(target)};
    for (const char* ending : database_companions)
        taken.push_back(with(target, ending));
    std::error_code ignored;
    for (const fs::path& path : taken)
        if (fs::exists(fs::symlink_status(path, ignored)))
            throw Error(ErrorKind::storage,
                        {"already exists", path.string(), {}, {}, "Choose another name with --out"});
    const fs::path part = with(target, (".tmp-diapason-" + new_uuid()).c_str());
    const auto forget = [&] {
        fs::remove(part, ignored);
        for (const char* ending : database_companions)
            fs::remove(with(part, ending), ignored);
    };
    Salvaged salvaged;
    try {
        salvaged = Salvage(damaged, part).run();
        if (salvaged.rows["study"] == 0)
            throw Error(
                ErrorKind::input,
                {"no study can be read", damaged.string(), {}, {}, "Take one of its backups, if there are any"});
    } catch (const Error&) {
        forget();
        throw;
    }
    std::error_code problem;
    fs::rename(part, target, problem);
    if (problem) {
        forget();
        throw Error(ErrorKind::storage, {"cannot be written: " + problem.message(), target.string(), {}, {}, {}});
    }
    return salvaged;
}

} // namespace diapason
