// ReCoRD as SuperGLUE has it (Zhang et al. 2018; Wang et al. 2019): the entity that @placeholder of a query stands for,
// found in the passage. Judged by the texts of the right mentions as SQuAD is.
#include "core/base/error.h"
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_passage(const Json& record, std::size_t line, DataRows& rows) {
    const std::string text = needed_text(record, "passage.text"), passage = needed_value(record, "idx");
    for_each_part(record, "qas", line, rows, [&](const Json& query, std::size_t /*index*/) {
        Example example;
        example.id = passage + "." + needed_value(query, "idx");
        example.text = text;
        example.pair = needed_text(query, "query");
        if (example.pair.find("@placeholder") == std::string::npos)
            throw input_error({}, "has a query without \"@placeholder\"");
        for (const Json& answer : needed_list(query, "answers"))
            example.answers.push_back({needed_text(answer, "text"), needed_number(answer, "start")});
        if (example.answers.empty()) throw input_error({}, "has no right answer");
        rows.add(line, std::move(example));
    });
}

} // namespace

const DataReader& record_reader() {
    static const RecordReader reader({.name = "record",
                                      .title = "ReCoRD (SuperGLUE)",
                                      .kind = "span",
                                      .records = {},
                                      .keys = {"passage.text", "passage.entities", "qas"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_passage; }});
    return reader;
}

} // namespace diapason
