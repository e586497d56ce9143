#include "core/text/chat/filters.h"

#include "core/base/words.h"
#include "core/text/chat/fault.h"

#include <map>

namespace diapason::chat {
namespace {

// The rows of some tables by their names.
template <class Row>
class Index {
public:
    Index(std::initializer_list<const std::vector<Row>*> tables) {
        for (const std::vector<Row>* table : tables) {
            for (const Row& row : *table)
                m_rows.emplace(row.name, &row);
        }
    }
    const Row* find(std::string_view name) const {
        const auto found = m_rows.find(name);
        return found == m_rows.end() ? nullptr : found->second;
    }
    [[noreturn]] void fail(const char* kind, const std::string& name) const {
        std::vector<std::string> names;
        for (const auto& [known, row] : m_rows)
            names.emplace_back(known);
        throw Fault(std::string("the ") + kind + " " + name + " is not supported",
                    did_you_mean(name, names, "Choose from " + joined(names, 100)));
    }

private:
    std::map<std::string_view, const Row*> m_rows;
};

const Index<Filter>& filter_index() {
    static const Index<Filter> index = {&text_filters(), &number_filters(), &list_filters(), &order_filters()};
    return index;
}

const Index<Condition>& condition_index() {
    static const Index<Condition> index = {&conditions()};
    return index;
}

} // namespace

const Filter* find_filter(std::string_view name) {
    return filter_index().find(name);
}

const Condition* find_condition(std::string_view name) {
    return condition_index().find(name);
}

Value apply_filter(Run& run, const Filter* filter, const std::string& name, const Value& input,
                   const Arguments& arguments) {
    if (filter == nullptr) filter_index().fail("filter", name);
    run.spend(1);
    return filter->function(run, input, Bound(filter->signature, arguments, "the filter " + name));
}

bool apply_condition(Run& run, const Condition* condition, const std::string& name, const Value& input,
                     const Arguments& arguments) {
    if (condition == nullptr) condition_index().fail("test", name);
    run.spend(1);
    return condition->function(run, input, Bound(condition->signature, arguments, "the test " + name));
}

} // namespace diapason::chat
