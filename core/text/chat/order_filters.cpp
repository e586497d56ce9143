// Filters that compare items with each other.

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/filters.h"
#include "core/text/chat/item_key.h"
#include "core/text/chat/operators.h"

#include <algorithm>

namespace diapason::chat {
namespace {

struct Keyed {
    std::vector<Value> keys; ///< compared one after the other
    Value item;
};

bool is_before(Run& run, const std::vector<Value>& a, const std::vector<Value>& b) {
    for (std::size_t i = 0; i + 1 < a.size(); ++i) {
        if (!equal(run, a[i], b[i])) return less(run, a[i], b[i]);
    }
    return !a.empty() && less(run, a.back(), b.back());
}

std::vector<Value> sorted(Run& run, std::vector<Keyed> list, bool backwards) {
    run.spend(4 * list.size());
    std::stable_sort(list.begin(), list.end(), [&](const Keyed& a, const Keyed& b) {
        return backwards ? is_before(run, b.keys, a.keys) : is_before(run, a.keys, b.keys);
    });
    std::vector<Value> items;
    items.reserve(list.size());
    for (Keyed& keyed : list)
        items.push_back(std::move(keyed.item));
    return items;
}

Value sort(Run& run, const Value& input, const Bound& arguments) {
    std::vector<ItemKey> by;
    if (arguments.given(2) && arguments.at(2).text() != nullptr) { // "a,b": by a, then by b
        std::string_view rest = arguments.at(2).text()->bytes;
        for (std::size_t end = 0; end != std::string_view::npos;) {
            end = rest.find(',');
            by.emplace_back(run, run.text(std::string(rest.substr(0, end))));
            if (end != std::string_view::npos) rest.remove_prefix(end + 1);
        }
    } else {
        by.emplace_back(run, arguments.given(2) ? arguments.at(2) : Value());
    }
    const bool fold = !arguments.truth(1, false);
    std::vector<Keyed> list;
    for (const Value& item : run.iterate(input)) {
        Keyed keyed{{}, item};
        run.spend(2 * by.size());
        for (const ItemKey& key : by)
            keyed.keys.push_back(key.folded(run, item, fold));
        list.push_back(std::move(keyed));
    }
    return run.list(sorted(run, std::move(list), arguments.truth(0, false)));
}

Value sort_entries(Run& run, const Value& input, const Bound& arguments) {
    if (input.mapping() == nullptr) throw Fault("the filter dictsort needs a dictionary, not " + kind_in_words(input));
    const std::string_view by = arguments.text(1, "key");
    if (by != "key" && by != "value")
        throw Fault("the filter dictsort sorts by key or by value, not by " + std::string(by));
    const ItemKey key(run, Value(std::int64_t{by == "value" ? 1 : 0}));
    std::vector<Keyed> list;
    for (const auto& [name, value] : input.mapping()->entries()) {
        const Value pair = run.list({name, value}, Form::tuple);
        list.push_back({{key.folded(run, pair, !arguments.truth(0, false))}, pair});
    }
    return run.list(sorted(run, std::move(list), arguments.truth(2, false)));
}

Value unique(Run& run, const Value& input, const Bound& arguments) {
    const ItemKey key(run, arguments.has(1) ? arguments.at(1) : Value());
    Mapping seen;
    std::vector<Value> kept;
    for (const Value& item : run.iterate(input)) {
        run.spend(12);
        Value by = key.folded(run, item, !arguments.truth(0, false));
        if (seen.find(run, by) != nullptr) continue;
        seen.set(run, std::move(by), Value(true));
        kept.push_back(item);
    }
    return run.list(std::move(kept), Form::generator);
}

template <bool greatest>
Value extreme(Run& run, const Value& input, const Bound& arguments) {
    const ItemKey key(run, arguments.has(1) ? arguments.at(1) : Value());
    Value best = Undefined{}, best_key;
    bool first = true;
    for (const Value& item : run.iterate(input)) {
        const Value by = key.folded(run, item, !arguments.truth(0, false));
        if (!first && !(greatest ? less(run, best_key, by) : less(run, by, best_key))) continue;
        best = item;
        best_key = by;
        first = false;
    }
    return best;
}

} // namespace

const std::vector<Filter>& order_filters() {
    static const std::vector<Filter> table = {{"dictsort", {{"case_sensitive", "by", "reverse"}}, sort_entries},
                                              {"max", {{"case_sensitive", "attribute"}}, extreme<true>},
                                              {"min", {{"case_sensitive", "attribute"}}, extreme<false>},
                                              {"sort", {{"reverse", "case_sensitive", "attribute"}}, sort},
                                              {"unique", {{"case_sensitive", "attribute"}}, unique}};
    return table;
}

} // namespace diapason::chat
