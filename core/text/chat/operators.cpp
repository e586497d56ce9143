#include "core/text/chat/operators.h"

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/search.h"
#include "core/text/chat/text_format.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace diapason::chat {
namespace {

[[noreturn]] void fail_operands(const char* sign, const Value& a, const Value& b) {
    for (const Value* value : {&a, &b}) {
        if (value->is_undefined()) throw Fault(in_words(*value->undefined()));
    }
    throw Fault(std::string("the operator ") + sign + " does not go with " + kind_in_words(a) + " and " +
                kind_in_words(b));
}

[[noreturn]] void fail_overflow(const char* sign) {
    throw Fault(std::string("the result of the operator ") + sign + " has more than 64 bits");
}

bool are_wholes(const Value& a, const Value& b) {
    return a.is_whole() && b.is_whole();
}
bool are_numbers(const Value& a, const Value& b) {
    return a.is_number() && b.is_number();
}
void check_divisor(const Value& b) {
    if (b.number() == 0) throw Fault("division by zero");
}

std::string escaped_unless(const Text& text) {
    return text.markup ? text.bytes : escape_markup(text.bytes);
}

Value subtract(Run&, const Value& a, const Value& b) {
    std::int64_t result = 0;
    if (are_wholes(a, b)) {
        if (__builtin_sub_overflow(a.whole(), b.whole(), &result)) fail_overflow("-");
        return Value(result);
    }
    if (are_numbers(a, b)) return Value(a.number() - b.number());
    fail_operands("-", a, b);
}

Value repeated(Run& run, const Value& value, std::int64_t times) {
    const auto count = static_cast<std::size_t>(std::max<std::int64_t>(times, 0));
    if (const Text* text = value.text()) {
        if (!text->bytes.empty())
            run.allow_bytes(count > SIZE_MAX / text->bytes.size() ? SIZE_MAX : count * text->bytes.size());
        std::string out;
        out.reserve(text->bytes.empty() ? 0 : count * text->bytes.size());
        for (std::size_t i = 0; i < count && !text->bytes.empty(); ++i)
            out += text->bytes;
        return run.text_like(*text, std::move(out));
    }
    const Sequence& list = *value.sequence();
    if (!list.items.empty())
        run.allow_items(count > SIZE_MAX / list.items.size() ? SIZE_MAX : count * list.items.size());
    std::vector<Value> items;
    for (std::size_t i = 0; i < count && !list.items.empty(); ++i)
        items.insert(items.end(), list.items.begin(), list.items.end());
    return run.list(std::move(items), list.form);
}

bool is_list(const Value& value) {
    return value.sequence() != nullptr &&
           (value.sequence()->form == Form::list || value.sequence()->form == Form::tuple);
}

Value multiply(Run& run, const Value& a, const Value& b) {
    std::int64_t result = 0;
    if (are_wholes(a, b)) {
        if (__builtin_mul_overflow(a.whole(), b.whole(), &result)) fail_overflow("*");
        return Value(result);
    }
    if (are_numbers(a, b)) return Value(a.number() * b.number());
    if ((a.text() != nullptr || is_list(a)) && b.is_whole()) return repeated(run, a, b.whole());
    if ((b.text() != nullptr || is_list(b)) && a.is_whole()) return repeated(run, b, a.whole());
    fail_operands("*", a, b);
}

Value divide(Run&, const Value& a, const Value& b) {
    if (!are_numbers(a, b)) fail_operands("/", a, b);
    check_divisor(b);
    return Value(a.number() / b.number());
}

// The remainder has the sign of the divisor, and the quotient fits it.
struct Division {
    double quotient, remainder;
};
Division floored(double a, double b) {
    double remainder = std::fmod(a, b);
    double quotient = (a - remainder) / b;
    if (remainder != 0 && (b < 0) != (remainder < 0)) {
        remainder += b;
        quotient -= 1;
    } else if (remainder == 0) {
        remainder = std::copysign(0.0, b);
    }
    const double below = std::floor(quotient);
    return {quotient - below > 0.5 ? below + 1 : below, remainder};
}

Value floor_divide(Run&, const Value& a, const Value& b) {
    if (!are_numbers(a, b)) fail_operands("//", a, b);
    check_divisor(b);
    if (!are_wholes(a, b)) return Value(floored(a.number(), b.number()).quotient);
    const std::int64_t x = a.whole(), y = b.whole();
    if (x == INT64_MIN && y == -1) fail_overflow("//");
    return Value(x / y - static_cast<std::int64_t>(x % y != 0 && (x < 0) != (y < 0)));
}

Value modulo(Run& run, const Value& a, const Value& b) {
    if (const Text* text = a.text()) return run.text_like(*text, format_by_percent(run, text->bytes, b));
    if (!are_numbers(a, b)) fail_operands("%", a, b);
    check_divisor(b);
    if (!are_wholes(a, b)) return Value(floored(a.number(), b.number()).remainder);
    const std::int64_t x = a.whole(), y = b.whole();
    if (y == -1) return Value(std::int64_t{0});
    const std::int64_t remainder = x % y;
    return Value(remainder != 0 && (remainder < 0) != (y < 0) ? remainder + y : remainder);
}

Value power(Run&, const Value& a, const Value& b) {
    if (!are_numbers(a, b)) fail_operands("**", a, b);
    if (are_wholes(a, b) && b.whole() >= 0) {
        std::int64_t result = 1, base = a.whole();
        for (std::int64_t exponent = b.whole(); exponent != 0; exponent >>= 1) {
            if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) fail_overflow("**");
            if (exponent > 1 && __builtin_mul_overflow(base, base, &base)) fail_overflow("**");
        }
        return Value(result);
    }
    if (a.number() == 0 && b.number() < 0) throw Fault("division by zero");
    const double result = std::pow(a.number(), b.number());
    if (!std::isfinite(result) && std::isfinite(a.number()) && std::isfinite(b.number()))
        throw Fault("the result of the operator ** is not a finite number");
    return Value(result);
}

