#include "core/base/words.h"

#include <algorithm>
#include <numeric>

namespace diapason {
namespace {

std::size_t edit_distance(const std::string& a, const std::string& b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
        }
    }
    return row[b.size()];
}

} // namespace

std::string nearest_name(const std::string& word, const std::vector<std::string>& candidates) {
    constexpr std::size_t longest = 200; // bytes of what somebody may have misspelt; comparing takes their product
    std::string best;
    if (word.size() > longest) return best;
    std::size_t best_distance = std::max<std::size_t>(2, word.size() / 2) + 1;
    for (const std::string& candidate : candidates) {
        // One that nobody sees is none to offer.
        if (candidate.size() > longest || without_extra_spaces(candidate).empty()) continue;
        const std::size_t distance = edit_distance(word, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }
    return best;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates,
                         const std::string& otherwise) {
    const std::string near = nearest_name(word, candidates);
    return near.empty() ? otherwise : "Did you mean " + near + "?";
}

std::string joined(const std::vector<std::string>& names, std::size_t most) {
    std::string text;
    for (std::size_t i = 0; i < names.size() && i < most; ++i)
        text += (i == 0 ? "" : ", ") + names[i];
    return names.size() > most ? text + ", …" : text;
}

std::string without_extra_spaces(const std::string& text) {
    std::string shown;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
        if (!space)
            shown += c;
        else if (!shown.empty() && shown.back() != ' ')
            shown += ' ';
    }
    if (shown.ends_with(' ')) shown.pop_back();
    return shown;
}

std::string plain_text(const Json& value) {
    return value.is_string() ? value.get<std::string>() : value.dump();
}

} // namespace diapason
