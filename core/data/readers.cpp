#include "core/data/readers.h"

#include "core/base/error.h"
#include "core/base/words.h"

#include <algorithm>
#include <fstream>
#include <functional>
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
    void throw_if_any() const {
        if (m_count == 0) return;
        std::string what =
            std::to_string(m_count) + (m_count == 1 ? " line cannot be used" : " lines cannot be used") + m_text;
        if (m_count > max_listed) what += "\n  and " + std::to_string(m_count - max_listed) + " more";
        throw input_error(m_file, what);
    }

private:
    std::string m_file, m_text;
    std::size_t m_count = 0;
};

std::string& field_of(Example& example, const std::string& name) {
    if (name == "pair") return example.pair;
    if (name == "label") return example.label;
    if (name == "target") return example.target;
    if (name == "id") return example.id;
    if (name == "source") return example.source;
    return example.text;
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

Dataset read_jsonl(const std::filesystem::path& file, const ColumnMap& columns) {
    Dataset data;
    LineProblems problems(file.string());
    for_each_line(file, problems, [&](std::size_t number, const std::string& line) {
        if (line.find_first_not_of(" \t") == std::string::npos) return;
        const Json object = Json::parse(line, nullptr, false);
        if (!object.is_object()) return problems.add(number, "is no JSON object");
        Example example;
        for (const auto& [field, column] : columns) {
            const auto found = object.find(column);
            if (found == object.end()) {
                if (field != "source" && field != "id") problems.add(number, "has no \"" + column + "\"");
                continue;
            }
            if (!found->is_string() && !found->is_number() && !found->is_boolean())
                return problems.add(number, "\"" + column + "\" is no text");
            field_of(example, field) = found->is_string() ? found->get<std::string>() : found->dump();
        }
        if (example.id.empty()) example.id = std::to_string(number);
        data.push_back(std::move(example));
    });
    problems.throw_if_any();
    return data;
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
            else if (field != "id" && field != "source") {
                const std::string near = nearest_name(column, cells);
                throw Error(ErrorKind::input,
                            {"the first line names no such column", m_file.string(), "columns." + field, column,
                             near.empty() ? "" : "Did you mean " + near + "?"});
            }
        }
        return !m_numbered;
    }

    void add_row(std::size_t number, std::vector<std::string>& cells, Dataset& data, LineProblems& problems) const {
        Example example;
        for (const auto& [field, at] : m_index) {
            if (at >= cells.size())
                return problems.add(number, "has " + std::to_string(cells.size()) + " columns, " + field +
                                                " is column " + std::to_string(at + 1));
            field_of(example, field) = cells[at];
        }
        if (example.id.empty()) example.id = std::to_string(number);
        data.push_back(std::move(example));
    }

private:
    std::filesystem::path m_file;
    ColumnMap m_columns;
    bool m_numbered = false;
    std::map<std::string, std::size_t> m_index;
};

// As GLUE's files are: tabs separate, quotes are ordinary characters, the first line names the columns unless they are
// numbers.
Dataset read_tsv(const std::filesystem::path& file, const ColumnMap& columns) {
    Columns fields(file, columns);
    Dataset data;
    LineProblems problems(file.string());
    for_each_line(file, problems, [&](std::size_t number, const std::string& line) {
        std::vector<std::string> cells = split_tabs(line);
        if (number == 1 && fields.read_first(cells)) return;
        if (!line.empty()) fields.add_row(number, cells, data, problems);
    });
    problems.throw_if_any();
    return data;
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

Dataset read_csv(const std::filesystem::path& file, const ColumnMap& columns) {
    Columns fields(file, columns);
    Dataset data;
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
        fields.add_row(begun, cells, data, problems);
    });
    if (record.open()) problems.add(begun, "opens a quote that is never closed");
    problems.throw_if_any();
    return data;
}

const std::map<std::string, Dataset (*)(const std::filesystem::path&, const ColumnMap&)>& readers() {
    static const std::map<std::string, Dataset (*)(const std::filesystem::path&, const ColumnMap&)> registry = {
        {"csv", read_csv}, {"jsonl", read_jsonl}, {"tsv", read_tsv}};
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
    if (found == readers().end()) {
        throw config_error("reader", reader, "there is no such reader", "Known are csv, jsonl and tsv");
    }
    Dataset data = found->second(file, columns);
    if (data.empty()) throw input_error(file.string(), "holds no rows");
    return data;
}

} // namespace diapason
