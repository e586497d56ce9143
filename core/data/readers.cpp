#include "core/data/readers.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <unordered_map>
#include <utility>

namespace diapason {
namespace {

constexpr std::size_t max_line_bytes = 64u << 20;
constexpr std::size_t max_listed = 20;

// Collects the problems of a file's lines.
class LineProblems {
public:
    explicit LineProblems(std::string file) : m_file(std::move(file)) {}
    void add(std::size_t line, const std::string& what) {
        if (++m_count <= max_listed) m_text += "\n  line " + std::to_string(line) + ": " + what;
    }
    void advise(const char* remedy) { m_remedy = remedy; }
    void throw_if_any() const {
        if (m_count == 0) return;
        std::string what =
            std::to_string(m_count) + (m_count == 1 ? " line cannot be used" : " lines cannot be used") + m_text;
        if (m_count > max_listed) what += "\n  and " + std::to_string(m_count - max_listed) + " more";
        throw input_error(m_file, what, m_remedy);
    }

private:
    std::string m_file, m_text, m_remedy;
    std::size_t m_count = 0;
};

// The rows of a file. A row without an id goes by its line's number; no two rows may go by the same id, since
// predictions are stored and compared by it.
class Rows {
public:
    void add(std::size_t line, Example example, LineProblems& problems) {
        const bool given = !example.id.empty();
        if (!given) example.id = std::to_string(line);
        // As it is written into events: bytes that are no UTF-8 must not tell ids apart.
        const auto [known, fresh] = m_owners.emplace(encode_utf8(decode_utf8(example.id)), Owner{line, given});
        if (!fresh) {
            const Owner& first = known->second;
            const std::string where = "line " + std::to_string(first.line);
            problems.add(line, given && first.given ? "has the id \"" + example.id + "\" of " + where
                               : given ? "has the id \"" + example.id + "\", which is already used for " + where +
                                             ", a row without an id"
                                       : "has no id, and its line number is the id of " + where);
            problems.advise(
                "Give every row its own id, or map no column to id: rows are then identified by line number");
        }
        m_examples.push_back(std::move(example));
    }
    std::vector<Example> take() { return std::move(m_examples); }

private:
    struct Owner {
        std::size_t line;
        bool given;
    };
    std::vector<Example> m_examples;
    std::unordered_map<std::string, Owner> m_owners;
};

std::string& field_of(Example& example, const std::string& name) {
    return example.*find_example_field(name)->value;
}

bool is_optional(const std::string& field) {
    return find_example_field(field)->optional;
}

// Lines of a file without their line ends; `use` gets the line number from 1.
void for_each_line(const std::filesystem::path& file, LineProblems& problems,
                   const std::function<void(std::size_t, const std::string&)>& use) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw input_error(file.string(), "cannot be read");
    std::string line;
    std::size_t number = 0;
    while (std::getline(in, line)) {
        ++number;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (number == 1 && line.rfind("\xef\xbb\xbf", 0) == 0) line.erase(0, 3);
        if (line.size() > max_line_bytes)
            problems.add(number, "is longer than 64 MiB");
        else
            use(number, line);
    }
}

std::vector<Example> read_jsonl(const std::filesystem::path& file, const ColumnMap& columns) {
    Rows rows;
    LineProblems problems(file.string());
    for_each_line(file, problems, [&](std::size_t number, const std::string& line) {
        if (line.find_first_not_of(" \t") == std::string::npos) return;
        const Json object = Json::parse(line, nullptr, false);
        if (!object.is_object()) return problems.add(number, "is not a JSON object");
        Example example;
        for (const auto& [field, column] : columns) {
            const auto found = object.find(column);
            if (found == object.end() || (found->is_null() && is_optional(field))) {
                if (!is_optional(field)) problems.add(number, "has no \"" + column + "\"");
                continue;
            }
            if (!found->is_string() && !found->is_number() && !found->is_boolean())
                return problems.add(number, "\"" + column + "\" is not a string");
            field_of(example, field) = plain_text(*found);
        }
        rows.add(number, std::move(example), problems);
    });
    problems.throw_if_any();
    return rows.take();
}

std::vector<std::string> split_tabs(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
        if (c == '\t')
            cells.emplace_back();
        else
            cells.back().push_back(c);
    }
    return cells;
}

// Which cell of a row belongs to which field, by the names in the first row or by number.
class Columns {
public:
    Columns(const std::filesystem::path& file, const ColumnMap& columns) : m_file(file), m_columns(columns) {
        m_numbered = std::all_of(columns.begin(), columns.end(), [](const auto& item) {
            return !item.second.empty() && item.second.find_first_not_of("0123456789") == std::string::npos;
        });
    }

