// Regular expressions of tokenizer files: from the syntax tree to a program, and the machine that runs it.

#include "core/text/pattern_program.h"

#include "core/base/error.h"
#include "core/text/unicode.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace diapason {
namespace {

constexpr std::size_t max_instructions = 20'000;
constexpr std::size_t max_stack = 4'000'000;
constexpr std::size_t npos = std::u32string_view::npos;
constexpr int endless = std::numeric_limits<int>::max();

// Characters that every match of the node has; -1 when it varies.
int width_of(const PatternNode& node) {
    switch (node.kind) {
    case PatternNode::set:
        return 1;
    case PatternNode::sequence: {
        int sum = 0;
        for (const auto& part : node.parts) {
            const int width = width_of(*part);
            if (width < 0 || sum > 100'000) return -1;
            sum += width;
        }
        return sum;
    }
    case PatternNode::alternative: {
        const int width = width_of(*node.parts[0]);
        for (const auto& part : node.parts)
            if (width_of(*part) != width) return -1;
        return width;
    }
    case PatternNode::repeat: {
        const int width = width_of(*node.parts[0]);
        return node.min == node.max && width >= 0 && width < 1000 ? width * node.min : -1;
    }
    case PatternNode::atomic:
        return width_of(*node.parts[0]);
    default:
        return 0;
    }
}

// \w as the parser reads it.
bool is_pattern_word(char32_t c) {
    if (c == 0x200C || c == 0x200D) return false;
    return is_word(c) || c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0xBC && c <= 0xBE);
}

// Adds the characters that a match of the node can begin with. @return whether it can be empty
bool add_first(const PatternNode& node, icu::UnicodeSet& set) {
    switch (node.kind) {
    case PatternNode::set:
        set.addAll(node.members);
        return false;
    case PatternNode::sequence:
        for (const auto& part : node.parts)
            if (!add_first(*part, set)) return false;
        return true;
    case PatternNode::alternative: {
        bool nothing = false;
        for (const auto& part : node.parts)
            nothing |= add_first(*part, set);
        return nothing;
    }
    case PatternNode::repeat:
        return add_first(*node.parts[0], set) || node.min == 0;
    case PatternNode::atomic:
        return add_first(*node.parts[0], set);
    default:
        return true; // an assertion takes no character
    }
}

} // namespace

CharacterSet::CharacterSet(const icu::UnicodeSet& set) : m_set(set) {
    m_set.freeze();
    for (char32_t c = 0; c < 256; ++c)
        m_low[c] = m_set.contains(static_cast<UChar32>(c));
}

PatternProgram::PatternProgram(const PatternNode& root, std::string expression) : m_expression(std::move(expression)) {
    compile(root);
    emit({.code = accept});
    icu::UnicodeSet first;
    if (!add_first(root, first)) m_first.emplace_back(first);
}

int PatternProgram::emit(Instruction instruction) {
    if (m_code.size() >= max_instructions) throw std::invalid_argument("it needs more than 20,000 instructions");
    m_code.push_back(instruction);
    return static_cast<int>(m_code.size()) - 1;
}

int PatternProgram::add_set(const icu::UnicodeSet& set) {
    m_sets.emplace_back(set);
    return static_cast<int>(m_sets.size()) - 1;
}

// Code that is run by itself, up to its own accept: lookarounds and atomic groups.
void PatternProgram::compile_inner(Instruction instruction, const PatternNode& node) {
    const int here = emit(instruction);
    compile(node);
    emit({.code = accept});
    m_code[static_cast<std::size_t>(here)].x = static_cast<int>(m_code.size());
}

