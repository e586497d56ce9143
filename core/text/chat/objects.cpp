#include "core/text/chat/objects.h"

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/print.h"

#include <algorithm>

namespace diapason::chat {
namespace {

Value whole(std::size_t number) {
    return Value(static_cast<std::int64_t>(number));
}

template <class Owner>
Value own_method(Run& run, const Owner& owner, typename OwnMethod<Owner>::Function function) {
    // The run owns the object, which only looks constant from here.
    return Value(static_cast<Object*>(run.keep<OwnMethod<Owner>>(const_cast<Owner&>(owner), function)));
}

} // namespace

std::string Macro::shown(Run&) const {
    return "<Macro " + chat::quoted(m_body.name) + ">";
}

std::optional<Value> Macro::attribute(Run& run, std::string_view name) const {
    if (name == "name") return run.text(m_body.name);
    return std::nullopt;
}

void Macro::set_parameters(Run& run, const Arguments& arguments) const {
    const auto& names = m_body.parameters;
    const std::size_t count = std::min(arguments.positional.size(), names.size());
    for (std::size_t i = 0; i < count; ++i)
        run.set(names[i], arguments.positional[i]);
    if (arguments.positional.size() > count && !m_body.takes_more)
        throw Fault("the macro " + m_body.name + " takes at most " + std::to_string(names.size()) + " arguments, not " +
                    std::to_string(arguments.positional.size()));
    Mapping others;
    for (const auto& [name, value] : arguments.named) {
        run.spend(1 + names.size() / 4);
        const auto found = std::find(names.begin(), names.end(), name);
        if (found != names.end()) {
            if (found < names.begin() + static_cast<std::ptrdiff_t>(count))
                throw Fault("the macro " + m_body.name + " is given its argument " + name + " twice");
            run.set(*found, value);
        } else if (name == "caller") {
            run.set("caller", value);
        } else if (m_body.takes_named) {
            others.set(run, run.text(name), value);
        } else {
            throw Fault("the macro " + m_body.name + " does not take an argument " + name);
        }
    }
    if (m_body.takes_named) run.set("kwargs", run.mapping(std::move(others)));
    if (m_body.takes_more)
        run.set("varargs", run.list({arguments.positional.begin() + static_cast<std::ptrdiff_t>(count),
                                     arguments.positional.end()},
                                    Form::tuple));
    const std::size_t first_default = names.size() - m_body.defaults.size();
    const auto& own = run.scope()->names;
    for (std::size_t i = count; i < names.size(); ++i) {
        if (own.count(names[i]) != 0) continue;
        // Later ones may speak of earlier ones.
        run.set(names[i], i >= first_default ? m_body.defaults[i - first_default]->value(run)
                                             : Value(Undefined{std::make_shared<const std::string>(names[i])}));
    }
}

Value Macro::call(Run& run, const Arguments& arguments) {
    const Run::Level level(run);
    const Run::Inner inner(run, m_scope);
    set_parameters(run, arguments);
    Run::Capture capture(run);
    m_body.body.execute(run);
    return run.text(capture.take());
}

std::string Loop::shown(Run&) const {
    return "<LoopContext " + std::to_string(m_turn + 1) + "/" + std::to_string(m_items.size()) + ">";
}

bool Loop::callable() const {
    return m_statement.recursive;
}

Value Loop::call(Run& run, const Arguments& arguments) {
    if (!m_statement.recursive)
        throw Fault("this loop cannot be called", "In Jinja, {% for … recursive %} makes a loop that can");
    static const Signature signature = {{"iterable"}, 1};
    const Bound bound(signature, arguments, "loop()");
    Run::Capture capture(run);
    m_statement.loop(run, bound.at(0), m_depth + 1, m_scope);
    return run.text(capture.take());
}

std::optional<Value> Loop::attribute(Run& run, std::string_view name) const {
    using Part = Value (*)(Run&, const Loop&);
    static constexpr struct {
        std::string_view name;
        Part part;
    } parts[] = {
        {"index", [](Run&, const Loop& l) { return whole(l.m_turn + 1); }},
        {"index0", [](Run&, const Loop& l) { return whole(l.m_turn); }},
        {"first", [](Run&, const Loop& l) { return Value(l.m_turn == 0); }},
        {"last", [](Run&, const Loop& l) { return Value(l.m_turn + 1 == l.m_items.size()); }},
        {"length", [](Run&, const Loop& l) { return whole(l.m_items.size()); }},
        {"revindex", [](Run&, const Loop& l) { return whole(l.m_items.size() - l.m_turn); }},
        {"revindex0", [](Run&, const Loop& l) { return whole(l.m_items.size() - l.m_turn - 1); }},
        {"depth", [](Run&, const Loop& l) { return Value(std::int64_t{l.m_depth + 1}); }},
        {"depth0", [](Run&, const Loop& l) { return Value(std::int64_t{l.m_depth}); }},
        {"previtem", [](Run&, const Loop& l) { return l.m_turn == 0 ? Value(Undefined{}) : l.m_items[l.m_turn - 1]; }},
        {"nextitem",
         [](Run&, const Loop& l) {
             return l.m_turn + 1 < l.m_items.size() ? l.m_items[l.m_turn + 1] : Value(Undefined{});
         }},
        {"cycle",
         [](Run& r, const Loop& l) {
             return own_method<Loop>(r, l, [](Run&, Loop& loop, const Arguments& a) { return loop.cycle(a); });
         }},
        {"changed", [](Run& r, const Loop& l) {
             return own_method<Loop>(
                 r, l, [](Run& run_of, Loop& loop, const Arguments& a) { return Value(loop.changed(run_of, a)); });
         }}};
    for (const auto& part : parts) {
        if (part.name == name) return part.part(run, *this);
    }
    return std::nullopt;
}

Value Loop::cycle(const Arguments& values) const {
    if (values.positional.empty()) throw Fault("cycle() needs values");
    return values.positional[m_turn % values.positional.size()];
}

bool Loop::changed(Run& run, const Arguments& values) {
    const auto same = [&](const Value& a, const Value& b) { return equal(run, a, b); };
    const bool differ = !m_last || !std::equal(m_last->begin(), m_last->end(), values.positional.begin(),
                                               values.positional.end(), same);
    if (differ) m_last = values.positional;
    return differ;
}

void Namespace::set(Run& run, const std::string& name, Value value) {
    if (name.starts_with('_')) throw Fault("a namespace does not take names that begin with _", "Rename " + name);
    m_mapping.set(run, run.text(name), std::move(value));
}

std::string Namespace::shown(Run&) const {
    return "<Namespace>";
}

std::optional<Value> Namespace::attribute(Run&, std::string_view name) const {
    const Value* found = m_mapping.find(name);
    return found == nullptr ? std::nullopt : std::optional(*found);
}

Value Joiner::call(Run& run, const Arguments&) {
    return std::exchange(m_used, true) ? m_separator : run.text({});
}

std::optional<Value> Cycler::attribute(Run& run, std::string_view name) const {
    if (name == "current") return m_values[m_at];
    if (name == "next")
        return own_method<Cycler>(run, *this, [](Run&, Cycler& c, const Arguments&) { return c.next(); });
    if (name == "reset")
        return own_method<Cycler>(run, *this, [](Run&, Cycler& c, const Arguments&) { return c.reset(); });
    return std::nullopt;
}

Value Cycler::next() {
    const std::size_t at = std::exchange(m_at, (m_at + 1) % m_values.size());
    return m_values[at];
}

Value Cycler::reset() {
    m_at = 0;
    return {};
}

} // namespace diapason::chat
