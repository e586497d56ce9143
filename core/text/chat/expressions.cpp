#include "core/text/chat/expressions.h"

#include "core/text/chat/fault.h"
#include "core/text/chat/methods.h"
#include "core/text/chat/print.h"

#include <algorithm>

namespace diapason::chat {
namespace {

int height_of(const Expressions& list) {
    int height = 0;
    for (const ExpressionPtr& item : list)
        height = std::max(height, item->height);
    return height;
}

Value value_or_none(Run& run, const ExpressionPtr& expression) {
    return expression ? expression->value(run) : Value();
}

// What a call calls, for messages.
std::string in_words(const Expression& callee) {
    if (const auto* name = dynamic_cast<const Name*>(&callee)) return name->name;
    if (const auto* part = dynamic_cast<const Attribute*>(&callee)) return part->name;
    return "a value";
}

} // namespace

Value Constant::evaluate(Run&) const {
    return content;
}

Value Name::evaluate(Run& run) const {
    if (const Value* value = run.find(name)) return *value;
    if (Builtin* function = find_function(name)) return Value(static_cast<Object*>(function));
    return missing;
}

Value ListDisplay::evaluate(Run& run) const {
    std::vector<Value> values;
    values.reserve(items.size());
    for (const ExpressionPtr& item : items)
        values.push_back(item->value(run));
    return run.list(std::move(values), form);
}

Value MappingDisplay::evaluate(Run& run) const {
    Mapping mapping;
    for (const auto& [key, value] : entries) {
        Value name = key->value(run);
        mapping.set(run, std::move(name), value->value(run));
    }
    return run.mapping(std::move(mapping));
}

Value Attribute::evaluate(Run& run) const {
    const Value value = of->value(run);
    run.line = line;
    return attribute(run, value, name, missing);
}

Value Subscript::evaluate(Run& run) const {
    const Value value = of->value(run), place = key->value(run);
    run.line = line;
    return subscript(run, value, place);
}

Value Slice::evaluate(Run& run) const {
    const Value value = of->value(run);
    const Value from = value_or_none(run, start), to = value_or_none(run, stop), by = value_or_none(run, step);
    run.line = line;
    return slice(run, value, from, to, by);
}

Arguments ArgumentList::values(Run& run) const {
    Arguments list;
    list.positional.reserve(positional.size());
    for (const ExpressionPtr& argument : positional)
        list.positional.push_back(argument->value(run));
    for (const auto& [name, argument] : named)
        list.named.emplace_back(name, argument->value(run));
    if (rest) {
        const Items more = run.iterate(rest->value(run));
        run.spend(2 * more.size());
        list.positional.insert(list.positional.end(), more.begin(), more.end());
    }
    if (named_rest) {
        const Value more = named_rest->value(run);
        if (more.mapping() == nullptr) throw Fault("** needs a dictionary, not " + kind_in_words(more));
        run.spend(4 * more.mapping()->entries().size());
        for (const auto& [name, value] : more.mapping()->entries())
            list.named.emplace_back(str(run, name), value);
    }
    return list;
}

int ArgumentList::height() const {
    int height = height_of(positional);
    for (const auto& [name, argument] : named)
        height = std::max(height, argument->height);
    for (const ExpressionPtr* more : {&rest, &named_rest})
        height = std::max(height, *more ? (*more)->height : 0);
    return height;
}

Value Call::evaluate(Run& run) const {
    return call(run, nullptr);
}

Value Call::call(Run& run, const std::pair<std::string, Value>* also) const {
    const auto given = [&] {
        Arguments list = arguments.values(run);
        if (also != nullptr) list.named.push_back(*also);
        run.line = line;
        return list;
    };
    // The usual call of a method, without an object for it.
    if (const auto* part = dynamic_cast<const Attribute*>(callee.get())) {
        const Value self = part->of->value(run);
        if (const Method* method = find_method(self, part->name)) return call_method(run, self, *method, given());
        const Value function = attribute(run, self, part->name, part->missing);
        if (function.object() == nullptr)
            throw Fault(kind_in_words(self) + " does not have a method " + part->name + " that Diapason supports");
        return function.object()->call(run, given());
    }
    const Value function = callee->value(run);
    if (function.object() == nullptr) {
        if (function.is_undefined()) throw Fault("the function " + in_words(*callee) + " is unknown");
        throw Fault(in_words(*callee) + " is " + kind_in_words(function) + ", which cannot be called");
    }
    return function.object()->call(run, given());
}

Value FilterCall::evaluate(Run& run) const {
    return apply(run, input->value(run));
}

Value FilterCall::apply(Run& run, const Value& value) const {
    const Arguments given = arguments.values(run);
    run.line = line;
    return apply_filter(run, filter, name, value, given);
}

Value TestCall::evaluate(Run& run) const {
    const Value value = input->value(run);
    const Arguments given = arguments.values(run);
    run.line = line;
    return Value(apply_condition(run, condition, name, value, given));
}

Value Unary::evaluate(Run& run) const {
    const Value value = operand->value(run);
    run.line = line;
    return operation(run, value);
}

Value Binary::evaluate(Run& run) const {
    const Value a = left->value(run), b = right->value(run);
    run.line = line;
    return operation(run, a, b);
}

Value Join::evaluate(Run& run) const {
    std::string out;
    for (const ExpressionPtr& part : parts) {
        const std::string text = str(run, part->value(run));
        run.line = line;
        run.allow_bytes(out.size() + text.size());
        out += text;
    }
    return run.text(std::move(out));
}

Value Compare::evaluate(Run& run) const {
    Value left = first->value(run);
    for (const Link& link : links) {
        Value right = link.operand->value(run);
        run.line = line;
        if (link.comparison(run, left, right) == link.negated) return Value(false);
        left = std::move(right);
    }
    return Value(true);
}

Value Junction::evaluate(Run& run) const {
    Value value;
    for (const ExpressionPtr& operand : operands) {
        value = operand->value(run);
        if (value.truth() == decisive) break;
    }
    return value;
}

Value Not::evaluate(Run& run) const {
    return Value(!operand->value(run).truth());
}

Value Choice::evaluate(Run& run) const {
    if (condition->value(run).truth()) return then->value(run);
    return otherwise ? otherwise->value(run) : Value(Undefined{});
}

} // namespace diapason::chat
