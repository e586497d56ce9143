#include "core/data/readers/conversation.h"

#include "core/base/error.h"
#include "core/base/lenient_json.h"
#include "core/data/readers/record_reader.h"

#include <map>
#include <utility>

namespace diapason {
namespace {

// A single question stands alone; of several turns each says who speaks.
std::string in_one_text(const std::vector<ChatTurn>& turns) {
    if (turns.size() == 1) return turns.front().content;
    std::string text;
    for (const ChatTurn& turn : turns) {
        std::string name = turn.role;
        name[0] = static_cast<char>(name[0] - 'a' + 'A');
        text += (text.empty() ? "" : "\n\n") + name + ": " + turn.content;
    }
    return text;
}

// The roles that files use, as ChatTurn has them. Empty for an unknown one.
std::string role_named(const std::string& name) {
    static const std::map<std::string, std::string> roles = {
        {"system", "system"},       {"developer", "system"}, {"user", "user"},         {"human", "user"},
        {"assistant", "assistant"}, {"gpt", "assistant"},    {"chatgpt", "assistant"}, {"bot", "assistant"},
        {"model", "assistant"},     {"tool", "tool"},        {"function", "tool"}};
    const auto found = roles.find(name);
    return found == roles.end() ? std::string() : found->second;
}

} // namespace

std::vector<ChatTurn> turns_of(const Json& record, const TurnForm& form) {
    std::vector<ChatTurn> turns;
    for (const Json& turn : needed_list(record, form.list)) {
        try {
            const std::string role = role_named(text_in(turn, form.role));
            if (role.empty())
                throw input_error({}, std::string("has no ") + form.role_in_words + " that is known: \"" +
                                          text_in(turn, form.role) + "\"");
            turns.push_back({role, form.content(turn)});
        } catch (const Error& error) {
            throw input_error({}, form.list + ("[" + std::to_string(turns.size()) + "] ") + error.details().what);
        }
    }
    return turns;
}

void add_conversation(const std::vector<ChatTurn>& turns, const std::string& id, std::size_t line, DataRows& rows) {
    Example example;
    std::size_t answers = 0;
    for (const ChatTurn& turn : turns) {
        if (turn.role == "assistant") {
            if (example.turns.empty()) throw input_error({}, "begins with the assistant's turn: nothing is asked");
            Example one = example;
            one.text = in_one_text(one.turns);
            one.target = turn.content;
            ++answers;
            if (!id.empty()) one.id = answers == 1 ? id : id + "." + std::to_string(answers);
            rows.add(line, std::move(one));
        }
        example.turns.push_back(turn);
    }
    if (answers == 0) throw input_error({}, "has no turn of the assistant");
}

} // namespace diapason
