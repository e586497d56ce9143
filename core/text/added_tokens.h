// Tokens that are cut out of a text before the model sees it.
#pragma once

#include "core/text/tokenizer_stages.h"
#include "core/text/trie.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

struct AddedToken {
    std::string content;
    std::int64_t id = 0;
    bool special = false;
    bool single_word = false; ///< not as part of a longer word
    bool lstrip = false;      ///< takes the white space before it along
    bool rstrip = false;      ///< and behind it
    bool normalized = false;  ///< is looked for in the normalised text
};

/// One entry of the list added_tokens, or of a tokenizer_config.json. The id stays 0. @throws Error(input)
AddedToken read_added_token(const StageJson& object, const StagePlace& place);

/// Finds tokens in a text: the leftmost, of those the longest.
class AddedTokenFinder {
public:
    struct Cut {
        Span span;
        const AddedToken* token = nullptr; ///< null: a stretch without tokens
    };

    /// @param token owned by the caller, who outlives the finder; an empty pattern is never found, and of two equal
    /// ones the first is
    void add(std::u32string_view pattern, const AddedToken* token);

    /// Cuts that cover the text.
    std::vector<Cut> cut(std::u32string_view text) const;

private:
    Trie m_trie;
    std::vector<const AddedToken*> m_tokens;
};

} // namespace diapason
