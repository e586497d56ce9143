// Methods of lists and dictionaries, and how a method is found.

#include "core/text/chat/methods.h"

#include "core/text/chat/fault.h"
#include "core/text/chat/operators.h"

#include <algorithm>

namespace diapason::chat {
namespace {

Value index_of(Run& run, const Value& self, const Bound& arguments) {
    const auto& items = self.sequence()->items;
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const Value& item) { return equal(run, item, arguments.at(0)); });
    if (found == items.end()) throw Fault("index(): the list does not contain the value");
    return Value(static_cast<std::int64_t>(found - items.begin()));
}

Value count_of(Run& run, const Value& self, const Bound& arguments) {
    const auto& items = self.sequence()->items;
    return Value(static_cast<std::int64_t>(std::count_if(
        items.begin(), items.end(), [&](const Value& item) { return equal(run, item, arguments.at(0)); })));
}

Value copied(Run&, const Value& self, const Bound&) {
    return self;
}

Value get(Run& run, const Value& self, const Bound& arguments) {
    const Value* found = self.mapping()->find(run, arguments.at(0));
    if (found != nullptr) return *found;
    return arguments.has(1) ? arguments.at(1) : Value();
}

Value keys(Run& run, const Value& self, const Bound&) {
    std::vector<Value> list;
    for (const auto& entry : self.mapping()->entries())
        list.push_back(entry.first);
    return run.list(std::move(list), Form::keys);
}

Value values(Run& run, const Value& self, const Bound&) {
    std::vector<Value> list;
    for (const auto& entry : self.mapping()->entries())
        list.push_back(entry.second);
    return run.list(std::move(list), Form::values);
}

Value items(Run& run, const Value& self, const Bound&) {
    std::vector<Value> list;
    for (const auto& [key, value] : self.mapping()->entries())
        list.push_back(run.list({key, value}, Form::tuple));
    return run.list(std::move(list), Form::items);
}

} // namespace

const std::vector<Method>& sequence_methods() {
    static const std::vector<Method> table = {{"append", {}, nullptr}, {"clear", {}, nullptr},
                                              {"copy", {}, copied},    {"count", {{"value"}, 1}, count_of},
                                              {"extend", {}, nullptr}, {"index", {{"value"}, 1}, index_of},
                                              {"insert", {}, nullptr}, {"pop", {}, nullptr},
                                              {"remove", {}, nullptr}, {"reverse", {}, nullptr},
                                              {"sort", {}, nullptr}};
    return table;
}

const std::vector<Method>& mapping_methods() {
    static const std::vector<Method> table = {
        {"clear", {}, nullptr},   {"copy", {}, copied},        {"get", {{"key", "default"}, 1}, get},
        {"items", {}, items},     {"keys", {}, keys},          {"pop", {}, nullptr},
        {"popitem", {}, nullptr}, {"setdefault", {}, nullptr}, {"update", {}, nullptr},
        {"values", {}, values}};
    return table;
}

const Method* find_method(const Value& value, std::string_view name) {
    const std::vector<Method>* table = nullptr;
    if (value.text() != nullptr) table = &text_methods();
    if (value.mapping() != nullptr) table = &mapping_methods();
    if (const Sequence* sequence = value.sequence();
        sequence != nullptr && (sequence->form == Form::list || sequence->form == Form::tuple))
        table = &sequence_methods();
    if (table == nullptr) return nullptr;
    const auto found = std::lower_bound(table->begin(), table->end(), name,
                                        [](const Method& m, std::string_view n) { return m.name < n; });
    return found == table->end() || found->name != name ? nullptr : &*found;
}

Value call_method(Run& run, const Value& self, const Method& method, const Arguments& arguments) {
    if (method.function == nullptr)
        throw Fault(std::string(method.name) + "() would change its value, which templates must not do",
                    "In Jinja, + makes a longer list, and namespace() keeps what changes");
    return method.function(run, self, Bound(method.signature, arguments, std::string(method.name) + "()"));
}

std::string BoundMethod::shown(Run&) const {
    return "<built-in method " + std::string(m_method.name) + ">";
}

Value BoundMethod::call(Run& run, const Arguments& arguments) {
    return call_method(run, m_self, m_method, arguments);
}

} // namespace diapason::chat
