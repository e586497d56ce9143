// The tables of filters ({{ x | name }}), tests ({% if x is name %}) and functions that every template knows.
#pragma once

#include "core/text/chat/object.h"
#include "core/text/chat/run.h"

#include <string>
#include <string_view>
#include <vector>

namespace diapason::chat {

struct Filter {
    std::string_view name;
    Signature signature; ///< without the input
    Value (*function)(Run& run, const Value& input, const Bound& arguments);
};

struct Condition {
    std::string_view name;
    Signature signature; ///< without the input
    bool (*function)(Run& run, const Value& input, const Bound& arguments);
};

// Null when there is none with this name.
const Filter* find_filter(std::string_view name);
const Condition* find_condition(std::string_view name);
Builtin* find_function(std::string_view name); ///< has no state: one for all runs

// @param name may be unknown then: the filter is null @throws Fault
Value apply_filter(Run& run, const Filter* filter, const std::string& name, const Value& input,
                   const Arguments& arguments);
bool apply_condition(Run& run, const Condition* condition, const std::string& name, const Value& input,
                     const Arguments& arguments);

// The tables, by what they work on.
const std::vector<Filter>& text_filters();
const std::vector<Filter>& number_filters();
const std::vector<Filter>& list_filters();
const std::vector<Filter>& order_filters();
const std::vector<Condition>& conditions();

} // namespace diapason::chat
