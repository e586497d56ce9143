// Statements: what stands between {% and %}.

#include "core/text/chat/fault.h"
#include "core/text/chat/parser.h"

#include <algorithm>
#include <utility>

namespace diapason::chat {
namespace {

using Names = std::initializer_list<std::string_view>;
using StatementPtr = std::unique_ptr<const Statement>;

class StatementParser {
public:
    explicit StatementParser(TokenReader& in) : m_in(in), m_expressions(in) {}

    Block whole() {
        Block block = body({});
        if (m_in.peek().kind != Token::end) {
            m_in.take();
            m_in.fail("the tag {% " + std::string(m_in.peek().text) + " %} closes nothing that is open");
        }
        return block;
    }

private:
    // Up to a tag with one of these names, behind its {%; with no names, up to the end.
    Block body(Names ends) {
        const TokenReader::Level level(m_in);
        Block block;
        for (;;) {
            const Token& next = m_in.peek();
            if (next.kind == Token::end) {
                if (ends.size() != 0)
                    m_in.fail("the template ends before {% " + std::string(*(ends.end() - 1)) + " %}");
                return block;
            }
            if (next.kind == Token::block_begin) {
                const Token& tag = m_in.peek(1);
                const bool ended =
                    tag.kind == Token::name && std::find(ends.begin(), ends.end(), tag.text) != ends.end();
                if (ended || (ends.size() == 0 && tag.text.starts_with("end"))) return block;
            }
            block.statements.push_back(statement());
        }
    }
    // The same for a block with only one end, its tag included.
    Block closed_body(std::string_view end) {
        Block block = body({end});
        close_tag();
        return block;
    }
    // Behind the name of a closing tag.
    void end_of_tag() {
        if (m_in.peek().kind != Token::block_end) m_in.fail("the tag is not at its end before " + m_in.next_in_words());
        m_in.take();
    }
    void close_tag() {
        m_in.take(); // {%
        m_in.take(); // its name
        end_of_tag();
    }

    StatementPtr statement() {
        const Token& token = m_in.take();
        if (token.kind == Token::data) {
            auto node = std::make_unique<Data>();
            node->text = token.text;
            return at(token.line, std::move(node));
        }
        if (token.kind == Token::output_begin) {
            auto node = std::make_unique<Output>();
            node->expression = m_expressions.tuple();
            if (m_in.peek().kind != Token::output_end)
                m_in.fail("the tag {{ is not at its end before " + m_in.next_in_words());
            m_in.take();
            return at(token.line, std::move(node));
        }
        return tag(token.line);
    }

    template <class Node>
    static StatementPtr at(int line, std::unique_ptr<Node> node) {
        node->line = line;
        return node;
    }

    using Tag = StatementPtr (StatementParser::*)(int line);
    StatementPtr tag(int line) {
        static constexpr struct {
            std::string_view name;
            Tag read;
        } tags[] = {{"if", &StatementParser::read_if},       {"for", &StatementParser::read_for},
                    {"set", &StatementParser::read_set},     {"macro", &StatementParser::read_macro},
                    {"call", &StatementParser::read_call},   {"filter", &StatementParser::read_filter},
                    {"with", &StatementParser::read_with},   {"generation", &StatementParser::read_generation},
                    {"break", &StatementParser::read_break}, {"continue", &StatementParser::read_continue},
                    {"print", &StatementParser::read_print}};
        const std::string name = m_in.expect_name("a tag");
        for (const auto& known : tags) {
            if (known.name == name) return (this->*known.read)(line);
        }
        std::string names;
        for (const auto& known : tags)
            names += (names.empty() ? "" : ", ") + std::string(known.name);
        throw Fault("the tag {% " + name + " %} is not supported", "Chat templates may use " + names + " and raw",
                    line);
    }

