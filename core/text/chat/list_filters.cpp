// Filters that go through lists, and those that take whatever comes.

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/filters.h"
#include "core/text/chat/item_key.h"
#include "core/text/chat/methods.h"
#include "core/text/chat/operators.h"
#include "core/text/chat/print.h"

#include <algorithm>

namespace diapason::chat {
namespace {

Value fallback(Run& run, const Value& input, const Bound& arguments) {
    const bool missing = input.is_undefined() || (arguments.truth(1, false) && !input.truth());
    if (!missing) return input;
    return arguments.has(0) ? arguments.at(0) : run.text({});
}

Value attribute_of(Run& run, const Value& input, const Bound& arguments) {
    const std::string_view name = arguments.text(0);
    run.spend(name.size() / 16);
    const Undefined missing{std::make_shared<const std::string>(name.substr(0, 100))};
    if (input.mapping() != nullptr && find_method(input, name) == nullptr) return missing; // no entries
    return attribute(run, input, name, missing);
}

Value first(Run& run, const Value& input, const Bound&) {
    const Items list = run.iterate(input);
    return list.empty() ? Value(Undefined{}) : list[0];
}

Value last(Run& run, const Value& input, const Bound&) {
    if (input.sequence() != nullptr && input.sequence()->form == Form::generator)
        throw Fault("a generator does not have a last item", "In Jinja, | list makes a list of it");
    const Items list = run.iterate(input);
    return list.empty() ? Value(Undefined{}) : list[list.size() - 1];
}

Value length_of(Run& run, const Value& input, const Bound&) {
    return Value(length(run, input));
}

Value to_list(Run& run, const Value& input, const Bound&) {
    const Items items = run.iterate(input);
    return run.list({items.begin(), items.end()});
}

Value items_of(Run& run, const Value& input, const Bound&) {
    if (input.is_undefined()) return run.list({}, Form::generator);
    if (input.mapping() == nullptr) throw Fault("the filter items needs a dictionary, not " + kind_in_words(input));
    std::vector<Value> items;
    for (const auto& [key, value] : input.mapping()->entries())
        items.push_back(run.list({key, value}, Form::tuple));
    return run.list(std::move(items), Form::generator);
}

Value join(Run& run, const Value& input, const Bound& arguments) {
    const std::string separator = arguments.has(0) ? str(run, arguments.at(0)) : "";
    const ItemKey key(run, arguments.has(1) ? arguments.at(1) : Value());
    std::string out;
    bool begun = false;
    for (const Value& item : run.iterate(input)) {
        const std::string text = str(run, key.of(run, item));
        run.allow_bytes(out.size() + separator.size() + text.size());
        run.spend((separator.size() + text.size()) / 16);
        if (std::exchange(begun, true)) out += separator;
        out += text;
    }
    return run.text(std::move(out));
}

Value reverse(Run& run, const Value& input, const Bound&) {
    if (const Text* text = input.text()) {
        const Items characters = run.iterate(input);
        std::string out;
        for (std::size_t i = characters.size(); i-- > 0;)
            out += characters[i].text()->bytes;
        return run.text_like(*text, std::move(out));
    }
    const Items items = run.iterate(input);
    return run.list({std::make_reverse_iterator(items.end()), std::make_reverse_iterator(items.begin())},
                    Form::generator);
}

// What map, select and their like go through: for them, nothing and zero are empty lists, too.
Items items_or_none(Run& run, const Value& input) {
    return run.iterate(input.truth() ? input : Value(Undefined{}));
}

// The arguments behind the first `skip`: those of a filter or test that is named by them.
Arguments behind(const Arguments& all, std::size_t skip) {
    Arguments rest;
    if (all.positional.size() > skip)
        rest.positional.assign(all.positional.begin() + static_cast<std::ptrdiff_t>(skip), all.positional.end());
    rest.named = all.named;
    return rest;
}

Value map(Run& run, const Value& input, const Bound& arguments) {
    const Arguments& all = arguments.all();
    std::vector<Value> mapped;
    if (all.positional.empty()) {
        static const Signature signature = {{"attribute", "default"}, 1};
        const Bound named(signature, all, "the filter map");
        const ItemKey key(run, named.at(0));
        const Value* otherwise = named.given(1) ? &named.at(1) : nullptr;
        for (const Value& item : items_or_none(run, input))
            mapped.push_back(key.of(run, item, otherwise));
        return run.list(std::move(mapped), Form::generator);
    }
    const std::string name = str(run, all.positional[0]);
    const Filter* filter = find_filter(name);
    const Arguments rest = behind(all, 1);
    for (const Value& item : items_or_none(run, input))
        mapped.push_back(apply_filter(run, filter, name, item, rest));
    return run.list(std::move(mapped), Form::generator);
}

// select, reject: by a test of the item. selectattr, rejectattr: by a test of an attribute.
template <bool wanted, bool by_attribute>
Value chosen(Run& run, const Value& input, const Bound& arguments) {
    constexpr std::size_t skip = by_attribute ? 1 : 0;
    const Arguments& all = arguments.all();
    if (all.positional.size() < skip) throw Fault(arguments.who() + " needs the name of an attribute");
    const ItemKey key(run, by_attribute ? all.positional[0] : Value());
    const std::string name = all.positional.size() > skip ? str(run, all.positional[skip]) : "";
    const Condition* condition = find_condition(name);
    const Arguments rest = behind(all, skip + 1);
    std::vector<Value> kept;
    for (const Value& item : items_or_none(run, input)) {
        const Value value = key.of(run, item);
        const bool holds = name.empty() ? value.truth() : apply_condition(run, condition, name, value, rest);
        if (holds == wanted) kept.push_back(item);
    }
    return run.list(std::move(kept), Form::generator);
}

std::size_t group_size(const Bound& arguments) {
    const std::int64_t size = arguments.whole(0, 0);
    if (size < 1) throw Fault(arguments.who() + " needs a number from 1");
    return static_cast<std::size_t>(size);
}

// Lists of so many items; the last one filled up.
Value batch(Run& run, const Value& input, const Bound& arguments) {
    const std::size_t size = group_size(arguments);
    std::vector<Value> groups, group;
    for (const Value& item : run.iterate(input)) {
        group.push_back(item);
        if (group.size() == size) groups.push_back(run.list(std::exchange(group, {})));
    }
    if (!group.empty() && arguments.given(1)) {
        run.allow_items(size);
        group.resize(size, arguments.at(1));
    }
    if (!group.empty()) groups.push_back(run.list(std::move(group)));
    return run.list(std::move(groups), Form::generator);
}

// So many lists of the same size; the first ones have one item more, or the last ones are filled up.
Value slices(Run& run, const Value& input, const Bound& arguments) {
    const std::size_t count = group_size(arguments);
    const Items list = run.iterate(input);
    run.allow_items(4 * std::min(count, SIZE_MAX / 8));
    const std::size_t size = list.size() / count, longer = list.size() % count;
    std::vector<Value> groups;
    auto at = list.begin();
    for (std::size_t i = 0; i < count; ++i) {
        const auto end = at + static_cast<std::ptrdiff_t>(size + (i < longer ? 1 : 0));
        std::vector<Value> group(at, end);
        if (arguments.given(1) && i >= longer) group.push_back(arguments.at(1));
        groups.push_back(run.list(std::move(group)));
        at = end;
    }
    return run.list(std::move(groups), Form::generator);
}

Value sum(Run& run, const Value& input, const Bound& arguments) {
    const ItemKey key(run, arguments.has(0) ? arguments.at(0) : Value());
    Value total = arguments.has(1) ? arguments.at(1) : Value(std::int64_t{0});
    for (const Value& item : run.iterate(input))
        total = add(run, total, key.of(run, item));
    return total;
}

} // namespace

const std::vector<Filter>& list_filters() {
    static const Signature any = {{}, 0, true};
    static const std::vector<Filter> table = {{"attr", {{"name"}, 1}, attribute_of},
                                              {"batch", {{"linecount", "fill_with"}, 1}, batch},
                                              {"count", {}, length_of},
                                              {"d", {{"default_value", "boolean"}}, fallback},
                                              {"default", {{"default_value", "boolean"}}, fallback},
                                              {"first", {}, first},
                                              {"items", {}, items_of},
                                              {"join", {{"d", "attribute"}}, join},
                                              {"last", {}, last},
                                              {"length", {}, length_of},
                                              {"list", {}, to_list},
                                              {"map", any, map},
                                              {"reject", any, chosen<false, false>},
                                              {"rejectattr", any, chosen<false, true>},
                                              {"reverse", {}, reverse},
                                              {"select", any, chosen<true, false>},
                                              {"selectattr", any, chosen<true, true>},
                                              {"slice", {{"slices", "fill_with"}, 1}, slices},
                                              {"sum", {{"attribute", "start"}}, sum}};
    return table;
}

} // namespace diapason::chat