void PatternProgram::compile(const PatternNode& node) {
    switch (node.kind) {
    case PatternNode::empty:
        return;
    case PatternNode::set:
        emit({.code = one, .x = add_set(node.members)});
        return;
    case PatternNode::sequence:
        for (const auto& part : node.parts)
            compile(*part);
        return;
    case PatternNode::alternative: {
        std::vector<int> exits;
        for (std::size_t i = 0; i + 1 < node.parts.size(); ++i) {
            const int fork = emit({.code = split});
            m_code[static_cast<std::size_t>(fork)].x = fork + 1;
            compile(*node.parts[i]);
            exits.push_back(emit({.code = jump}));
            m_code[static_cast<std::size_t>(fork)].y = static_cast<int>(m_code.size());
        }
        compile(*node.parts.back());
        for (const int exit : exits)
            m_code[static_cast<std::size_t>(exit)].x = static_cast<int>(m_code.size());
        return;
    }
    case PatternNode::repeat:
        compile_repeat(node);
        return;
    case PatternNode::atomic:
        compile_inner({.code = atomic}, *node.parts[0]);
        return;
    case PatternNode::look: {
        const int width = node.behind ? width_of(*node.parts[0]) : 0;
        if (width < 0) throw std::invalid_argument("unsupported: lookbehind of varying width");
        compile_inner({.code = look, .y = width, .negative = node.negative, .behind = node.behind}, *node.parts[0]);
        return;
    }
    case PatternNode::line_begin:
        emit({.code = line_begin});
        return;
    case PatternNode::line_end:
        emit({.code = line_end});
        return;
    case PatternNode::text_begin:
        emit({.code = text_begin});
        return;
    case PatternNode::text_end:
        emit({.code = text_end});
        return;
    case PatternNode::last_line_end:
        emit({.code = last_line_end});
        return;
    case PatternNode::word_edge:
        emit({.code = word_edge, .negative = node.negative});
        return;
    }
}

void PatternProgram::compile_repeat(const PatternNode& node) {
    const PatternNode* body = node.parts[0].get();
    while (body->kind == PatternNode::sequence && body->parts.size() == 1)
        body = body->parts[0].get();
    if (body->kind == PatternNode::set) {
        emit({.code = run,
              .x = add_set(body->members),
              .min = node.min,
              .max = node.max == PatternNode::unlimited ? endless : node.max,
              .mode = node.mode});
        return;
    }
    int outer = -1;
    if (node.mode == Repeat::possessive) outer = emit({.code = atomic});
    for (int i = 0; i < node.min; ++i) {
        const std::size_t before = m_code.size();
        compile(*body);
        if (m_code.size() == before) break; // nothing, however often
    }
    const auto fork = [&] { return emit({.code = split}); };
    const bool lazy = node.mode == Repeat::lazy;
    const auto aim = [&](int at, int in, int out) {
        m_code[static_cast<std::size_t>(at)].x = lazy ? out : in;
        m_code[static_cast<std::size_t>(at)].y = lazy ? in : out;
    };
    if (node.max == PatternNode::unlimited) {
        // A round that consumes nothing ends the loop.
        const int place = m_registers++;
        const int start = fork();
        emit({.code = enter, .x = place});
        compile(*body);
        emit({.code = again, .x = place, .y = start});
        aim(start, start + 1, static_cast<int>(m_code.size()));
    } else {
        std::vector<int> forks;
        for (int i = node.min; i < node.max; ++i) {
            forks.push_back(fork());
            compile(*body);
        }
        for (const int at : forks)
            aim(at, at + 1, static_cast<int>(m_code.size()));
    }
    if (outer >= 0) {
        emit({.code = accept});
        m_code[static_cast<std::size_t>(outer)].x = static_cast<int>(m_code.size());
    }
}

// One attempt at one place. Choices that were not taken lie on a stack of our own, never on the program's.
struct PatternProgram::Machine {
    struct Choice {
        enum Kind {
            branch,   ///< go on with `code` at `at`
            give_up,  ///< a greedy run: the same, and again one character earlier, down to the place `limit`
            take_one, ///< a lazy run `code` that took `limit` characters up to `at` takes one more
            restore,  ///< register `code` held `at`
        } kind;
        int code;
        std::size_t at;
        std::size_t limit;
    };

    const PatternProgram& program;
    std::u32string_view text;
    std::size_t& steps;
    std::vector<Choice> choices;
    std::vector<std::size_t> registers;

    void count(std::size_t n = 1) {
        if (steps > n) {
            steps -= n;
            return;
        }
        throw Error(ErrorKind::input, {"this regular expression takes too many steps on a text",
                                       {},
                                       "pattern",
                                       program.m_expression,
                                       "It backtracks endlessly; use a file with a simpler one"});
    }

    void push(Choice choice) {
        if (choices.size() >= max_stack) count(steps); // that many open choices are endless steps in another form
        choices.push_back(choice);
    }

    bool word_edge_at(std::size_t at) const {
        const bool before = at > 0 && is_pattern_word(text[at - 1]);
        return before != (at < text.size() && is_pattern_word(text[at]));
    }

