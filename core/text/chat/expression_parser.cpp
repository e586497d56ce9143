// Expressions, with the ranks that Jinja gives to operators: ~ binds closer than + and -, filters closer than all.

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/parser.h"

#include <algorithm>
#include <array>

namespace diapason::chat {
namespace {

int height_of(const ExpressionPtr& node) {
    return node ? node->height : 0;
}

int height_of(const Expressions& nodes) {
    int height = 0;
    for (const ExpressionPtr& node : nodes)
        height = std::max(height, node->height);
    return height;
}

} // namespace

ExpressionPtr ExpressionParser::expression() {
    const TokenReader::Level level(m_in);
    ExpressionPtr node = choice_free();
    while (m_in.next_is_name("if")) {
        const int line = m_in.take().line;
        auto choice = std::make_unique<Choice>();
        choice->condition = choice_free();
        if (m_in.skip_name("else")) choice->otherwise = expression();
        choice->then = std::move(node);
        const int heights[] = {choice->condition->height, choice->then->height, height_of(choice->otherwise)};
        node = m_in.finished(std::move(choice), line, {heights[0], heights[1], heights[2]});
    }
    return node;
}

ExpressionPtr ExpressionParser::tuple(bool with_choice) {
    const int line = m_in.peek().line;
    Expressions items;
    bool comma = false;
    const auto ends = [&] {
        const Token& next = m_in.peek();
        return next.kind == Token::output_end || next.kind == Token::block_end || next.is(Token::sign, ")") ||
               next.is(Token::name, "in") || next.is(Token::name, "recursive");
    };
    while (!ends()) {
        items.push_back(with_choice ? expression() : choice_free());
        comma = m_in.skip_sign(",");
        if (!comma) break;
    }
    if (items.empty()) m_in.fail("an expression is missing before " + m_in.next_in_words());
    if (items.size() == 1 && !comma) return std::move(items.front());
    return list_of(std::move(items), Form::tuple, line);
}

ExpressionPtr ExpressionParser::row() {
    auto node = std::make_unique<Join>();
    const int line = m_in.peek().line;
    do {
        node->parts.push_back(expression());
    } while (m_in.skip_sign(","));
    const int height = height_of(node->parts);
    return m_in.finished(std::move(node), line, {height});
}

ExpressionPtr ExpressionParser::choice_free() {
    ExpressionPtr node = conjunction();
    if (!m_in.next_is_name("or")) return node;
    auto junction = std::make_unique<Junction>();
    const int line = m_in.peek().line;
    junction->decisive = true;
    junction->operands.push_back(std::move(node));
    while (m_in.skip_name("or"))
        junction->operands.push_back(conjunction());
    const int height = height_of(junction->operands);
    return m_in.finished(std::move(junction), line, {height});
}

ExpressionPtr ExpressionParser::conjunction() {
    ExpressionPtr node = negation();
    if (!m_in.next_is_name("and")) return node;
    auto junction = std::make_unique<Junction>();
    const int line = m_in.peek().line;
    junction->operands.push_back(std::move(node));
    while (m_in.skip_name("and"))
        junction->operands.push_back(negation());
    const int height = height_of(junction->operands);
    return m_in.finished(std::move(junction), line, {height});
}

ExpressionPtr ExpressionParser::negation() {
    if (!m_in.next_is_name("not")) return comparison_chain();
    const TokenReader::Level level(m_in);
    const int line = m_in.take().line;
    auto node = std::make_unique<Not>();
    node->operand = negation();
    const int height = node->operand->height;
    return m_in.finished(std::move(node), line, {height});
}

ExpressionPtr ExpressionParser::comparison_chain() {
    const int line = m_in.peek().line;
    ExpressionPtr first = binary(0);
    auto node = std::make_unique<Compare>();
    int height = 0;
    for (;;) {
        const bool negated = m_in.next_is_name("not") && m_in.peek(1).is(Token::name, "in");
        const Token& next = m_in.peek();
        if (!negated && next.kind != Token::sign && !next.is(Token::name, "in")) break;
        const Comparison operation = comparison(negated ? "in" : next.text);
        if (operation == nullptr) break;
        m_in.take();
        if (negated) m_in.take();
        node->links.push_back({operation, negated, binary(0)});
        height = std::max(height, node->links.back().operand->height);
    }
    if (node->links.empty()) return first;
    height = std::max(height, first->height);
    node->first = std::move(first);
    return m_in.finished(std::move(node), line, {height});
}

// + and -, then ~, then * / // %, then **; all from left to right.
ExpressionPtr ExpressionParser::binary(std::size_t rank) {
    static const std::array<std::vector<std::string_view>, 3> signs = {{{"+", "-"}, {"*", "/", "//", "%"}, {"**"}}};
    const auto operand = [&] {
        return rank == 0 ? joined() : rank + 1 < signs.size() ? binary(rank + 1) : unary(true);
    };
    ExpressionPtr left = operand();
    for (;;) {
        const Token& next = m_in.peek();
        const auto& own = signs[rank];
        if (next.kind != Token::sign || std::find(own.begin(), own.end(), next.text) == own.end()) return left;
        m_in.take();
        auto node = std::make_unique<Binary>();
        node->operation = binary_operation(next.text);
        node->right = operand();
        node->left = std::move(left);
        const int heights[] = {node->left->height, node->right->height};
        left = m_in.finished(std::move(node), next.line, {heights[0], heights[1]});
    }
}

ExpressionPtr ExpressionParser::joined() {
    const int line = m_in.peek().line;
    ExpressionPtr first = binary(1);
    if (!m_in.next_is_sign("~")) return first;
    auto node = std::make_unique<Join>();
    node->parts.push_back(std::move(first));
    while (m_in.skip_sign("~"))
        node->parts.push_back(binary(1));
    const int height = height_of(node->parts);
    return m_in.finished(std::move(node), line, {height});
}

ExpressionPtr ExpressionParser::unary(bool with_filters) {
    const Token& next = m_in.peek();
    ExpressionPtr node;
    if (next.is(Token::sign, "-") || next.is(Token::sign, "+")) {
        const TokenReader::Level level(m_in);
        m_in.take();
        auto sign = std::make_unique<Unary>();
        sign->operation = unary_operation(next.text);
        sign->operand = unary(false);
        const int height = sign->operand->height;
        node = m_in.finished(std::move(sign), next.line, {height});
    } else {
        node = primary();
    }
    node = postfix(std::move(node));
    return with_filters ? filtered(std::move(node)) : std::move(node);
}

ExpressionPtr ExpressionParser::primary() {
    const Token& next = m_in.peek();
    switch (next.kind) {
    case Token::name:
        return name();
    case Token::string:
        return strings();
    case Token::integer:
    case Token::real:
        return number();
    default:
        break;
    }
    if (m_in.skip_sign("(")) {
        const TokenReader::Level level(m_in);
        if (m_in.skip_sign(")")) return list_of({}, Form::tuple, next.line);
        ExpressionPtr node = tuple();
        m_in.expect_sign(")", "parentheses");
        return node;
    }
    if (next.is(Token::sign, "[")) return list();
    if (next.is(Token::sign, "{")) return mapping();
    m_in.fail("an expression is missing before " + m_in.next_in_words());
}

ExpressionPtr ExpressionParser::constant(Value value, int line) {
    return m_in.finished(std::make_unique<Constant>(std::move(value)), line, {0});
}

ExpressionPtr ExpressionParser::list_of(Expressions items, Form form, int line) {
    auto node = std::make_unique<ListDisplay>();
    node->form = form;
    node->items = std::move(items);
    const int height = height_of(node->items);
    return m_in.finished(std::move(node), line, {height});
}

ExpressionPtr ExpressionParser::name() {
    const Token& token = m_in.take();
    const std::string_view text = token.text;
    if (text == "true" || text == "True") return constant(Value(true), token.line);
    if (text == "false" || text == "False") return constant(Value(false), token.line);
    if (text == "none" || text == "None") return constant(Value(), token.line);
    if (macro != nullptr) {
        macro->varargs = macro->varargs || text == "varargs";
        macro->kwargs = macro->kwargs || text == "kwargs";
    }
    return m_in.finished(std::make_unique<Name>(std::string(text)), token.line, {0});
}

ExpressionPtr ExpressionParser::number() {
    const Token& token = m_in.take();
    if (token.kind == Token::real) {
        const auto real = read_real(token.text);
        if (!real) throw Fault(std::string(token.text) + " is not a number", {}, token.line);
        return constant(Value(*real), token.line);
    }
    const char letter = token.text.size() > 2 ? static_cast<char>(token.text[1] | 0x20) : '0';
    const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
    std::string digits(token.text.substr(base == 10 ? 0 : 2));
    std::erase(digits, '_');
    std::optional<std::int64_t> whole;
    try {
        whole = read_whole(digits, base);
    } catch (const Fault& fault) {
        throw Fault(fault.what(), {}, token.line);
    }
    return constant(Value(whole.value_or(0)), token.line);
}

ExpressionPtr ExpressionParser::strings() {
    const int line = m_in.peek().line;
    std::string text;
    while (m_in.peek().kind == Token::string) // neighbours are one string
        text += meaning_of_string(m_in.take());
    return constant(plain_text_value(std::move(text)), line);
}

ExpressionPtr ExpressionParser::list() {
    const TokenReader::Level level(m_in);
    const int line = m_in.take().line;
    Expressions items;
    while (!m_in.next_is_sign("]")) {
        items.push_back(expression());
        if (!m_in.skip_sign(",")) break;
    }
    m_in.expect_sign("]", "a list");
    return list_of(std::move(items), Form::list, line);
}

ExpressionPtr ExpressionParser::mapping() {
    const TokenReader::Level level(m_in);
    const int line = m_in.take().line;
    auto node = std::make_unique<MappingDisplay>();
    int height = 0;
    while (!m_in.next_is_sign("}")) {
        ExpressionPtr key = expression();
        m_in.expect_sign(":", "a dictionary");
        ExpressionPtr value = expression();
        height = std::max({height, key->height, value->height});
        node->entries.emplace_back(std::move(key), std::move(value));
        if (!m_in.skip_sign(",")) break;
    }
    m_in.expect_sign("}", "a dictionary");
    return m_in.finished(std::move(node), line, {height});
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr node) {
    for (;;) {
        if (m_in.next_is_sign("."))
            node = part(std::move(node));
        else if (m_in.next_is_sign("["))
            node = subscript(std::move(node));
        else if (m_in.next_is_sign("("))
            node = call(std::move(node));
        else
            return node;
    }
}

ExpressionPtr ExpressionParser::filtered(ExpressionPtr node) {
    for (;;) {
        if (m_in.skip_sign("|"))
            node = filter(std::move(node));
        else if (m_in.skip_name("is"))
            node = test(std::move(node));
        else if (m_in.next_is_sign("("))
            node = call(std::move(node));
        else
            return node;
    }
}

ExpressionPtr ExpressionParser::part(ExpressionPtr of) {
    const int line = m_in.take().line;
    if (m_in.peek().kind == Token::integer) { // list.0
        auto node = std::make_unique<Subscript>();
        node->key = number();
        node->of = std::move(of);
        const int height = node->of->height;
        return m_in.finished(std::move(node), line, {height});
    }
    auto node = std::make_unique<Attribute>();
    node->name = m_in.expect_name("an attribute");
    node->missing.name = std::make_shared<const std::string>(node->name);
    node->of = std::move(of);
    const int height = node->of->height;
    return m_in.finished(std::move(node), line, {height});
}

ExpressionPtr ExpressionParser::subscript(ExpressionPtr of) {
    const TokenReader::Level level(m_in);
    const int line = m_in.take().line, below = of->height;
    const auto bound = [&]() -> ExpressionPtr {
        return m_in.next_is_sign(":") || m_in.next_is_sign("]") ? nullptr : expression();
    };
    ExpressionPtr first = bound();
    if (!m_in.next_is_sign(":")) {
        if (!first) m_in.fail("an index is missing before ]");
        auto node = std::make_unique<Subscript>();
        const int height = first->height;
        node->of = std::move(of);
        node->key = std::move(first);
        m_in.expect_sign("]", "an index");
        return m_in.finished(std::move(node), line, {below, height});
    }
    auto node = std::make_unique<Slice>();
    node->of = std::move(of);
    node->start = std::move(first);
    m_in.take();
    node->stop = bound();
    if (m_in.skip_sign(":")) node->step = bound();
    m_in.expect_sign("]", "a slice");
    const int heights[] = {height_of(node->start), height_of(node->stop), height_of(node->step)};
    return m_in.finished(std::move(node), line, {below, heights[0], heights[1], heights[2]});
}

ExpressionPtr ExpressionParser::call(ExpressionPtr callee) {
    const int line = m_in.take().line;
    auto node = std::make_unique<Call>();
    node->callee = std::move(callee);
    node->arguments = arguments();
    const int heights[] = {node->callee->height, node->arguments.height()};
    return m_in.finished(std::move(node), line, {heights[0], heights[1]});
}

std::unique_ptr<const Call> ExpressionParser::call() {
    ExpressionPtr node = unary(true);
    const auto* made = dynamic_cast<const Call*>(node.get());
    if (made == nullptr) m_in.fail("the tag {% call %} needs a call, like name(…)");
    node.release(); // NOLINT(bugprone-unused-return-value): it is `made`
    return std::unique_ptr<const Call>(made);
}

ArgumentList ExpressionParser::arguments() {
    const TokenReader::Level level(m_in);
    ArgumentList list;
    while (!m_in.next_is_sign(")")) {
        if (m_in.skip_sign("**")) {
            list.named_rest = expression();
        } else if (m_in.skip_sign("*")) {
            list.rest = expression();
        } else if (m_in.peek().kind == Token::name && m_in.peek(1).is(Token::sign, "=")) {
            std::string key(m_in.take().text);
            m_in.take();
            list.named.emplace_back(std::move(key), expression());
        } else {
            if (!list.named.empty() || list.rest || list.named_rest)
                m_in.fail("an argument without a name follows one with a name");
            list.positional.push_back(expression());
        }
        if (!m_in.skip_sign(",")) break;
    }
    m_in.expect_sign(")", "a call");
    return list;
}

std::unique_ptr<FilterCall> ExpressionParser::filter(ExpressionPtr input) {
    auto node = std::make_unique<FilterCall>();
    const int line = m_in.peek().line;
    node->name = m_in.expect_name("a filter");
    while (m_in.skip_sign("."))
        node->name += '.' + m_in.expect_name("a filter");
    node->filter = find_filter(node->name);
    if (m_in.skip_sign("(")) node->arguments = arguments();
    const int heights[] = {height_of(input), node->arguments.height()};
    node->input = std::move(input);
    return m_in.finished(std::move(node), line, {heights[0], heights[1]});
}

ExpressionPtr ExpressionParser::test(ExpressionPtr input) {
    const int line = m_in.peek().line;
    const bool negated = m_in.skip_name("not");
    auto node = std::make_unique<TestCall>();
    node->name = m_in.expect_name("a test");
    while (m_in.skip_sign("."))
        node->name += '.' + m_in.expect_name("a test");
    node->condition = find_condition(node->name);
    const Token& next = m_in.peek();
    if (m_in.skip_sign("(")) {
        node->arguments = arguments();
    } else if (next.kind == Token::string || next.kind == Token::integer || next.kind == Token::real ||
               next.is(Token::sign, "[") || next.is(Token::sign, "{") ||
               (next.kind == Token::name && next.text != "else" && next.text != "or" && next.text != "and")) {
        if (next.text == "is") m_in.fail("a test cannot follow another one", "Join them by and");
        const TokenReader::Level level(m_in);
        node->arguments.positional.push_back(postfix(primary()));
    }
    const int heights[] = {input->height, node->arguments.height()};
    node->input = std::move(input);
    ExpressionPtr done = m_in.finished(std::move(node), line, {heights[0], heights[1]});
    if (!negated) return done;
    auto opposite = std::make_unique<Not>();
    const int height = done->height;
    opposite->operand = std::move(done);
    return m_in.finished(std::move(opposite), line, {height});
}

} // namespace diapason::chat
