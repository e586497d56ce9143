#include "core/data/prompt_template.h"

#include <algorithm>
#include <cstddef>

namespace diapason {

InsertedTemplate insert_template(const PromptTemplate& text, const std::function<bool(std::int64_t)>& is_special,
                                 std::vector<std::int64_t>& ids, std::vector<std::int64_t>& types) {
    const auto insert = [&](std::size_t at, const std::vector<std::int64_t>& tokens) {
        if (tokens.empty()) return;
        ids.insert(ids.begin() + static_cast<std::ptrdiff_t>(at), tokens.begin(), tokens.end());
        if (types.empty()) return;
        const std::int64_t type = types[std::min(at, types.size() - 1)];
        types.insert(types.begin() + static_cast<std::ptrdiff_t>(at), tokens.size(), type);
    };
    std::size_t first = 0, last = ids.size();
    while (first < ids.size() && is_special(ids[first]))
        ++first;
    while (last > first && is_special(ids[last - 1]))
        --last;
    if (text.before_last && !ids.empty()) last = ids.size() - 1;
    first = std::min(first, last);
    insert(last, text.back);
    insert(first, text.front);
    return {first, text.front.size(), last, text.back.size()};
}

} // namespace diapason
