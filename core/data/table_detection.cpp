#include "core/data/table_detection.h"

#include "core/base/error.h"
#include "core/base/real_number.h"
#include "core/base/words.h"
#include "core/data/encoding.h"
#include "core/data/lines.h"
#include "core/data/usual_columns.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace diapason {
namespace {

using Record = std::vector<std::string>;

constexpr std::size_t sample_bytes = 1u << 20;
constexpr Dialect candidates[] = {{'\t', false}, {'\t', true}, {',', true},  {';', true},
                                  {'|', true},   {',', false}, {';', false}, {'|', false}};

// How a text looks when it is read so.
struct Reading {
    Dialect dialect;
    std::vector<Record> records;
    double even = 0; ///< share of the records that are as wide as most
    bool torn = false;
    std::size_t width = 0;
    bool quoted = false; ///< some cell was
};

Reading read_as(const Dialect& dialect, std::string_view text, bool whole) {
    Reading reading{dialect, {}, 0, false, 0, false};
    LineProblems problems({});
    DelimitedRecord record(dialect);
    for_each_line_of(text, problems, [&](std::size_t, const std::string& line) {
        if (!record.open() && line.empty()) return;
        if (!record.add_line(line)) return;
        reading.quoted = reading.quoted || record.quoted();
        reading.torn = reading.torn || record.torn() || record.too_long();
        reading.records.push_back(record.take());
    });
    if (record.open() && whole) reading.torn = true;
    if (!whole && reading.records.size() > 1) reading.records.pop_back(); // it may be cut
    std::map<std::size_t, std::size_t> widths;
    for (const Record& of : reading.records)
        ++widths[of.size()];
    for (const auto& [width, count] : widths) {
        const double share = static_cast<double>(count) / static_cast<double>(reading.records.size());
        if (share > reading.even) {
            reading.even = share;
            reading.width = width;
        }
    }
    return reading;
}

// Quotes that stand inside cells are ordinary characters; cells between quotes from their first to their last character
// are no accident. A separator that cuts records evenly is one; of several the one that cuts them into more. Text has
// commas, too, but not as many in every line.
double merit(const Reading& reading) {
    if (reading.torn || reading.width < 2) return 0;
    const double cut = 1 - 1 / static_cast<double>(reading.width);
    const double evenness = reading.even * reading.even * reading.even;
    return evenness * (1 + cut) + (reading.quoted ? 0.5 : 0);
}

std::string shown(char separator) {
    return separator == '\t' ? "tabs" : separator == ',' ? "commas" : separator == ';' ? "semicolons" : "bars";
}

bool is_number(const std::string& cell) {
    return real_number(without_extra_spaces(cell)).has_value();
}

// Whether the first record names columns, and why.
std::pair<bool, std::string> header_of(const std::vector<Record>& records) {
    const Record& first = records.front();
    if (std::any_of(first.begin(), first.end(), is_number)) return {false, "a cell of the first row is a number"};
    if (std::set<std::string>(first.begin(), first.end()).size() < first.size())
        return {false, "two cells of the first row are the same"};
    if (std::any_of(first.begin(), first.end(), is_usual_name))
        return {true, "the first row has usual names of columns"};
    if (records.size() < 2) return {false, "there is only one row"};
    for (std::size_t column = 0; column < first.size(); ++column) {
        std::size_t numbers = 0, rows = 0, bytes = 0, repeated = 0;
        std::map<std::string, std::size_t> values;
        for (std::size_t i = 1; i < records.size(); ++i) {
            if (column >= records[i].size()) continue;
            const std::string& cell = records[i][column];
            numbers += is_number(cell) ? 1 : 0;
            bytes += cell.size();
            repeated += ++values[cell] > 1 ? 1 : 0;
            ++rows;
        }
        if (rows == 0) continue;
        const std::string which = "column " + std::to_string(column + 1);
        if (numbers == rows) return {true, which + " has a word above numbers"};
        if (bytes > 3 * rows * std::max<std::size_t>(first[column].size(), 5))
            return {true, which + " has a short word above long texts"};
        if (rows >= 5 && values.size() * 2 <= rows && values.count(first[column]) == 0)
            return {true, which + " has a word above few others that come again and again"};
    }
    return {false, "the first row looks like the others"};
}

} // namespace

std::vector<std::string> DetectedTable::names() const {
    if (header && !rows.empty()) return rows.front();
    std::vector<std::string> numbers;
    for (std::size_t column = 1; column <= width(); ++column)
        numbers.push_back(std::to_string(column));
    return numbers;
}

DetectedTable detect_table(std::string_view text, bool whole, std::size_t most, const std::string& origin) {
    DetectedTable table;
    const DetectedEncoding encoding = detect_encoding(text);
    table.encoding = encoding.name;
    table.reasons.push_back("Encoding " + encoding.name + ": " + encoding.reason);
    std::string decoded;
    if (!TextDecoder(encoding.name).decode(text, whole, decoded))
        throw input_error(origin, "is not " + encoding.name + " throughout", "Convert it to UTF-8");
    Reading best;
    double highest = -1;
    for (const Dialect& dialect : candidates) {
        Reading reading = read_as(dialect, decoded, whole);
        if (reading.records.empty()) continue;
        if (const double value = merit(reading); value > highest) {
            highest = value;
            best = std::move(reading);
        }
    }
    if (best.records.empty()) throw input_error(origin, "contains no rows of text");
    table.dialect = best.dialect;
    if (highest <= 0) {
        table.reasons.push_back("One column: no separator cuts the rows evenly");
    } else {
        const auto even = std::lround(best.even * static_cast<double>(best.records.size()));
        table.reasons.push_back("Cells between " + shown(best.dialect.separator) + ": they cut " +
                                std::to_string(even) + " of " + std::to_string(best.records.size()) + " rows into " +
                                std::to_string(best.width) + " cells");
    }
    table.reasons.push_back(decoded.find('"') == std::string::npos ? "There are no quotes"
                            : best.dialect.quotes
                                ? "Quotes hold cells together, as in RFC 4180"
                                : "Quotes are ordinary characters: read otherwise they tear cells apart");
    const auto [header, why] = header_of(best.records);
    table.header = header;
    table.reasons.push_back((header ? "The first row names the columns: " : "The first row is data: ") + why);
    if (best.records.size() > most) best.records.resize(most);
    table.rows = std::move(best.records);
    return table;
}

DetectedTable detect_table(const std::filesystem::path& file, std::size_t most) {
    bool whole = true;
    const std::string text = read_beginning(file, sample_bytes, whole);
    return detect_table(text, whole, most, file.string());
}

} // namespace diapason
