#include "core/eval/token_rules.h"

#include <algorithm>
#include <limits>

namespace diapason {
namespace {

constexpr float minus_infinity = -std::numeric_limits<float>::infinity();

// Tokens that would repeat an n-gram of `text`.
std::vector<std::int64_t> repeated(const std::vector<std::int64_t>& text, std::int64_t n) {
    std::vector<std::int64_t> banned;
    const auto size = static_cast<std::int64_t>(text.size());
    if (n <= 0 || size + 1 < n) return banned;
    const auto tail = text.end() - (n - 1);
    for (std::int64_t first = 0; first + n <= size; ++first) {
        if (std::equal(tail, text.end(), text.begin() + first))
            banned.push_back(text[static_cast<std::size_t>(first + n - 1)]);
    }
    return banned;
}

} // namespace

bool is_end(const GenerateOptions& options, std::int64_t token) {
    return std::find(options.end_ids.begin(), options.end_ids.end(), token) != options.end_ids.end();
}

void forbid(float* row, const GenerateOptions& options, const std::vector<std::int64_t>& text, std::int64_t written) {
    if (written < options.min_new_tokens) {
        for (const std::int64_t id : options.end_ids)
            row[id] = minus_infinity;
    }
    for (const std::int64_t id : repeated(text, options.no_repeat_ngram))
        row[id] = minus_infinity;
}

} // namespace diapason
