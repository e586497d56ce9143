#include "core/text/chat/statements.h"

#include "core/text/chat/fault.h"
#include "core/text/chat/objects.h"
#include "core/text/chat/print.h"

namespace diapason::chat {
namespace {

std::string captured(Run& run, const Block& body) {
    Run::Capture capture(run);
    body.execute(run);
    return capture.take();
}

Value filtered(Run& run, const std::vector<std::unique_ptr<const FilterCall>>& filters, Value value) {
    for (const auto& filter : filters)
        value = filter->apply(run, value);
    return value;
}

} // namespace

Flow Block::execute(Run& run) const {
    for (const auto& statement : statements) {
        if (const Flow flow = statement->execute(run); flow != Flow::next) return flow;
    }
    return Flow::next;
}

void Target::assign(Run& run, Value value) const {
    if (parts.empty() && attribute.empty()) return run.set(name, std::move(value));
    if (parts.empty()) {
        const Value* holder = run.find(name);
        auto* space = holder == nullptr ? nullptr : dynamic_cast<Namespace*>(holder->object());
        if (space == nullptr)
            throw Fault("the attribute " + attribute + " of " + name + " cannot be set",
                        "Only those of a namespace() can");
        return space->set(run, attribute, std::move(value));
    }
    const Items items = run.iterate(value);
    if (items.size() != parts.size())
        throw Fault("there are " + std::to_string(items.size()) + " values for " + std::to_string(parts.size()) +
                    " names");
    for (std::size_t i = 0; i < parts.size(); ++i)
        parts[i].assign(run, items[i]);
}

Flow Data::perform(Run& run) const {
    run.write(text);
    return Flow::next;
}

Flow Output::perform(Run& run) const {
    const Value value = expression->value(run);
    run.line = line;
    if (const Text* text = value.text())
        run.write(text->bytes);
    else
        run.write(str(run, value));
    return Flow::next;
}

Flow If::perform(Run& run) const {
    for (const Branch& branch : branches) {
        if (!branch.condition || branch.condition->value(run).truth()) return branch.body.execute(run);
    }
    return Flow::next;
}

Flow For::perform(Run& run) const {
    loop(run, values->value(run), 0, run.scope());
    return Flow::next;
}

void For::loop(Run& run, const Value& over, int depth, const std::shared_ptr<Scope>& scope) const {
    run.line = line;
    Items items = run.iterate(over);
    if (filter) {
        std::vector<Value> kept;
        for (const Value& item : items) {
            const Run::Inner inner(run, scope);
            target.assign(run, item);
            if (filter->value(run).truth()) kept.push_back(item);
        }
        items = Items(run.list(std::move(kept)).shared_sequence());
    }
    auto* state = run.keep<Loop>(*this, items, depth, scope);
    for (std::size_t turn = 0; turn < items.size(); ++turn) {
        const Run::Inner inner(run, scope);
        state->turn_to(turn);
        run.set("loop", Value(static_cast<Object*>(state)));
        target.assign(run, items[turn]);
        if (body.execute(run) == Flow::leave_loop) break;
    }
    if (items.empty()) {
        const Run::Inner inner(run, scope);
        otherwise.execute(run);
    }
}

Flow Jump::perform(Run&) const {
    return flow;
}

Flow Assignment::perform(Run& run) const {
    Value result = value->value(run);
    run.line = line;
    target.assign(run, std::move(result));
    return Flow::next;
}

Flow BlockAssignment::perform(Run& run) const {
    std::string text;
    {
        const Run::Inner inner(run);
        text = captured(run, body);
    }
    target.assign(run, filtered(run, filters, run.text(std::move(text))));
    return Flow::next;
}

Flow FilterBlock::perform(Run& run) const {
    const Run::Inner inner(run);
    run.write(str(run, filtered(run, filters, run.text(captured(run, body)))));
    return Flow::next;
}

Flow With::perform(Run& run) const {
    std::vector<Value> given; // each is computed without the others
    for (const auto& [target, expression] : names)
        given.push_back(expression->value(run));
    const Run::Inner inner(run);
    for (std::size_t i = 0; i < names.size(); ++i)
        names[i].first.assign(run, std::move(given[i]));
    return body.execute(run);
}

Flow MacroDefinition::perform(Run& run) const {
    run.set(macro.name, Value(static_cast<Object*>(run.keep<Macro>(macro, run.scope()))));
    return Flow::next;
}

Flow CallBlock::perform(Run& run) const {
    const std::pair<std::string, Value> also = {"caller",
                                                Value(static_cast<Object*>(run.keep<Macro>(caller, run.scope())))};
    run.write(str(run, call->call(run, &also)));
    return Flow::next;
}

} // namespace diapason::chat