    std::size_t execute(int code, std::size_t at) {
        const std::size_t floor = choices.size();
        for (;;) {
            count();
            const Instruction& now = program.m_code[static_cast<std::size_t>(code)];
            bool good = true;
            switch (now.code) {
            case accept:
                choices.resize(floor);
                return at;
            case one:
                good = at < text.size() && program.m_sets[static_cast<std::size_t>(now.x)].contains(text[at]);
                ++at;
                ++code;
                break;
            case run:
                good = execute_run(now, code, at);
                break;
            case split:
                push({Choice::branch, now.y, at, 0});
                code = now.x;
                break;
            case jump:
                code = now.x;
                break;
            case enter:
                push({Choice::restore, now.x, registers[static_cast<std::size_t>(now.x)], 0});
                registers[static_cast<std::size_t>(now.x)] = at;
                ++code;
                break;
            case again:
                code = registers[static_cast<std::size_t>(now.x)] == at ? code + 1 : now.y;
                break;
            case look: {
                const auto width = static_cast<std::size_t>(now.y);
                const bool found = at >= width && execute(code + 1, at - width) != npos;
                good = found != now.negative;
                code = now.x;
                break;
            }
            case atomic: {
                const std::size_t end = execute(code + 1, at);
                good = end != npos;
                at = end;
                code = now.x;
                break;
            }
            case line_begin:
                good = at == 0 || text[at - 1] == U'\n';
                ++code;
                break;
            case line_end:
                good = at == text.size() || text[at] == U'\n';
                ++code;
                break;
            case text_begin:
                good = at == 0;
                ++code;
                break;
            case text_end:
                good = at == text.size();
                ++code;
                break;
            case last_line_end:
                good = at == text.size() || (at + 1 == text.size() && text[at] == U'\n');
                ++code;
                break;
            case word_edge:
                good = word_edge_at(at) != now.negative;
                ++code;
                break;
            }
            if (!good && !back(floor, code, at)) return npos;
        }
    }

    // Of a run of one class: as much as it may take, and what it could give back or take later.
    bool execute_run(const Instruction& now, int& code, std::size_t& at) {
        const CharacterSet& set = program.m_sets[static_cast<std::size_t>(now.x)];
        const bool lazy = now.mode == Repeat::lazy;
        const std::size_t left = text.size() - at;
        if (left < static_cast<std::size_t>(now.min)) return false;
        const std::size_t limit = at + std::min(left, static_cast<std::size_t>(lazy ? now.min : now.max));
        std::size_t end = at;
        while (end < limit && set.contains(text[end]))
            ++end;
        count((end - at) / 4); // cheaper than instructions, but not free
        const std::size_t least = at + static_cast<std::size_t>(now.min);
        if (end < least) return false;
        ++code;
        if (lazy) {
            // One more character each time that what follows fails.
            if (now.max > now.min) push({Choice::take_one, code - 1, end, end - at});
        } else if (now.mode == Repeat::greedy && end > least) {
            push({Choice::give_up, code, end - 1, least});
        }
        at = end;
        return true;
    }

    // Takes the latest choice that was left open.
    bool back(std::size_t floor, int& code, std::size_t& at) {
        while (choices.size() > floor) {
            Choice& last = choices.back();
            switch (last.kind) {
            case Choice::restore:
                registers[static_cast<std::size_t>(last.code)] = last.at;
                break;
            case Choice::branch:
            case Choice::give_up:
                code = last.code;
                at = last.at;
                if (last.kind == Choice::give_up && last.at > last.limit)
                    --last.at;
                else
                    choices.pop_back();
                return true;
            case Choice::take_one: {
                const Instruction& what = program.m_code[static_cast<std::size_t>(last.code)];
                if (last.at < text.size() && last.limit < static_cast<std::size_t>(what.max) &&
                    program.m_sets[static_cast<std::size_t>(what.x)].contains(text[last.at])) {
                    at = ++last.at;
                    ++last.limit;
                    code = last.code + 1;
                    return true;
                }
                break;
            }
            }
            choices.pop_back();
        }
        return false;
    }
};

std::vector<Span> PatternProgram::matches(std::u32string_view text, std::size_t& steps) const {
    std::vector<Span> found;
    const auto add = [&](std::size_t begin, std::size_t end) {
        found.push_back({static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)});
    };
    Machine machine{*this, text, steps, {}, std::vector<std::size_t>(static_cast<std::size_t>(m_registers))};
    for (std::size_t at = 0; at <= text.size();) {
        if (!m_first.empty()) {
            while (at < text.size() && !m_first[0].contains(text[at]))
                ++at;
            if (at == text.size()) break;
        }
        const std::size_t end = machine.execute(0, at);
        if (end == npos) {
            ++at;
        } else if (end == at) {
            if (found.empty() || found.back().end != at) add(at, end);
            ++at;
        } else {
            add(at, end);
            at = end;
        }
    }
    return found;
}

} // namespace diapason
