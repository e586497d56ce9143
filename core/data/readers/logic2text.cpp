// Logic2Text (Chen et al. 2020): a logical form over a table, its topic, and a sentence that says it.
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_form(const Json& record, std::size_t line, DataRows& rows) {
    Example example;
    example.text = needed_text(record, "logic_str");
    example.pair = optional_text(record, "topic");
    example.target = needed_text(record, "sent");
    rows.add(line, std::move(example));
}

} // namespace

const DataReader& logic2text_reader() {
    static const RecordReader reader({.name = "logic2text",
                                      .title = "Logic2Text",
                                      .kind = "generation",
                                      .records = {},
                                      .keys = {"logic_str", "sent"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_form; },
                                      .metrics = {"bleu", "rouge_l"}});
    return reader;
}

} // namespace diapason
