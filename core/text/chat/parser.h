// From tokens to the tree of a template.
#pragma once

#include "core/text/chat/statements.h"
#include "core/text/chat/tokens.h"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace diapason::chat {

/// A template as it was read. The tree does not point into the source.
class Program {
public:
    Program(const std::string& source, std::string origin); ///< @throws Fault

    const std::string& origin() const { return m_origin; }
    const Block& body() const { return m_body; }

private:
    std::string m_origin;
    Block m_body;
};

/// Where the parser is among the tokens; what expressions and statements share.
class TokenReader {
public:
    static constexpr int max_nesting = 100; ///< of brackets, blocks, prefixes within each other
    static constexpr int max_height = 400;  ///< of a chain of operators, filters, attributes

    explicit TokenReader(std::vector<Token> tokens) : m_tokens(std::move(tokens)) {}

    const Token& peek(std::size_t ahead = 0) const { return m_tokens[std::min(m_at + ahead, m_tokens.size() - 1)]; }
    const Token& take() { return m_tokens[m_at + 1 < m_tokens.size() ? m_at++ : m_at]; }
    bool next_is(Token::Kind kind, std::string_view text) const { return peek().is(kind, text); }
    bool next_is_sign(std::string_view text) const { return next_is(Token::sign, text); }
    bool next_is_name(std::string_view text) const { return next_is(Token::name, text); }
    bool skip(Token::Kind kind, std::string_view text);
    bool skip_sign(std::string_view text) { return skip(Token::sign, text); }
    bool skip_name(std::string_view text) { return skip(Token::name, text); }
    void expect_sign(std::string_view text, const char* where);
    std::string expect_name(const char* where);

    [[noreturn]] void fail(const std::string& what, const std::string& remedy = {}) const; ///< at the next token
    std::string next_in_words() const; ///< of the next token, for messages

    /// One more level, while it lives. @throws Fault when there are too many
    class Level {
    public:
        explicit Level(TokenReader& reader) : m_reader(reader) {
            if (++reader.m_depth > max_nesting) reader.fail_deep();
        }
        ~Level() { --m_reader.m_depth; }
        Level(const Level&) = delete;
        Level& operator=(const Level&) = delete;

    private:
        TokenReader& m_reader;
    };
    /// Makes a node known to its parent: its line, and its height above its children's. @throws Fault when it is too
    /// high
    template <class Node>
    std::unique_ptr<Node> finished(std::unique_ptr<Node> node, int line, std::initializer_list<int> heights) const {
        node->line = line;
        node->height = 1 + std::max(heights);
        if (node->height > max_height) fail_deep();
        return node;
    }

private:
    [[noreturn]] void fail_deep() const;

    std::vector<Token> m_tokens;
    std::size_t m_at = 0;
    int m_depth = 0;
};

class ExpressionParser {
public:
    explicit ExpressionParser(TokenReader& in) : m_in(in) {}

    ExpressionPtr expression(); ///< with `if … else`
    /// Several between commas make a tuple. @param with_choice whether each may be `a if b else c`
    ExpressionPtr tuple(bool with_choice = true);
    ExpressionPtr row();                                     ///< several between commas, written one behind the other
    std::unique_ptr<FilterCall> filter(ExpressionPtr input); ///< the name and what follows it
    std::unique_ptr<const Call> call();                      ///< an expression that has to be a call

    /// Names that a macro's text uses and that say what it accepts.
    struct MacroUse {
        bool varargs = false, kwargs = false;
    };
    MacroUse* macro = nullptr; ///< of the macro that is being read; may be null

private:
    ExpressionPtr choice_free();
    ExpressionPtr conjunction();
    ExpressionPtr negation();
    ExpressionPtr comparison_chain();
    ExpressionPtr binary(std::size_t rank);
    ExpressionPtr joined();
    ExpressionPtr unary(bool with_filters);
    ExpressionPtr primary();
    ExpressionPtr postfix(ExpressionPtr node);
    ExpressionPtr filtered(ExpressionPtr node);
    ExpressionPtr test(ExpressionPtr input);
    ExpressionPtr part(ExpressionPtr of);
    ExpressionPtr subscript(ExpressionPtr of);
    ExpressionPtr call(ExpressionPtr callee);
    ExpressionPtr name();
    ExpressionPtr number();
    ExpressionPtr strings();
    ExpressionPtr list();
    ExpressionPtr mapping();
    ArgumentList arguments(); ///< behind the opening parenthesis, up to and with the closing one
    ExpressionPtr constant(Value value, int line);
    ExpressionPtr list_of(Expressions items, Form form, int line);

    TokenReader& m_in;
};

} // namespace diapason::chat
