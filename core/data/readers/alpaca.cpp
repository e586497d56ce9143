// Instructions with an input and the response to them, as Alpaca has them (Taori et al. 2023).
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_instruction(const Json& record, std::size_t line, DataRows& rows) {
    Example example;
    const std::string input = optional_text(record, "input");
    example.text = needed_text(record, "instruction") + (input.empty() ? "" : "\n\n" + input);
    example.target = needed_text(record, "output");
    rows.add(line, std::move(example));
}

} // namespace

const DataReader& alpaca_reader() {
    static const RecordReader reader({.name = "alpaca",
                                      .title = "Instructions (Alpaca)",
                                      .kind = "generation",
                                      .records = {},
                                      .keys = {"instruction", "output"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_instruction; },
                                      .metrics = {"rouge_l", "bleu"}});
    return reader;
}

} // namespace diapason
