#include "core/text/chat/chat_template.h"

#include "core/base/remedy.h"
#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/parser.h"
#include "core/text/unicode.h"

#include <utility>

namespace diapason {
namespace {

constexpr std::size_t most_words = 600; // of a message
constexpr const char* usual_remedy = "Correct the template, or use another one that fits the model";

Error error_of(const chat::Fault& fault, const std::string& origin, int line) {
    return {ErrorKind::input,
            {in_one_line(fault.what(), most_words),
             origin,
             "line " + std::to_string(fault.line() != 0 ? fault.line() : line),
             {},
             fault.remedy().empty() ? usual_remedy : in_one_line(fault.remedy(), 2 * most_words)}};
}

// A text that is UTF-8 whatever it was.
std::string clean(const std::string& text) {
    return find_invalid_utf8(text) == std::string_view::npos ? text : encode_utf8(decode_utf8(text));
}

chat::Value value_of(const Json& json, chat::Run& run, int depth = 0) {
    using chat::Value;
    if (depth > chat::Run::max_value_height) throw chat::Fault("the conversation is nested too deeply");
    run.spend(1);
    switch (json.type()) {
    case Json::value_t::boolean:
        return Value(json.get<bool>());
    case Json::value_t::number_integer:
        return Value(json.get<std::int64_t>());
    case Json::value_t::number_unsigned:
        if (json.get<std::uint64_t>() > INT64_MAX)
            throw chat::Fault("the conversation has an integer of more than 63 bits");
        return Value(json.get<std::int64_t>());
    case Json::value_t::number_float:
        return Value(json.get<double>());
    case Json::value_t::string:
        return run.text(clean(json.get_ref<const std::string&>()));
    case Json::value_t::array: {
        std::vector<Value> items;
        for (const Json& item : json)
            items.push_back(value_of(item, run, depth + 1));
        return run.list(std::move(items));
    }
    case Json::value_t::object: {
        chat::Mapping mapping;
        for (const auto& [key, item] : json.items()) {
            Value name = run.text(clean(key));
            mapping.set(run, std::move(name), value_of(item, run, depth + 1));
        }
        return run.mapping(std::move(mapping));
    }
    default:
        return {};
    }
}

} // namespace

ChatTemplate ChatTemplate::parse(const std::string& source, const std::string& origin) {
    if (source.size() > max_bytes)
        throw input_error(origin,
                          "the chat template is " + std::to_string(source.size()) +
                              " bytes long, more than the limit of " + std::to_string(max_bytes),
                          usual_remedy);
    if (const std::size_t at = find_invalid_utf8(source); at != std::string::npos)
        throw input_error(origin, "the chat template is not UTF-8 (byte " + std::to_string(at) + ")", usual_remedy);
    try {
        return ChatTemplate(std::make_shared<const chat::Program>(source, origin));
    } catch (const chat::Fault& fault) {
        throw error_of(fault, origin, 1);
    }
}

std::string ChatTemplate::render(const Json& messages, const ChatContext& context, const ChatLimits& limits) const {
    chat::Run run(limits, context.now);
    try {
        run.set("messages", value_of(messages, run));
        run.set("tools", value_of(context.tools, run));
        run.set("documents", value_of(context.documents, run));
        run.set("add_generation_prompt", chat::Value(context.add_generation_prompt));
        for (const auto& [name, token] : context.special_tokens)
            run.set(name, run.text(clean(token)));
        for (const auto& [name, value] : context.variables.items())
            run.set(name, value_of(value, run));
        const chat::Run::Inner inner(run); // what the template sets does not point into the context
        m_program->body().execute(run);
    } catch (const chat::Fault& fault) {
        throw error_of(fault, m_program->origin(), run.line);
    }
    return run.output();
}

} // namespace diapason
