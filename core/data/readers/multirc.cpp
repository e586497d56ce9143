// MultiRC as SuperGLUE has it (Khashabi et al. 2018; Wang et al. 2019): every answer to every question on a paragraph
// is right or wrong. An example is one of them, its group is the question. F1 over all of them is the paper's F1a.
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_paragraph(const Json& record, std::size_t line, DataRows& rows) {
    const std::string text = needed_text(record, "passage.text"), paragraph = needed_value(record, "idx");
    for_each_part(record, "passage.questions", line, rows, [&](const Json& question, std::size_t /*index*/) {
        const std::string group = paragraph + "." + needed_value(question, "idx");
        for_each_part(question, "answers", line, rows, [&](const Json& answer, std::size_t /*index*/) {
            Example example;
            example.id = group + "." + needed_value(answer, "idx");
            example.text = text;
            example.pair = needed_text(question, "question") + " " + needed_value(answer, "text");
            example.label = needed_value(answer, "label");
            example.group = group;
            rows.add(line, std::move(example));
        });
    });
}

} // namespace

const DataReader& multirc_reader() {
    static const RecordReader reader({.name = "multirc",
                                      .title = "MultiRC (SuperGLUE)",
                                      .kind = "classification",
                                      .records = {},
                                      .keys = {"passage.text", "passage.questions"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_paragraph; },
                                      .metrics = {"binary_f1", "accuracy"}});
    return reader;
}

} // namespace diapason
