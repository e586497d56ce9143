// Conversations as OpenAI's fine-tuning files have them: {"messages": [{"role": "user", "content": "…"}, …]}. The
// content of a message may be a list of parts; those of text count.
#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/conversation.h"
#include "core/data/readers/record_reader.h"

namespace diapason {
namespace {

std::string content_of(const Json& message) {
    const Json& content = part_of(message, "content");
    if (content.is_null()) return {}; // a call of a tool
    if (!content.is_array()) return needed_text(message, "content");
    std::string text;
    for (const Json& part : content) {
        if (text_in(part, "type") != "text")
            throw input_error({}, "has a part that is not text: \"" + text_in(part, "type") + "\"");
        text += needed_text(part, "text");
    }
    return text;
}

void add_messages(const Json& record, std::size_t line, DataRows& rows) {
    add_conversation(turns_of(record, {"messages", "role", "role", content_of}), text_in(record, "id"), line, rows);
}

} // namespace

const DataReader& messages_reader() {
    static const RecordReader reader({.name = "messages",
                                      .title = "Conversations (OpenAI messages)",
                                      .kind = "generation",
                                      .records = {},
                                      .keys = {"messages"},
                                      .reading = [](const ReadRequest&) -> AddRecord { return add_messages; },
                                      .metrics = {"rouge_l", "bleu"}});
    return reader;
}

} // namespace diapason
