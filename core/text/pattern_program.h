// Inside of Pattern: the syntax tree of a regular expression and the program it becomes.
#pragma once

#include "core/text/aligned_text.h"

#include <unicode/uniset.h>

#include <bitset>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

/// Membership of one character; the first 256 by table.
class CharacterSet {
public:
    explicit CharacterSet(const icu::UnicodeSet& set);
    bool contains(char32_t c) const { return c < 256 ? m_low[c] : m_set.contains(static_cast<UChar32>(c)); }

private:
    std::bitset<256> m_low;
    icu::UnicodeSet m_set; ///< frozen
};

enum class Repeat { greedy, lazy, possessive };

struct PatternNode {
    enum Kind {
        empty,
        set,         ///< one character of `members`
        sequence,    ///< all of `parts`
        alternative, ///< the first of `parts` that leads to a match
        repeat,      ///< parts[0], min to max times
        atomic,      ///< parts[0], without second thoughts
        look,        ///< parts[0] at this place (or ending at it, `behind`), or not there (`negative`)
        line_begin,
        line_end,
        text_begin,
        text_end,
        last_line_end, ///< the end, or a line feed before it
        word_edge,     ///< or no word edge, `negative`
    };
    static constexpr int unlimited = -1;

    Kind kind = empty;
    icu::UnicodeSet members;
    std::vector<std::unique_ptr<PatternNode>> parts;
    int min = 1, max = 1;
    Repeat mode = Repeat::greedy;
    bool negative = false, behind = false;
};

/// @throws std::invalid_argument saying what is wrong
std::unique_ptr<PatternNode> parse_pattern(std::u32string_view expression);

class PatternProgram {
public:
    explicit PatternProgram(const PatternNode& root, std::string expression);
    std::vector<Span> matches(std::u32string_view text, std::size_t& steps) const; ///< as Pattern::matches

private:
    enum Code {
        one,
        run,
        split,
        jump,
        enter,
        again,
        look,
        atomic,
        line_begin,
        line_end,
        text_begin,
        text_end,
        last_line_end,
        word_edge,
        accept
    };
    struct Instruction {
        Code code = accept;
        int x = 0, y = 0;     ///< set, target, register or length, by code
        int min = 0, max = 0; ///< run
        Repeat mode = Repeat::greedy;
        bool negative = false, behind = false;
    };
    struct Machine;

    int emit(Instruction instruction);
    int add_set(const icu::UnicodeSet& set);
    void compile(const PatternNode& node);
    void compile_repeat(const PatternNode& node);
    void compile_inner(Instruction instruction, const PatternNode& node);

    std::vector<Instruction> m_code;
    std::vector<CharacterSet> m_sets;
    std::vector<CharacterSet> m_first; ///< one set: the characters a match begins with; none: it may be empty
    int m_registers = 0;
    std::string m_expression;
};

} // namespace diapason
