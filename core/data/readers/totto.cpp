// ToTTo (Parikh et al. 2020): highlighted cells of a table of Wikipedia, and a sentence that says them. The input is
// what the paper's baselines read: page and section title, and each cell with the headers of its column and row.
#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/record_reader.h"
#include "core/data/readers/triples.h"

namespace diapason {
namespace {

struct Cell {
    std::string value;
    bool header = false;
    std::int64_t begin = 0, end = 0; ///< columns of the page that it covers
};
using Table = std::vector<std::vector<Cell>>;

Table table_of(const Json& record) {
    Table table;
    for (const Json& row : needed_list(record, "table")) {
        if (!row.is_array()) throw input_error({}, "has a row of its \"table\" that is not a list");
        std::vector<Cell>& cells = table.emplace_back();
        std::int64_t column = 0;
        for (const Json& given : row) {
            const std::int64_t span = needed_number(given, "column_span");
            const Json& header = part_of(given, "is_header");
            cells.push_back(
                {needed_text(given, "value"), header.is_boolean() && header.get<bool>(), column, column + span});
            column += span;
        }
    }
    return table;
}

std::string tagged(const std::string& tag, const std::string& text) {
    return "<" + tag + "> " + text + " </" + tag + "> ";
}

// Headers of a column stand above the cell, those of a row in front of it.
std::string cell_with_headers(const Table& table, std::size_t row, std::size_t column) {
    const Cell& cell = table[row][column];
    std::string text = "<cell> " + cell.value + " ";
    for (std::size_t above = 0; above < row; ++above) {
        for (const Cell& other : table[above])
            if (other.header && other.begin < cell.end && other.end > cell.begin)
                text += tagged("col_header", other.value);
    }
    for (std::size_t before = 0; before < column; ++before)
        if (table[row][before].header) text += tagged("row_header", table[row][before].value);
    return text + "</cell> ";
}

std::string linearised_table(const Json& record) {
    const Table table = table_of(record);
    std::string text;
    for (const char* part : {"page_title", "section_title"}) {
        const std::string title = text_in(record, std::string("table_") + part);
        if (!title.empty()) text += tagged(part, title);
    }
    text += "<table> ";
    for (const Json& place : needed_list(record, "highlighted_cells")) {
        const bool two =
            place.is_array() && place.size() == 2 && place[0].is_number_unsigned() && place[1].is_number_unsigned();
        if (!two || place[0].get<std::size_t>() >= table.size() ||
            place[1].get<std::size_t>() >= table[place[0].get<std::size_t>()].size())
            throw input_error({}, "has an entry " + place.dump() + " of \"highlighted_cells\" outside its table");
        text += cell_with_headers(table, place[0].get<std::size_t>(), place[1].get<std::size_t>());
    }
    return text + "</table>";
}

void add_table(const Json& record, std::size_t line, DataRows& rows) {
    Example example;
    example.id = needed_value(record, "example_id");
    example.text = linearised_table(record);
    set_texts(example, record, "sentence_annotations", "final_sentence");
    const Json& overlap = part_of(record, "overlap_subset");
    if (overlap.is_boolean()) example.group = overlap.get<bool>() ? "overlap" : "non-overlap";
    rows.add(line, std::move(example));
}

} // namespace

const DataReader& totto_reader() {
    static const RecordReader reader({.name = "totto",
                                      .title = "ToTTo",
                                      .kind = "generation",
                                      .records = {},
                                      .keys = {"table", "highlighted_cells", "example_id"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_table; },
                                      .metrics = {"bleu", "chrf"}});
    return reader;
}

} // namespace diapason
