// Conversations as ShareGPT's files have them: {"conversations": [{"from": "human", "value": "…"}, …]}.
#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/conversation.h"
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

void add_turns(const Json& record, std::size_t line, DataRows& rows) {
    std::vector<ChatTurn> turns;
    if (const std::string system = optional_text(record, "system"); !system.empty())
        turns.push_back({"system", system});
    std::size_t index = 0;
    for (const Json& turn : needed_list(record, "conversations")) {
        const std::string place = "conversations[" + std::to_string(index++) + "] ";
        const std::string role = role_named(text_in(turn, "from"));
        if (role.empty())
            throw input_error({}, place + "has no \"from\" that is known: \"" + text_in(turn, "from") + "\"");
        if (!part_of(turn, "value").is_string()) throw input_error({}, place + "has no \"value\"");
        turns.push_back({role, text_in(turn, "value")});
    }
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