// -1, 0, 1; 2 where one is not a number. Exact, unlike a conversion of large integers.
int order(const Value& a, const Value& b) {
    if (are_wholes(a, b)) return a.whole() < b.whole() ? -1 : a.whole() > b.whole();
    if (a.real() != nullptr && b.real() != nullptr) {
        if (std::isnan(*a.real()) || std::isnan(*b.real())) return 2;
        return *a.real() < *b.real() ? -1 : *a.real() > *b.real();
    }
    if (a.real() != nullptr) {
        const int turned = order(b, a);
        return turned == 2 ? 2 : -turned;
    }
    const double real = *b.real();
    if (std::isnan(real)) return 2;
    if (real >= 9223372036854775808.0) return -1;
    if (real < -9223372036854775808.0) return 1;
    const double whole = std::floor(real);
    const auto floor = static_cast<std::int64_t>(whole);
    if (a.whole() != floor) return a.whole() < floor ? -1 : 1;
    return real > whole ? -1 : 0;
}

bool equal_items(Run& run, const Sequence& a, const Sequence& b) {
    return a.items.size() == b.items.size() &&
           std::equal(a.items.begin(), a.items.end(), b.items.begin(),
                      [&](const Value& x, const Value& y) { return equal(run, x, y); });
}

bool equal_entries(Run& run, const Mapping& a, const Mapping& b) {
    return a.entries().size() == b.entries().size() &&
           std::all_of(a.entries().begin(), a.entries().end(), [&](const Mapping::Entry& entry) {
               const Value* other = b.find(run, entry.first);
               return other != nullptr && equal(run, entry.second, *other);
           });
}

bool is_less(Run& run, const Value& a, const Value& b, const char* sign) {
    run.spend(1);
    if (are_numbers(a, b)) return order(a, b) == -1;
    if (a.text() != nullptr && b.text() != nullptr) {
        run.spend(std::min(a.text()->bytes.size(), b.text()->bytes.size()) / 64);
        return a.text()->bytes < b.text()->bytes;
    }
    if (is_list(a) && is_list(b) && a.sequence()->form == b.sequence()->form) {
        const auto &x = a.sequence()->items, &y = b.sequence()->items;
        for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
            if (!equal(run, x[i], y[i])) return is_less(run, x[i], y[i], sign);
        }
        return x.size() < y.size();
    }
    fail_operands(sign, a, b);
}

bool unequal(Run& run, const Value& a, const Value& b) {
    return !equal(run, a, b);
}
bool greater(Run& run, const Value& a, const Value& b) {
    return is_less(run, b, a, ">");
}
bool at_most(Run& run, const Value& a, const Value& b) {
    if (are_numbers(a, b)) return order(a, b) <= 0;
    return is_less(run, a, b, "<=") || equal(run, a, b);
}
bool at_least(Run& run, const Value& a, const Value& b) {
    return at_most(run, b, a);
}
bool is_in(Run& run, const Value& item, const Value& list) {
    return contains(run, list, item);
}

