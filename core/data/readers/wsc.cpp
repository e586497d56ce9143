// Winograd schemas as SuperGLUE has them (Levesque et al. 2012; Wang et al. 2019): whether the marked pronoun means
// what the second text says.
#include "core/data/readers/marked_text.h"
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_schema(const Json& record, std::size_t line, DataRows& rows) {
    Example example;
    example.id = needed_value(record, "idx");
    example.text = with_marked_word(needed_text(record, "text"), needed_number(record, "target.span2_index"),
                                    needed_text(record, "target.span2_text"));
    example.pair = needed_text(record, "target.span1_text");
    example.label = needed_value(record, "label");
    rows.add(line, std::move(example));
}

} // namespace

const DataReader& wsc_reader() {
    static const RecordReader reader({.name = "wsc",
                                      .title = "Winograd schemas (SuperGLUE)",
                                      .kind = "classification",
                                      .records = {},
                                      .keys = {"target.span1_text", "target.span2_index"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_schema; }});
    return reader;
}

} // namespace diapason
