// What a file from outside searches for: a string, or a regular expression in the dialect of the tokenizers format.
#pragma once

#include "core/text/aligned_text.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

class PatternProgram;

/// Immutable; any thread may use it.
///
/// Regular expressions are compiled to a small backtracking machine of our own instead of being handed to a general
/// engine: runs of one character class - which is what the patterns of tokenizers consist of - are single instructions,
/// and every search counts its steps, so that a hostile file ends in a message instead of an endless loop.
/// Dialect (Oniguruma's Ruby syntax): alternatives, groups, `(?i:…)`, classes with `\p{…}`, `[:…:]`, `&&`, quantifiers
/// (greedy, lazy, possessive), atomic groups, lookahead, lookbehind of fixed width, anchors. No back references.
class Pattern {
public:
    /// @throws Error(input) naming origin and field when the expression cannot be compiled
    static Pattern regex(const std::string& expression, const std::string& origin, const std::string& field);
    static Pattern literal(std::u32string text); ///< an empty text never matches

    /// All matches from left to right, without overlap; an empty match right behind the previous one is passed over.
    /// @throws Error(input) when the text needs more steps than 10 million + 200 a character
    std::vector<Span> matches(std::u32string_view text) const;
    /// The same within a number of steps that several texts share: what it takes is subtracted.
    std::vector<Span> matches(std::u32string_view text, std::size_t& steps) const;

private:
    std::shared_ptr<const PatternProgram> m_program; ///< null for a literal
    std::u32string m_literal;
};

} // namespace diapason
