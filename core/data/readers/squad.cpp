// SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016, 2018): questions on paragraphs, with the places of their answers.
#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_paragraph(const Json& paragraph, std::size_t line, DataRows& rows) {
    const std::string context = needed_text(paragraph, "context");
    for_each_part(paragraph, "qas", line, rows, [&](const Json& question, std::size_t /*index*/) {
        Example example;
        example.text = context;
        example.id = needed_text(question, "id");
        example.pair = needed_text(question, "question");
        const Json& impossible = part_of(question, "is_impossible");
        if (!impossible.is_boolean() || !impossible.get<bool>()) {
            const Json& answers = needed_list(question, "answers");
            for (const Json& answer : answers) {
                if (!part_of(answer, "answer_start").is_number_integer())
                    throw input_error({}, "has an answer without \"answer_start\"");
            }
            if (const std::string wrong = set_field(example, *find_example_field("answers"), answers); !wrong.empty())
                throw input_error({}, "\"answers\" " + wrong);
        }
        rows.add(line, std::move(example));
    });
}

} // namespace

const DataReader& squad_reader() {
    static const RecordReader reader({.name = "squad",
                                      .title = "SQuAD 1.1 and 2.0",
                                      .kind = "span",
                                      .records = {"data", every_entry, "paragraphs", every_entry},
                                      .keys = {"context", "qas"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_paragraph; }});
    return reader;
}

} // namespace diapason