    StatementPtr read_if(int line) {
        auto node = std::make_unique<If>();
        for (;;) {
            ExpressionPtr condition = m_expressions.tuple();
            end_of_tag();
            node->branches.push_back({std::move(condition), body({"elif", "else", "endif"})});
            m_in.take();
            const std::string_view end = m_in.take().text;
            if (end == "elif") continue;
            if (end == "else") {
                end_of_tag();
                node->branches.push_back({nullptr, body({"endif"})});
                m_in.take();
                m_in.take();
            }
            end_of_tag();
            return at(line, std::move(node));
        }
    }

    Target target() {
        const TokenReader::Level level(m_in);
        std::vector<Target> parts;
        bool comma = false;
        do {
            if (m_in.skip_sign("(")) {
                parts.push_back(target());
                m_in.expect_sign(")", "a tuple of names");
            } else {
                Target part;
                part.name = m_in.expect_name("a name to set");
                for (const std::string_view constant : {"true", "false", "none", "True", "False", "None"}) {
                    if (part.name == constant) m_in.fail(part.name + " cannot be set");
                }
                if (m_in.skip_sign(".")) part.attribute = m_in.expect_name("an attribute to set");
                parts.push_back(std::move(part));
            }
            comma = m_in.skip_sign(",");
        } while (comma && (m_in.peek().kind == Token::name ? m_in.peek().text != "in" : m_in.next_is_sign("(")));
        if (parts.size() == 1 && !comma) return std::move(parts.front());
        Target tuple;
        tuple.parts = std::move(parts);
        return tuple;
    }

    static bool names_loop(const Target& target) {
        return target.name == "loop" || std::any_of(target.parts.begin(), target.parts.end(), names_loop);
    }

    StatementPtr read_for(int line) {
        auto node = std::make_unique<For>();
        node->target = target();
        if (names_loop(node->target)) m_in.fail("loop is the loop itself, not a name to set");
        if (!m_in.skip_name("in")) m_in.fail("the tag {% for %} needs an in before " + m_in.next_in_words());
        node->values = m_expressions.tuple(false);
        if (m_in.skip_name("if")) node->filter = m_expressions.expression();
        node->recursive = m_in.skip_name("recursive");
        end_of_tag();
        ++m_loops;
        node->body = body({"else", "endfor"});
        --m_loops;
        m_in.take();
        const bool otherwise = m_in.take().text == "else";
        end_of_tag();
        if (otherwise) node->otherwise = closed_body("endfor");
        return at(line, std::move(node));
    }

    StatementPtr read_set(int line) {
        Target to = target();
        if (m_in.skip_sign("=")) {
            auto node = std::make_unique<Assignment>();
            node->target = std::move(to);
            node->value = m_expressions.tuple();
            end_of_tag();
            return at(line, std::move(node));
        }
        auto node = std::make_unique<BlockAssignment>();
        node->target = std::move(to);
        while (m_in.skip_sign("|"))
            node->filters.push_back(m_expressions.filter(nullptr));
        end_of_tag();
        node->body = closed_body("endset");
        return at(line, std::move(node));
    }

    // Parameters in parentheses, if there are any.
    void read_parameters(MacroBody& macro) {
        if (!m_in.skip_sign("(")) return;
        while (!m_in.next_is_sign(")")) {
            macro.parameters.push_back(m_in.expect_name("a parameter"));
            if (m_in.skip_sign("="))
                macro.defaults.push_back(m_expressions.expression());
            else if (!macro.defaults.empty())
                m_in.fail("a parameter without a default follows one with a default");
            if (!m_in.skip_sign(",")) break;
        }
        m_in.expect_sign(")", "the parameters of a macro");
    }
    // The text of a macro: loops around it are not its own, and neither are the arguments of macros around it.
    void read_macro_body(MacroBody& macro, std::string_view end) {
        ExpressionParser::MacroUse use;
        ExpressionParser::MacroUse* const outer = std::exchange(m_expressions.macro, &use);
        const int loops = std::exchange(m_loops, 0);
        macro.body = closed_body(end);
        m_loops = loops;
        m_expressions.macro = outer;
        macro.takes_more = use.varargs;
        macro.takes_named = use.kwargs;
    }

