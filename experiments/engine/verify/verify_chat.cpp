// Cases of the kind chat: what templates make of conversations, and which ones they refuse.

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/chat/chat_template.h"
#include "experiments/engine/verify/verify_kinds.h"

#include <algorithm>
#include <string>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t max_cases_bytes = 256u << 20;

// As JSON, shortened to what a line of a report can hold.
std::string show(const std::string& text) {
    const std::string quoted = Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
    return quoted.size() > 300 ? quoted.substr(0, 300) + "…" : quoted;
}

ChatContext context_of(const Json& line) {
    ChatContext context;
    context.add_generation_prompt = line.value("add_generation_prompt", false);
    for (const char* token : {"bos_token", "eos_token"}) {
        if (line.contains(token)) context.special_tokens[token] = line.at(token).get<std::string>();
    }
    for (const auto& [key, to] : {std::pair("tools", &context.tools), std::pair("documents", &context.documents)}) {
        if (line.contains(key)) *to = line.at(key);
    }
    if (line.contains("variables")) context.variables = line.at("variables");
    return context;
}

void check_line(const Json& line, const std::string& origin, VerifyReport& report) {
    const auto id = line.at("id").get<std::string>();
    const bool refused = line.contains("error");
    const std::string wanted = line.at(refused ? "error" : "expected").get<std::string>();
    std::string got;
    try {
        const ChatTemplate chat = ChatTemplate::parse(line.at("template").get<std::string>(), origin);
        got = chat.render(line.at("messages"), context_of(line));
    } catch (const Error& error) {
        // A refusal need not be in the same words, but has to carry the template's own.
        const bool said = std::string(error.what()).find(wanted) != std::string::npos;
        return report.check(id, refused && said, error.what());
    }
    if (refused) return report.fail(id, show(got) + ", expected the error " + show(wanted));
    report.check(id, got == wanted, show(got) + ", expected " + show(wanted));
}

} // namespace

void verify_chat(const fs::path& folder, const std::string&, VerifyReport& report) {
    const Json document = read_json(folder / "case.json");
    const fs::path lines = folder / document.value("cases", "cases.jsonl");
    const std::string text = read_file(lines, max_cases_bytes);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string raw = text.substr(at, end - at);
        const std::string origin = lines.string() + ", line " + std::to_string(++number);
        at = end + 1;
        if (raw.find_first_not_of(" \t\r") == std::string::npos) continue;
        try {
            check_line(parse_json(raw, origin), origin, report);
        } catch (const Json::exception& error) {
            report.fail(std::to_string(number), origin + ": is not a line of a chat case: " + error.what());
        } catch (const Error& error) {
            report.fail(std::to_string(number), error.what());
        }
    }
    if (number == 0) throw input_error(lines.string(), "contains no lines");
}

} // namespace diapason
