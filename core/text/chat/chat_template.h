// Chat templates: how a backbone wants a conversation written.
#pragma once

#include "core/base/json.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace diapason {

namespace chat {
class Program;
}

/// What a template knows beside the messages.
struct ChatContext {
    bool add_generation_prompt = false;                ///< whether the text ends where an answer begins
    std::map<std::string, std::string> special_tokens; ///< "bos_token" → "<s>"; a missing one is undefined
    Json tools = nullptr;                              ///< a list of JSON schemas; null: none
    Json documents = nullptr;                          ///< for templates that retrieve; null: none
    Json variables = Json::object();                   ///< more names, "enable_thinking" for example
    /// Seconds since 1970 UTC that `strftime_now` writes as local time; absent: now. A text that is to be the same
    /// tomorrow needs it.
    std::optional<std::int64_t> now;
};

/// What a rendering may take. A unit of work is a step, or 16 bytes that are made: the default bounds memory by about
/// 300 MB and time by a second or two. Real templates take less than 1 % of it.
struct ChatLimits {
    std::size_t work = 16'000'000;
    std::size_t text_bytes = 16u << 20; ///< of the output, and of each text on the way
};

/// A chat template, read once and applied to any number of conversations. Immutable: any thread may use it; copies
/// share what was read.
///
/// The language is the part of Jinja (3.1) that chat templates use, with the settings of
/// `apply_chat_template` of the transformers library: blocks take their line end and the blanks before them along,
/// values cannot be changed, `raise_exception`, `strftime_now`, `tojson`, `namespace`, `break`, `continue` and
/// `{% generation %}` are there. Values behave and print as Python's; integers have 64 bits. Not supported: other
/// templates (include, import, extends, block), translations, `{% do %}`, `{% autoescape %}`.
///
/// Templates come from strangers: size, nesting, work and the length of texts are bounded before memory or stack run
/// out, and nothing outside is reached but the clock.
class ChatTemplate {
public:
    static constexpr std::size_t max_bytes = 512u << 10;

    /// @param origin file name or description for messages
    /// @throws Error(input) naming origin and line: not UTF-8, too long or too deep, a mistake, something unsupported
    static ChatTemplate parse(const std::string& source, const std::string& origin);

    /// The text of a conversation. @param messages a list of objects with role, content and what else the template uses
    /// @throws Error(input) naming origin, line and construct: the template refuses the conversation, asks for what is
    /// not there, or takes more than the limits
    std::string render(const Json& messages, const ChatContext& context, const ChatLimits& limits = {}) const;

private:
    explicit ChatTemplate(std::shared_ptr<const chat::Program> program) : m_program(std::move(program)) {}

    std::shared_ptr<const chat::Program> m_program;
};

} // namespace diapason
