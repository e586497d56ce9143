// Where trained rows, and words around them, stand in an input: templates of P-tuning, infixes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace diapason {

/// Among token ids: the place of a row of a prompt. No vocabulary has it.
constexpr std::int64_t prompt_slot = -1;

/// Tokens that go into every input; prompt_slot = a trained row, others are anchors.
struct PromptTemplate {
    std::vector<std::int64_t> front; ///< behind the special tokens that the input begins with
    std::vector<std::int64_t> back;  ///< in front of the special tokens that it ends with
    bool before_last = false;        ///< `back` goes in front of the last token instead, whatever it is (infix)
};

/// Where the tokens of a template went, and what they moved.
struct InsertedTemplate {
    std::size_t first = 0, front = 0; ///< so many in front of what was at `first`
    std::size_t last = 0, back = 0;
    /// Where an id of the input stands now.
    std::size_t moved(std::size_t id) const { return id + (id >= first ? front : 0) + (id >= last ? back : 0); }
};

/// Puts them into an input. @param types token types, as many as ids; a new token gets its neighbour's. Empty = none
InsertedTemplate insert_template(const PromptTemplate& text, const std::function<bool(std::int64_t)>& is_special,
                                 std::vector<std::int64_t>& ids, std::vector<std::int64_t>& types);

} // namespace diapason
