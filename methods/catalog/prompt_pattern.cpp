#include "methods/catalog/prompt_pattern.h"

#include "core/base/error.h"
#include "core/base/whole_number.h"

namespace diapason {
namespace {

constexpr std::int64_t most_soft_tokens = 512;

Error bad(const std::string& text, const std::string& what) {
    return config_error("template", text, what, "For example {3}{text} It was {2}");
}

} // namespace

std::int64_t PromptPattern::length() const {
    std::int64_t sum = 0;
    for (const auto* side : {&front, &back}) {
        for (const PatternPiece& piece : *side)
            sum += piece.soft;
    }
    return sum;
}

PromptPattern parse_pattern(const std::string& text) {
    PromptPattern pattern;
    bool behind = false;
    for (std::size_t at = 0; at < text.size();) {
        std::vector<PatternPiece>& side = behind ? pattern.back : pattern.front;
        const std::size_t open = text.find('{', at);
        if (open != at) {
            side.push_back({0, text.substr(at, open - at)});
            at = open;
            continue;
        }
        const std::size_t close = text.find('}', at);
        if (close == std::string::npos) throw bad(text, "a brace is not closed");
        const std::string inside = text.substr(at + 1, close - at - 1);
        at = close + 1;
        if (inside == "text") {
            if (behind) throw bad(text, "{text} appears twice");
            behind = true;
            continue;
        }
        const auto count = whole_number(inside);
        if (!count || *count < 1 || *count > most_soft_tokens)
            throw bad(text, "{" + inside + "} is neither {text} nor a number of soft tokens from 1 to " +
                                std::to_string(most_soft_tokens));
        side.push_back({*count, {}});
    }
    if (!behind) throw bad(text, "{text} is missing");
    if (pattern.length() == 0) throw bad(text, "there is no soft token");
    if (pattern.length() > most_soft_tokens)
        throw bad(text, "there are more than " + std::to_string(most_soft_tokens) + " soft tokens");
    return pattern;
}

} // namespace diapason