    StatementPtr read_macro(int line) {
        auto node = std::make_unique<MacroDefinition>();
        node->macro.name = m_in.expect_name("the name of a macro");
        if (!m_in.next_is_sign("(")) m_in.fail("the macro " + node->macro.name + " needs parameters in parentheses");
        read_parameters(node->macro);
        end_of_tag();
        read_macro_body(node->macro, "endmacro");
        return at(line, std::move(node));
    }

    StatementPtr read_call(int line) {
        auto node = std::make_unique<CallBlock>();
        node->caller.name = "caller";
        read_parameters(node->caller);
        node->call = m_expressions.call();
        end_of_tag();
        read_macro_body(node->caller, "endcall");
        return at(line, std::move(node));
    }

    StatementPtr read_filter(int line) {
        auto node = std::make_unique<FilterBlock>();
        do {
            node->filters.push_back(m_expressions.filter(nullptr));
        } while (m_in.skip_sign("|"));
        end_of_tag();
        node->body = closed_body("endfilter");
        return at(line, std::move(node));
    }

    StatementPtr read_with(int line) {
        auto node = std::make_unique<With>();
        while (m_in.peek().kind != Token::block_end) {
            Target to;
            to.name = m_in.expect_name("a name to set");
            m_in.expect_sign("=", "the tag {% with %}");
            node->names.emplace_back(std::move(to), m_expressions.expression());
            if (!m_in.skip_sign(",")) break;
        }
        end_of_tag();
        node->body = closed_body("endwith");
        return at(line, std::move(node));
    }

    // What an assistant says: for a rendering, a block with names of its own.
    StatementPtr read_generation(int line) {
        auto node = std::make_unique<With>();
        end_of_tag();
        const int loops = std::exchange(m_loops, 0);
        node->body = closed_body("endgeneration");
        m_loops = loops;
        return at(line, std::move(node));
    }

    StatementPtr jump(int line, Flow flow, const char* name) {
        if (m_loops == 0) throw Fault(std::string("the tag {% ") + name + " %} stands outside of a loop", {}, line);
        end_of_tag();
        auto node = std::make_unique<Jump>();
        node->flow = flow;
        return at(line, std::move(node));
    }
    StatementPtr read_break(int line) { return jump(line, Flow::leave_loop, "break"); }
    StatementPtr read_continue(int line) { return jump(line, Flow::next_turn, "continue"); }

    StatementPtr read_print(int line) {
        auto node = std::make_unique<Output>();
        node->expression = m_expressions.row();
        end_of_tag();
        return at(line, std::move(node));
    }

    TokenReader& m_in;
    ExpressionParser m_expressions;
    int m_loops = 0; ///< that break and continue could mean
};

} // namespace

Program::Program(const std::string& source, std::string origin) : m_origin(std::move(origin)) {
    const std::string plain = with_plain_line_ends(source);
    TokenReader in(tokenize(plain));
    m_body = StatementParser(in).whole();
}

bool TokenReader::skip(Token::Kind kind, std::string_view text) {
    if (!next_is(kind, text)) return false;
    take();
    return true;
}

void TokenReader::expect_sign(std::string_view text, const char* where) {
    if (!skip_sign(text)) fail(std::string(where) + " needs " + std::string(text) + " before " + next_in_words());
}

std::string TokenReader::expect_name(const char* where) {
    if (peek().kind != Token::name) fail(std::string(where) + " is expected, not " + next_in_words());
    return std::string(take().text);
}

void TokenReader::fail(const std::string& what, const std::string& remedy) const {
    throw Fault(what, remedy, peek().line);
}

void TokenReader::fail_deep() const {
    fail("expressions or blocks are nested too deeply (more than " + std::to_string(max_nesting) +
         " levels, or chains of " + std::to_string(max_height) + ")");
}

std::string TokenReader::next_in_words() const {
    return peek().kind == Token::end ? "the end of the template" : std::string(peek().text);
}

} // namespace diapason::chat
