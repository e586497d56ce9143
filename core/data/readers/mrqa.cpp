// MRQA 2019 (Fisch et al. 2019): six sets of questions in one form; a line is a passage, the first one names the set.
#include "core/base/error.h"
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

// Every place where an answer was found.
void add_answers(const Json& question, Example& example) {
    for (const Json& answer : needed_list(question, "detected_answers")) {
        const std::string text = needed_text(answer, "text");
        for (const Json& place : needed_list(answer, "char_spans")) {
            if (!place.is_array() || place.size() != 2 || !place[0].is_number_integer())
                throw input_error({}, "has an entry of \"char_spans\" that is not a list of two numbers");
            example.answers.push_back({text, place[0].get<std::int64_t>()});
        }
    }
    if (example.answers.empty()) throw input_error({}, "has no answer in \"detected_answers\"");
}

void add_passage(const Json& record, std::size_t line, DataRows& rows) {
    const std::string context = needed_text(record, "context");
    for_each_part(record, "qas", line, rows, [&](const Json& question, std::size_t /*index*/) {
        Example example;
        example.id = needed_text(question, "qid");
        example.text = context;
        example.pair = needed_text(question, "question");
        add_answers(question, example);
        rows.add(line, std::move(example));
    });
}

} // namespace

const DataReader& mrqa_reader() {
    static const RecordReader reader({.name = "mrqa",
                                      .title = "MRQA 2019",
                                      .kind = "span",
                                      .records = {},
                                      .keys = {"context", "qas", "context_tokens"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_passage; },
                                      .header = "header"});
    return reader;
}

} // namespace diapason
