#include "core/data/readers.h"

#include "core/base/error.h"
#include "core/base/whole_number.h"
#include "core/base/words.h"
#include "core/data/lines.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace diapason {
namespace {

// The rows of a file. A row without an id goes by its line's number; no two rows may go by the same id, since
// predictions are stored and compared by it.
class Rows {
public:
    void add(std::size_t line, Example example, LineProblems& problems) {
        example.line = line;
        if (without_extra_spaces(example.text).empty()) return problems.add(line, "has no text");
        const bool given = !example.id.empty();
        if (!given) example.id = std::to_string(line);
        const auto [known, fresh] = m_owners.emplace(example.id, Owner{line, given});
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

std::vector<Example> read_jsonl(const std::filesystem::path& file, const ColumnMap& columns) {
    Rows rows;
    LineProblems problems(file.string());
    for_each_line(file, problems, [&](std::size_t number, const std::string& line) {
        if (line.find_first_not_of(" \t") == std::string::npos) return;
        Json object;
        try {
            object = parse_json(line, {});
        } catch (const Error& error) {
            return problems.add(number, error.details().what);
        }
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

// A cell takes more memory than its separator: a line of nothing else would take eight times a long text's. One cell
// more than there may be says that there are too many.
constexpr std::size_t max_columns = 10'000;

std::vector<std::string> split_tabs(const std::string& line) {
    std::vector<std::string> cells(1);
    for (const char c : line) {
        if (c != '\t') {
            cells.back().push_back(c);
        } else {
            cells.emplace_back();
            if (cells.size() > max_columns) break;
        }
    }
    return cells;
}

// Which cell of a row belongs to which field, by the names in the first row or by number. Every row has as many cells
// as the first: one more or less means that a separator stands in a text.
class Columns {
public:
    Columns(const std::filesystem::path& file, const ColumnMap& columns) : m_file(file), m_columns(columns) {
        m_numbered =
            std::all_of(columns.begin(), columns.end(), [](const auto& item) { return number_of(item.second) > 0; });
    }

    /// @return true when the first row held names and is no row of data
    bool read_first(const std::vector<std::string>& cells) {
        m_width = cells.size();
        if (m_width > max_columns)
            throw input_error(m_file.string(),
                              "the first line has more than " + std::to_string(max_columns) + " columns");
        for (const auto& [field, column] : m_columns) {
            const auto found = std::find(cells.begin(), cells.end(), column);
            const std::size_t number = m_numbered ? number_of(column) : 0;
            if (number > 0 && number <= cells.size())
                m_index[field] = number - 1;
            else if (number > 0)
                throw missing(field, column, "the first line has " + std::to_string(cells.size()) + " columns", {});
            else if (found != cells.end() && std::find(found + 1, cells.end(), column) != cells.end())
                throw missing(field, column, "the first line has this column twice", "Rename one of them");
            else if (found != cells.end())
                m_index[field] = static_cast<std::size_t>(found - cells.begin());
            else if (!is_optional(field))
                throw missing(field, column, "the first line has no such column; it has " + joined(cells, 20),
                              did_you_mean(column, cells));
        }
        return !m_numbered;
    }

    void add_row(std::size_t number, std::vector<std::string>& cells, Rows& rows, LineProblems& problems) const {
        if (cells.size() != m_width)
            return problems.add(number,
                                "has " + counted(cells.size()) + " where the first line has " + counted(m_width));
        Example example;
        for (const auto& [field, at] : m_index)
            field_of(example, field) = std::move(cells[at]);
        rows.add(number, std::move(example), problems);
    }

private:
    static std::string counted(std::size_t cells) {
        if (cells > max_columns) return "more than " + std::to_string(max_columns) + " columns";
        return std::to_string(cells) + (cells == 1 ? " column" : " columns");
    }
    // From 1; 0 for what is not the number of a column.
    static std::size_t number_of(const std::string& column) {
        const auto number = whole_number<std::size_t>(column);
        return number && *number <= max_columns ? *number : 0;
    }
    Error missing(const std::string& field, const std::string& column, const std::string& what,
                  const std::string& remedy) const {
        return {ErrorKind::input, {what, m_file.string(), "columns." + field, column, remedy}};
    }

    std::filesystem::path m_file;
    ColumnMap m_columns;
    bool m_numbered = false;
    std::size_t m_width = 0;
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
    /// @return true when the record is complete, or too long to go on
    bool add_line(const std::string& line) {
        m_bytes += line.size() + 1;
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
                if (m_cells.size() <= max_columns) m_cells.emplace_back();
            } else if (c == '"' && m_cells.back().empty()) {
                m_open = true;
            } else {
                m_cells.back().push_back(c);
            }
        }
        return !m_open || too_long();
    }
    bool open() const { return m_open; }
    bool too_long() const { return m_bytes > max_line_bytes; }
    std::vector<std::string> take() {
        m_bytes = 0;
        m_open = false;
        return std::exchange(m_cells, {});
    }

private:
    std::vector<std::string> m_cells;
    std::size_t m_bytes = 0;
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
        if (record.too_long()) {
            problems.add(begun,
                         record.open() ? "opens a quote that is not closed within 4 MiB" : "is longer than 4 MiB");
            record.take();
            return;
        }
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
