// Cases of the kind chat: what templates make of conversations, and which ones they refuse.

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/text/chat/chat_template.h"
#include "experiments/engine/verify/case_lines.h"
#include "experiments/engine/verify/verify_kinds.h"

#include <algorithm>
#include <string>

namespace diapason {
namespace fs = std::filesystem;
namespace {

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
    if (refused) return report.fail(id, shown_in_report(got) + ", expected the error " + shown_in_report(wanted));
    report.check(id, got == wanted, shown_in_report(got) + ", expected " + shown_in_report(wanted));
}

} // namespace

void verify_chat(const fs::path& folder, const std::string&, VerifyReport& report) {
    const Json document = read_json(folder / "case.json");
    const fs::path lines = folder / document.value("cases", "cases.jsonl");
    for_each_case_line(lines, "chat", report,
                       [&](const Json& line, const std::string& origin) { check_line(line, origin, report); });
}

} // namespace diapason
