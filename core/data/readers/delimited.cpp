// Tables as text, a row a record: commas and quotes (RFC 4180), or tabs as in GLUE's files.
#include "core/base/error.h"
#include "core/base/option_builders.h"
#include "core/base/whole_number.h"
#include "core/base/words.h"
#include "core/data/delimited_record.h"
#include "core/data/encoding.h"
#include "core/data/readers/reader.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace diapason {
namespace {

enum class Header { automatic, yes, no };

// Which cells of a row belong to which field, by the names in the first row or by number. Every row has as many cells
// as the first: one more or less means that a separator stands in a text.
class Columns {
public:
    Columns(const std::filesystem::path& file, const ColumnMap& columns, Header header)
        : m_file(file),
          m_columns(columns),
          m_header(header) {
        m_numbered = std::all_of(columns.begin(), columns.end(), [](const auto& item) {
            return std::all_of(item.second.begin(), item.second.end(),
                               [](const std::string& column) { return number_of(column) > 0; });
        });
    }

    /// @return true when the first row held names and is no row of data
    bool read_first(const std::vector<std::string>& cells) {
        m_width = cells.size();
        if (m_width > max_columns)
            throw input_error(m_file.string(),
                              "the first line has more than " + std::to_string(max_columns) + " columns");
        for (const auto& [name, columns] : m_columns) {
            Filled filled{find_example_field(name), &columns, {}};
            for (const std::string& column : columns) {
                const auto at = place_of(*filled.field, column, cells);
                if (at) filled.places.push_back(*at);
            }
            if (filled.places.size() == columns.size()) m_filled.push_back(std::move(filled));
        }
        return m_header == Header::automatic ? !m_numbered : m_header == Header::yes;
    }

    void add_row(std::size_t number, std::vector<std::string>& cells, DataRows& rows) const {
        if (cells.size() != m_width)
            return rows.problem(number,
                                "has " + counted(cells.size()) + " where the first line has " + counted(m_width));
        Example example;
        for (const Filled& filled : m_filled) {
            std::vector<std::string> own;
            for (const std::size_t at : filled.places)
                own.push_back(cells[at]);
            const std::string wrong = set_field(example, *filled.field, *filled.columns, std::move(own));
            if (!wrong.empty()) return rows.problem(number, "\"" + joined(*filled.columns) + "\" " + wrong);
        }
        rows.add(number, std::move(example));
    }

private:
    struct Filled {
        const ExampleField* field;
        const ColumnNames* columns;
        std::vector<std::size_t> places;
    };

    /// Nothing for an optional column that is not there. @throws Error(input)
    std::optional<std::size_t> place_of(const ExampleField& field, const std::string& column,
                                        const std::vector<std::string>& cells) const {
        if (m_header == Header::no && !m_numbered)
            throw missing(field, column, "the file has no names of columns", "Give columns by number, from 1");
        if (m_numbered && (m_header != Header::yes || std::find(cells.begin(), cells.end(), column) == cells.end())) {
            const std::size_t number = number_of(column);
            if (number <= cells.size()) return number - 1;
            throw missing(field, column, "the first line has " + std::to_string(cells.size()) + " columns", {});
        }
        const auto found = std::find(cells.begin(), cells.end(), column);
        if (found == cells.end()) {
            if (field.optional) return std::nullopt;
            throw missing(field, column, "the first line has no such column; it has " + joined(cells, 20),
                          did_you_mean(column, cells));
        }
        if (std::find(found + 1, cells.end(), column) != cells.end())
            throw missing(field, column, "the first line has this column twice", "Rename one of them");
        return static_cast<std::size_t>(found - cells.begin());
    }
    static std::string counted(std::size_t cells) {
        if (cells > max_columns) return "more than " + std::to_string(max_columns) + " columns";
        return std::to_string(cells) + (cells == 1 ? " column" : " columns");
    }
    // From 1; 0 for what is not the number of a column.
    static std::size_t number_of(const std::string& column) {
        const auto number = whole_number<std::size_t>(column);
        return number && *number <= max_columns ? *number : 0;
    }
    Error missing(const ExampleField& field, const std::string& column, const std::string& what,
                  const std::string& remedy) const {
        return {ErrorKind::input, {what, m_file.string(), std::string("columns.") + field.name, column, remedy}};
    }

    std::filesystem::path m_file;
    const ColumnMap& m_columns;
    Header m_header;
    bool m_numbered = false;
    std::size_t m_width = 0;
    std::vector<Filled> m_filled;
};

// The separator that an option names; '\0' when it is none.
char separator_of(const std::string& text) {
    const bool fits = text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80 && text[0] != '"' &&
                      text[0] != '\n' && text[0] != '\r' && text[0] != '\0';
    return fits ? text[0] : '\0';
}

class Delimited : public DataReader {
public:
    bool maps_columns() const override { return true; }
    std::vector<OptionDescriptor> options() const override {
        return {option::text("separator", "Separator", std::string(1, usual().separator),
                             "The character between two cells."),
                option::flag("quotes", "Quotes", usual().quotes,
                             "Whether a cell between quotes may hold separators and line ends.", "RFC 4180"),
                option::choice("header", "First row", "auto",
                               {{"auto", "automatic", "Names, unless all columns are given by number."},
                                {"yes", "names", "The first row names the columns."},
                                {"no", "data", "The first row is one of data."}},
                               "What the first row holds."),
                option::text("encoding", "Encoding", "UTF-8", "What the file is written in, by its IANA name.")};
    }
    std::string fault_of(const OptionValues& options) const override {
        if (separator_of(options.text("separator")) == '\0')
            return "separator must be one character of ASCII, no quote and no line end";
        if (known_encoding(options.text("encoding")).empty())
            return "there is no encoding \"" + options.text("encoding") + "\"";
        return {};
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        const std::string& header = request.options.text("header");
        Columns fields(request.file, request.columns,
                       header == "yes"  ? Header::yes
                       : header == "no" ? Header::no
                                        : Header::automatic);
        DelimitedRecord record({separator_of(request.options.text("separator")), request.options.flag("quotes")});
        bool first = true;
        std::size_t begun = 1;
        for_each_line(
            request.file, rows.problems(),
            [&](std::size_t number, const std::string& line) {
                if (!record.open()) {
                    begun = number;
                    if (line.empty()) return;
                }
                if (!record.add_line(line)) return;
                if (record.too_long()) {
                    rows.problem(begun, record.open() ? "opens a quote that is not closed within 4 MiB"
                                                      : "is longer than 4 MiB");
                    record.take();
                    return;
                }
                std::vector<std::string> cells = record.take();
                if (std::exchange(first, false) && fields.read_first(cells)) return;
                fields.add_row(begun, cells, rows);
            },
            request.options.text("encoding"));
        if (record.open()) rows.problem(begun, "opens a quote that is never closed");
    }

private:
    virtual Dialect usual() const = 0;
};

class CommaSeparated : public Delimited {
public:
    const char* name() const override { return "csv"; }
    const char* title() const override { return "Comma-separated values"; }

private:
    Dialect usual() const override { return {',', true}; }
};

// As in GLUE's files quotes are ordinary characters.
class TabSeparated : public Delimited {
public:
    const char* name() const override { return "tsv"; }
    const char* title() const override { return "Tab-separated values"; }

private:
    Dialect usual() const override { return {'\t', false}; }
};

} // namespace

const DataReader& csv_reader() {
    static const CommaSeparated reader;
    return reader;
}

const DataReader& tsv_reader() {
    static const TabSeparated reader;
    return reader;
}

} // namespace diapason
