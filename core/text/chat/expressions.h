// The expressions of a template as a tree that evaluates itself.
#pragma once

#include "core/text/chat/filters.h"
#include "core/text/chat/operators.h"
#include "core/text/chat/run.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace diapason::chat {

class Expression {
public:
    virtual ~Expression() = default;

    /// Costs the run a step and a level. @throws Fault
    Value value(Run& run) const {
        const Run::Level level(run);
        run.spend(1);
        run.line = line;
        return evaluate(run);
    }

    int line = 1;
    int height = 1; ///< of the tree below, this node included

private:
    virtual Value evaluate(Run& run) const = 0;
};
using ExpressionPtr = std::unique_ptr<const Expression>;
using Expressions = std::vector<ExpressionPtr>;

struct Constant : Expression {
    explicit Constant(Value constant) : content(std::move(constant)) {}
    Value evaluate(Run& run) const override;
    Value content;
};

struct Name : Expression {
    explicit Name(const std::string& text) : name(text), missing{std::make_shared<const std::string>(text)} {}
    Value evaluate(Run& run) const override;
    std::string name;
    Undefined missing;
};

/// [a, b] and (a, b)
struct ListDisplay : Expression {
    Value evaluate(Run& run) const override;
    Expressions items;
    Form form = Form::list;
};

/// {a: b}
struct MappingDisplay : Expression {
    Value evaluate(Run& run) const override;
    std::vector<std::pair<ExpressionPtr, ExpressionPtr>> entries;
};

struct Attribute : Expression {
    Value evaluate(Run& run) const override;
    ExpressionPtr of;
    std::string name;
    Undefined missing;
};

struct Subscript : Expression {
    Value evaluate(Run& run) const override;
    ExpressionPtr of, key;
};

/// of[start:stop:step]; null where nothing is said
struct Slice : Expression {
    Value evaluate(Run& run) const override;
    ExpressionPtr of, start, stop, step;
};

/// What stands between the parentheses of a call.
struct ArgumentList {
    Arguments values(Run& run) const;
    int height() const;
    Expressions positional;
    std::vector<std::pair<std::string, ExpressionPtr>> named;
    ExpressionPtr rest, named_rest; ///< behind * and **; may be null
};

struct Call : Expression {
    Value evaluate(Run& run) const override;
    /// @param also a further argument, of {% call %}
    Value call(Run& run, const std::pair<std::string, Value>* also) const;
    ExpressionPtr callee;
    ArgumentList arguments;
};

struct FilterCall : Expression {
    Value evaluate(Run& run) const override;
    Value apply(Run& run, const Value& input) const;
    ExpressionPtr input; ///< null in {% filter %} and {% set x | f %}, which give it to apply()
    std::string name;
    const Filter* filter = nullptr; ///< null: unknown, which is an error once it is reached
    ArgumentList arguments;
};

struct TestCall : Expression {
    Value evaluate(Run& run) const override;
    ExpressionPtr input;
    std::string name;
    const Condition* condition = nullptr; ///< as FilterCall::filter
    ArgumentList arguments;
};

struct Unary : Expression {
    Value evaluate(Run& run) const override;
    UnaryOperation operation = nullptr;
    ExpressionPtr operand;
};

struct Binary : Expression {
    Value evaluate(Run& run) const override;
    BinaryOperation operation = nullptr;
    ExpressionPtr left, right;
};

/// a ~ b ~ c
struct Join : Expression {
    Value evaluate(Run& run) const override;
    Expressions parts;
};

/// a < b <= c
struct Compare : Expression {
    struct Link {
        Comparison comparison;
        bool negated; ///< not in
        ExpressionPtr operand;
    };
    Value evaluate(Run& run) const override;
    ExpressionPtr first;
    std::vector<Link> links;
};

/// `and`, `or`: the operand that decides
struct Junction : Expression {
    Value evaluate(Run& run) const override;
    bool decisive = false; ///< true of `or`
    Expressions operands;
};

struct Not : Expression {
    Value evaluate(Run& run) const override;
    ExpressionPtr operand;
};

/// a if b else c
struct Choice : Expression {
    Value evaluate(Run& run) const override;
    ExpressionPtr condition, then, otherwise; ///< `otherwise` may be null: undefined
};

} // namespace diapason::chat
