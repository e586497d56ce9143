// A template as tokens, with the rules for white space around tags applied.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace diapason::chat {

struct Token {
    enum Kind {
        data, ///< text between tags
        output_begin,
        output_end,
        block_begin,
        block_end,
        name,
        string, ///< with its quotes
        integer,
        real,
        sign, ///< operators and brackets
        end,
    };
    Kind kind = end;
    int line = 1;
    std::string_view text; ///< of the source

    bool is(Kind wanted, std::string_view as) const { return kind == wanted && text == as; }
};

/// With "\n" for every line end, and without the last one: what tokenize() takes.
std::string with_plain_line_ends(std::string_view source);

/// The last token is an end. @param source outlives the tokens @throws Fault
std::vector<Token> tokenize(std::string_view source);

/// What a string token means. @throws Fault for a code point that does not exist
std::string meaning_of_string(const Token& token);

} // namespace diapason::chat
