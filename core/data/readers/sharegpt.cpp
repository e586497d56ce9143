// Conversations as ShareGPT's files have them: {"conversations": [{"from": "human", "value": "…"}, …]}.
#include "core/base/lenient_json.h"
#include "core/data/readers/conversation.h"
#include "core/data/readers/record_reader.h"

#include <utility>

namespace diapason {
namespace {

std::string value_of(const Json& turn) {
    return needed_text(turn, "value");
}

void add_turns(const Json& record, std::size_t line, DataRows& rows) {
    std::vector<ChatTurn> turns;
    if (const std::string system = optional_text(record, "system"); !system.empty())
        turns.push_back({"system", system});
    for (ChatTurn& turn : turns_of(record, {"conversations", "from", "\"from\"", value_of}))
        turns.push_back(std::move(turn));
    add_conversation(turns, text_in(record, "id"), line, rows);
}

} // namespace

const DataReader& sharegpt_reader() {
    static const RecordReader reader({.name = "sharegpt",
                                      .title = "Conversations (ShareGPT)",
                                      .kind = "generation",
                                      .records = {},
                                      .keys = {"conversations"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_turns; },
                                      .metrics = {"rouge_l", "bleu"}});
    return reader;
}

} // namespace diapason
