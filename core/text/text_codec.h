// What a tokenizer is without its special tokens around texts: text to tokens and back.
#pragma once

#include "core/text/aligned_text.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

struct Token {
    std::int64_t id = 0;
    Span span;                  ///< code points of the text it came from
    std::uint32_t leading = 0;  ///< white space at its beginning
    std::uint32_t trailing = 0; ///< and end
};

/// Immutable; any thread may use it. Texts are bytes: what is no UTF-8 counts as U+FFFD.
class TextCodec {
public:
    virtual ~TextCodec() = default;
    /// Appends the tokens of a text; only their ids unless `with_spans`.
    virtual void encode(std::string_view text, bool with_spans, std::vector<Token>& tokens) const = 0;
    virtual std::string decode(const std::vector<std::int64_t>& ids, bool skip_special) const = 0;

    virtual const std::vector<std::string>& pieces() const = 0;   ///< by id; holes are empty
    virtual std::int64_t id_of(std::string_view piece) const = 0; ///< -1 when there is none
    virtual bool is_special(std::int64_t id) const = 0;
};

} // namespace diapason
