// The tests of templates: {% if x is name %}.

#include "core/text/chat/fault.h"
#include "core/text/chat/filters.h"
#include "core/text/chat/operators.h"
#include "core/text/chat/print.h"
#include "core/text/chat/search.h"

namespace diapason::chat {
namespace {

using Test = bool (*)(const Value&);

// Those that look at nothing but the type.
template <Test test>
bool of_type(Run&, const Value& value, const Bound&) {
    return test(value);
}
bool is_integer(const Value& value) {
    return value.integer() != nullptr;
}
bool is_mapping(const Value& value) {
    return value.mapping() != nullptr;
}
bool is_text(const Value& value) {
    return value.text() != nullptr;
}
bool is_boolean(const Value& value) {
    return value.boolean() != nullptr;
}
bool is_true(const Value& value) {
    return is_boolean(value) && *value.boolean();
}
bool is_false(const Value& value) {
    return is_boolean(value) && !*value.boolean();
}
bool is_float(const Value& value) {
    return value.real() != nullptr;
}
bool is_defined(const Value& value) {
    return !value.is_undefined();
}
bool is_escaped(const Value& value) {
    return is_text(value) && value.text()->markup;
}
bool is_iterable(const Value& value) { // an undefined value is an empty list
    return is_text(value) || value.sequence() != nullptr || is_mapping(value) || value.is_undefined();
}
bool is_sequence(const Value& value) {
    const Sequence* list = value.sequence();
    if (list == nullptr) return is_iterable(value);
    return list->form == Form::list || list->form == Form::tuple || list->form == Form::range;
}
bool is_callable(const Value& value) {
    return value.is_undefined() || (value.object() != nullptr && value.object()->callable());
}
bool is_undefined(const Value& value) {
    return value.is_undefined();
}
bool is_none(const Value& value) {
    return value.is_none();
}
bool is_number(const Value& value) {
    return value.is_number();
}

template <class Row>
bool is_named(Row find, const Value& value) {
    return value.text() != nullptr && find(value.text()->bytes) != nullptr;
}
bool is_filter(const Value& value) {
    return is_named(find_filter, value);
}
bool is_test(const Value& value) {
    return is_named(find_condition, value);
}

// Those that an operator decides.
template <const char* sign>
bool compared(Run& run, const Value& value, const Bound& arguments) {
    static const Comparison compare = comparison(sign);
    return compare(run, value, arguments.at(0));
}
constexpr char eq[] = "==", ne[] = "!=", lt[] = "<", le[] = "<=", gt[] = ">", ge[] = ">=", in[] = "in";

Value remainder(Run& run, const Value& value, const Value& divisor) {
    static const BinaryOperation modulo = binary_operation("%");
    return modulo(run, value, divisor);
}
template <std::int64_t wanted>
bool has_remainder(Run& run, const Value& value, const Bound&) {
    return equal(run, remainder(run, value, Value(std::int64_t{2})), Value(wanted));
}
bool is_divisible(Run& run, const Value& value, const Bound& arguments) {
    return !remainder(run, value, arguments.at(0)).truth();
}

bool is_same(Run& run, const Value& value, const Bound& arguments) {
    const Value& other = arguments.at(0);
    if (value.text() != nullptr || other.text() != nullptr) return value.text() == other.text();
    if (value.sequence() != nullptr || other.sequence() != nullptr) return value.sequence() == other.sequence();
    if (value.mapping() != nullptr || other.mapping() != nullptr) return value.mapping() == other.mapping();
    const bool same_type = is_boolean(value) == is_boolean(other) && is_float(value) == is_float(other);
    return same_type && equal(run, value, other);
}

template <bool upper_case>
bool is_cased(Run& run, const Value& value, const Bound&) {
    return is_in_case(run, Text{str(run, value)}, upper_case);
}

} // namespace

const std::vector<Condition>& conditions() {
    static const Signature other = {{"other"}, 1};
    static const std::vector<Condition> table = {{"!=", other, compared<ne>},
                                                 {"<", other, compared<lt>},
                                                 {"<=", other, compared<le>},
                                                 {"==", other, compared<eq>},
                                                 {">", other, compared<gt>},
                                                 {">=", other, compared<ge>},
                                                 {"boolean", {}, of_type<is_boolean>},
                                                 {"callable", {}, of_type<is_callable>},
                                                 {"defined", {}, of_type<is_defined>},
                                                 {"divisibleby", {{"num"}, 1}, is_divisible},
                                                 {"eq", other, compared<eq>},
                                                 {"equalto", other, compared<eq>},
                                                 {"escaped", {}, of_type<is_escaped>},
                                                 {"even", {}, has_remainder<0>},
                                                 {"false", {}, of_type<is_false>},
                                                 {"filter", {}, of_type<is_filter>},
                                                 {"float", {}, of_type<is_float>},
                                                 {"ge", other, compared<ge>},
                                                 {"greaterthan", other, compared<gt>},
                                                 {"gt", other, compared<gt>},
                                                 {"in", {{"seq"}, 1}, compared<in>},
                                                 {"integer", {}, of_type<is_integer>},
                                                 {"iterable", {}, of_type<is_iterable>},
                                                 {"le", other, compared<le>},
                                                 {"lessthan", other, compared<lt>},
                                                 {"lower", {}, is_cased<false>},
                                                 {"lt", other, compared<lt>},
                                                 {"mapping", {}, of_type<is_mapping>},
                                                 {"ne", other, compared<ne>},
                                                 {"none", {}, of_type<is_none>},
                                                 {"number", {}, of_type<is_number>},
                                                 {"odd", {}, has_remainder<1>},
                                                 {"sameas", other, is_same},
                                                 {"sequence", {}, of_type<is_sequence>},
                                                 {"string", {}, of_type<is_text>},
                                                 {"test", {}, of_type<is_test>},
                                                 {"true", {}, of_type<is_true>},
                                                 {"undefined", {}, of_type<is_undefined>},
                                                 {"upper", {}, is_cased<true>}};
    return table;
}

} // namespace diapason::chat