Value negative(Run&, const Value& value) {
    if (value.real() != nullptr) return Value(-*value.real());
    if (!value.is_whole()) fail_operands("-", value, value);
    if (value.whole() == INT64_MIN) fail_overflow("-");
    return Value(-value.whole());
}
Value positive(Run&, const Value& value) {
    if (value.real() != nullptr) return value;
    if (!value.is_whole()) fail_operands("+", value, value);
    return Value(value.whole());
}

template <class Row, std::size_t n>
auto function_of(const Row (&rows)[n], std::string_view sign) -> decltype(rows[0].function) {
    for (const Row& row : rows) {
        if (row.sign == sign) return row.function;
    }
    return nullptr;
}

} // namespace

Value add(Run& run, const Value& a, const Value& b) {
    std::int64_t result = 0;
    if (are_wholes(a, b)) {
        if (__builtin_add_overflow(a.whole(), b.whole(), &result)) fail_overflow("+");
        return Value(result);
    }
    if (are_numbers(a, b)) return Value(a.number() + b.number());
    if (a.text() != nullptr && b.text() != nullptr) {
        const Text &x = *a.text(), &y = *b.text();
        run.allow_bytes(x.bytes.size() + y.bytes.size());
        if (x.markup || y.markup) return run.text(escaped_unless(x) + escaped_unless(y), true);
        return run.text(x.bytes + y.bytes);
    }
    if (is_list(a) && is_list(b) && a.sequence()->form == b.sequence()->form) {
        run.allow_items(a.sequence()->items.size() + b.sequence()->items.size());
        std::vector<Value> items = a.sequence()->items;
        items.insert(items.end(), b.sequence()->items.begin(), b.sequence()->items.end());
        return run.list(std::move(items), a.sequence()->form);
    }
    fail_operands("+", a, b);
}

bool equal(Run& run, const Value& a, const Value& b) {
    run.spend(1);
    if (are_numbers(a, b)) return order(a, b) == 0;
    if (a.text() != nullptr && b.text() != nullptr) {
        run.spend(std::min(a.text()->bytes.size(), b.text()->bytes.size()) / 64);
        return a.text()->bytes == b.text()->bytes;
    }
    if (a.sequence() != nullptr && b.sequence() != nullptr) {
        if (a.sequence() == b.sequence()) return true;
        return a.sequence()->form == b.sequence()->form && a.sequence()->form != Form::generator &&
               equal_items(run, *a.sequence(), *b.sequence());
    }
    if (a.mapping() != nullptr && b.mapping() != nullptr)
        return a.mapping() == b.mapping() || equal_entries(run, *a.mapping(), *b.mapping());
    if (a.object() != nullptr) return a.object() == b.object();
    return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

bool less(Run& run, const Value& a, const Value& b) {
    return is_less(run, a, b, "<");
}

bool contains(Run& run, const Value& list, const Value& item) {
    if (list.is_undefined()) return false;
    if (const Text* text = list.text()) {
        if (item.text() == nullptr) fail_operands("in", item, list);
        return find_text(run, text->bytes, item.text()->bytes) != std::string::npos;
    }
    if (const Mapping* mapping = list.mapping()) return mapping->find(run, item) != nullptr;
    if (list.sequence() == nullptr) fail_operands("in", item, list);
    const Items items = run.iterate(list);
    return std::any_of(items.begin(), items.end(), [&](const Value& other) { return equal(run, other, item); });
}

BinaryOperation binary_operation(std::string_view sign) {
    static constexpr struct {
        std::string_view sign;
        BinaryOperation function;
    } rows[] = {{"+", add},           {"-", subtract}, {"*", multiply}, {"/", divide},
                {"//", floor_divide}, {"%", modulo},   {"**", power}};
    return function_of(rows, sign);
}

Comparison comparison(std::string_view sign) {
    static constexpr struct {
        std::string_view sign;
        Comparison function;
    } rows[] = {{"==", equal},  {"!=", unequal},  {"<", less},  {"<=", at_most},
                {">", greater}, {">=", at_least}, {"in", is_in}};
    return function_of(rows, sign);
}

UnaryOperation unary_operation(std::string_view sign) {
    static constexpr struct {
        std::string_view sign;
        UnaryOperation function;
    } rows[] = {{"-", negative}, {"+", positive}};
    return function_of(rows, sign);
}

} // namespace diapason::chat
