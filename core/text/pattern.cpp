#include "core/text/pattern.h"

#include "core/base/error.h"
#include "core/text/pattern_program.h"
#include "core/text/unicode.h"

#include <stdexcept>

namespace diapason {
namespace {

constexpr std::size_t max_expression = 4096;
constexpr std::size_t least_steps = 10'000'000;
constexpr std::size_t steps_per_character = 200;

} // namespace

Pattern Pattern::regex(const std::string& expression, const std::string& origin, const std::string& field) {
    if (expression.size() > max_expression) {
        throw Error(ErrorKind::input, {"this regular expression is longer than 4 KiB", origin, field,
                                       expression.substr(0, 60) + "…", "Use a file with a shorter one"});
    }
    Pattern pattern;
    try {
        pattern.m_program = std::make_shared<const PatternProgram>(*parse_pattern(decode_utf8(expression)), expression);
    } catch (const std::invalid_argument& error) {
        throw Error(
            ErrorKind::input,
            {std::string("this regular expression cannot be used: ") + error.what(), origin, field, expression, {}});
    }
    return pattern;
}

Pattern Pattern::literal(std::u32string text) {
    Pattern pattern;
    pattern.m_literal = std::move(text);
    return pattern;
}

std::vector<Span> Pattern::matches(std::u32string_view text) const {
    std::size_t steps = least_steps + steps_per_character * text.size();
    return matches(text, steps);
}

std::vector<Span> Pattern::matches(std::u32string_view text, std::size_t& steps) const {
    if (m_program) return m_program->matches(text, steps);
    std::vector<Span> found;
    for (std::size_t at = 0; !m_literal.empty() && (at = text.find(m_literal, at)) != std::u32string_view::npos;
         at += m_literal.size())
        found.push_back({static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + m_literal.size())});
    return found;
}

} // namespace diapason
