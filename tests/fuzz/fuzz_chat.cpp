// Any bytes as a chat template, with a conversation: an error with a message, or the same text each time.
// The input is the template, then perhaps a zero byte and the messages as JSON.

#include "core/base/error.h"
#include "core/text/chat/chat_template.h"

#include <cstdint>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    static const Json conversation = Json::parse(R"([
        {"role": "system", "content": " Be brief. "},
        {"role": "user", "content": [{"type": "text", "text": "naïve 中文"}, {"type": "image"}]},
        {"role": "assistant", "content": "<think>x</think>\nyes", "tool_calls": [{"name": "f", "arguments": {"a": 1.5}}]}])");
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    const std::size_t end = input.find('\0');
    // Far less than the defaults: the sanitizers multiply time and memory.
    const ChatLimits limits{50'000, 64u << 10};
    try {
        const Json messages = end == std::string_view::npos ? conversation : parse_json(input.substr(end + 1), "fuzz");
        ChatContext context;
        context.add_generation_prompt = true;
        context.special_tokens = {{"bos_token", "<s>"}, {"eos_token", "</s>"}};
        context.variables = {{"n", 3}, {"x", 0.5}, {"names", {"b", "a"}}, {"d", {{"k", nullptr}}}};
        context.now = 1'700'000'000;
        const ChatTemplate chat = ChatTemplate::parse(std::string(input.substr(0, end)), "fuzz");
        const std::string text = chat.render(messages, context, limits);
        if (text.size() > limits.text_bytes || text != chat.render(messages, context, limits)) __builtin_trap();
    } catch (const Error& error) {
        if (error.kind() != ErrorKind::input || error.details().what.empty()) __builtin_trap();
    }
    return 0;
}
