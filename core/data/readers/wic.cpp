// Words in context as SuperGLUE has them (Pilehvar and Camacho-Collados 2019): whether the marked word means the same
// in both sentences.
#include "core/data/readers/marked_text.h"
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_pair(const Json& record, std::size_t line, DataRows& rows) {
    Example example;
    example.id = needed_value(record, "idx");
    example.text = with_marked_part(needed_text(record, "sentence1"), needed_number(record, "start1"),
                                    needed_number(record, "end1"));
    example.pair = with_marked_part(needed_text(record, "sentence2"), needed_number(record, "start2"),
                                    needed_number(record, "end2"));
    example.label = needed_value(record, "label");
    rows.add(line, std::move(example));
}

} // namespace

const DataReader& wic_reader() {
    static const RecordReader reader({.name = "wic",
                                      .title = "Words in context (SuperGLUE)",
                                      .kind = "classification",
                                      .records = {},
                                      .keys = {"word", "sentence1", "sentence2", "start1", "end2"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_pair; }});
    return reader;
}

} // namespace diapason