    /// @return true when the first row held names and is no row of data
    bool read_first(const std::vector<std::string>& cells) {
        for (const auto& [field, column] : m_columns) {
            if (m_numbered) {
                m_index[field] = std::stoul(column) - 1;
                continue;
            }
            const auto found = std::find(cells.begin(), cells.end(), column);
            if (found != cells.end())
                m_index[field] = static_cast<std::size_t>(found - cells.begin());
            else if (!is_optional(field)) {
                throw Error(ErrorKind::input,
                            {"the first line has no such column; it has " + joined(cells, 20), m_file.string(),
                             "columns." + field, column, did_you_mean(column, cells)});
            }
        }
        return !m_numbered;
    }

    void add_row(std::size_t number, std::vector<std::string>& cells, Rows& rows, LineProblems& problems) const {
        Example example;
        for (const auto& [field, at] : m_index) {
            if (at >= cells.size())
                return problems.add(number, "has " + std::to_string(cells.size()) + " columns, " + field +
                                                " is column " + std::to_string(at + 1));
            field_of(example, field) = cells[at];
        }
        rows.add(number, std::move(example), problems);
    }

private:
    std::filesystem::path m_file;
    ColumnMap m_columns;
    bool m_numbered = false;
    std::map<std::string, std::size_t> m_index;
};

// As GLUE's files are: tabs separate, quotes are ordinary characters, the first line names the columns unless they are
// numbers.
std::vector<Example> read_tsv(const std::filesystem::path& file, const ColumnMap& columns) {
    Columns fields(file, columns);
    Rows rows;
    LineProblems problems(file.string());
    for_each_line(file, problems, [&](std::size_t number, const std::string& line) {
        std::vector<std::string> cells = split_tabs(line);
        if (number == 1 && fields.read_first(cells)) return;
        if (!line.empty()) fields.add_row(number, cells, rows, problems);
    });
    problems.throw_if_any();
    return rows.take();
}

// The cells of one record of RFC 4180, which may go on over several lines while a quote is open.
class CsvRecord {
public:
    /// @return true when the record is complete
    bool add_line(const std::string& line) {
        if (m_open)
            m_cells.back().push_back('\n');
        else
            m_cells.emplace_back();
        for (std::size_t i = 0; i < line.size(); ++i) {
            const char c = line[i];
            if (m_open) {
                if (c != '"')
                    m_cells.back().push_back(c);
                else if (i + 1 < line.size() && line[i + 1] == '"')
                    m_cells.back().push_back(line[++i]);
                else
                    m_open = false;
            } else if (c == ',') {
                m_cells.emplace_back();
            } else if (c == '"' && m_cells.back().empty()) {
                m_open = true;
            } else {
                m_cells.back().push_back(c);
            }
        }
        return !m_open;
    }
    bool open() const { return m_open; }
    std::vector<std::string> take() { return std::exchange(m_cells, {}); }

private:
    std::vector<std::string> m_cells;
    bool m_open = false;
};

std::vector<Example> read_csv(const std::filesystem::path& file, const ColumnMap& columns) {
    Columns fields(file, columns);
    Rows rows;
    LineProblems problems(file.string());
    CsvRecord record;
    bool first = true;
    std::size_t begun = 1;
    for_each_line(file, problems, [&](std::size_t number, const std::string& line) {
        if (!record.open()) {
            begun = number;
            if (line.empty()) return;
        }
        if (!record.add_line(line)) return;
        std::vector<std::string> cells = record.take();
        if (std::exchange(first, false) && fields.read_first(cells)) return;
        fields.add_row(begun, cells, rows, problems);
    });
    if (record.open()) problems.add(begun, "opens a quote that is never closed");
    problems.throw_if_any();
    return rows.take();
}

using Reader = std::vector<Example> (*)(const std::filesystem::path&, const ColumnMap&);

const std::map<std::string, Reader>& readers() {
    static const std::map<std::string, Reader> registry = {{"csv", read_csv}, {"jsonl", read_jsonl}, {"tsv", read_tsv}};
    return registry;
}

} // namespace

std::vector<std::string> reader_names() {
    std::vector<std::string> names;
    for (const auto& [name, reader] : readers())
        names.push_back(name);
    return names;
}

Dataset read_dataset(const std::string& reader, const std::filesystem::path& file, const ColumnMap& columns) {
    const auto found = readers().find(reader);
    if (found == readers().end())
        throw config_error("reader", reader, "there is no such reader", "Choose from " + joined(reader_names()));
    for (const auto& [field, column] : columns) {
        if (find_example_field(field) == nullptr)
            throw config_error("columns." + field, column, "an example has no such field");
    }
    std::vector<Example> examples = found->second(file, columns);
    if (examples.empty()) throw input_error(file.string(), "contains no rows");
    return Dataset(std::move(examples));
}

} // namespace diapason
