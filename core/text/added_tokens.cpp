#include "core/text/added_tokens.h"

#include "core/text/unicode.h"
#include "core/text/vocabulary.h"

#include <algorithm>

namespace diapason {

AddedToken read_added_token(const StageJson& object, const StagePlace& place) {
    if (!object.is_object()) place.fail("must be an object", object.dump());
    AddedToken token;
    token.content = stage_value<std::string>(object, "content", "", place);
    Vocabulary::check_length(token.content, place / "content");
    token.special = stage_value(object, "special", false, place);
    token.single_word = stage_value(object, "single_word", false, place);
    token.lstrip = stage_value(object, "lstrip", false, place);
    token.rstrip = stage_value(object, "rstrip", false, place);
    token.normalized = stage_value(object, "normalized", !token.special, place);
    return token;
}

void AddedTokenFinder::add(std::u32string_view pattern, const AddedToken* token) {
    if (pattern.empty() || m_trie.find(pattern) != Trie::none) return;
    m_trie.add(pattern, static_cast<std::uint32_t>(m_tokens.size()));
    m_tokens.push_back(token);
}

std::vector<AddedTokenFinder::Cut> AddedTokenFinder::cut(std::u32string_view text) const {
    std::vector<Cut> cuts;
    const auto size = static_cast<std::uint32_t>(text.size());
    std::uint32_t done = 0;
    for (std::uint32_t at = 0; at < size && !m_tokens.empty();) {
        std::uint32_t node = Trie::root, end = at, found = Trie::none;
        for (std::uint32_t i = at; i < size; ++i) {
            if ((node = m_trie.child(node, text[i])) == Trie::none) break;
            if (m_trie.value(node) == Trie::none) continue;
            found = m_trie.value(node);
            end = i + 1;
        }
        if (found == Trie::none) {
            ++at;
            continue;
        }
        const AddedToken& token = *m_tokens[found];
        std::uint32_t begin = at;
        at = end;
        if (token.single_word && ((begin > 0 && is_word(text[begin - 1])) || (end < size && is_word(text[end]))))
            continue;
        if (token.lstrip) {
            while (begin > done && is_white_space(text[begin - 1]))
                --begin;
        }
        if (token.rstrip) {
            while (end < size && is_white_space(text[end]))
                ++end;
        }
        begin = std::max(begin, done); // what the token before took is gone
        if (done < begin) cuts.push_back({{done, begin}, nullptr});
        cuts.push_back({{begin, end}, &token});
        done = end;
    }
    if (done < size) cuts.push_back({{done, size}, nullptr});
    return cuts;
}

} // namespace diapason
