// Filters that make numbers.

#include "core/text/chat/characters.h"
#include "core/text/chat/fault.h"
#include "core/text/chat/filters.h"
#include "core/text/chat/operators.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace diapason::chat {
namespace {

constexpr std::int64_t max_places = 300;

std::optional<std::int64_t> truncated(double value) {
    if (!(std::abs(value) < 9223372036854775808.0)) return std::nullopt; // and what is not finite
    return static_cast<std::int64_t>(value);
}

Value to_integer(Run& run, const Value& input, const Bound& arguments) {
    const Value otherwise = arguments.has(0) ? arguments.at(0) : Value(std::int64_t{0});
    const std::int64_t base = arguments.whole(1, 10);
    if (base < 2 || base > 36) throw Fault("the base of an integer is from 2 to 36");
    if (input.is_undefined()) throw Fault(in_words(*input.undefined()));
    if (input.is_whole()) return Value(input.whole());
    std::optional<double> real;
    if (input.real() != nullptr) real = *input.real();
    if (const Text* text = input.text()) {
        run.spend(text->bytes.size() / 2);
        if (const auto whole = read_whole(text->bytes, static_cast<int>(base))) return Value(*whole);
        real = read_real(text->bytes); // "42.23" is 42
    }
    const auto whole = real ? truncated(*real) : std::nullopt;
    return whole ? Value(*whole) : otherwise;
}

Value to_float(Run& run, const Value& input, const Bound& arguments) {
    Value otherwise = arguments.has(0) ? arguments.at(0) : Value(0.0);
    if (input.is_undefined()) throw Fault(in_words(*input.undefined()));
    if (input.is_number()) return Value(input.number());
    if (input.text() == nullptr) return otherwise;
    run.spend(input.text()->bytes.size() / 2);
    const auto real = read_real(input.text()->bytes);
    return real ? Value(*real) : otherwise;
}

Value absolute(Run& run, const Value& input, const Bound&) {
    if (input.real() != nullptr) return Value(std::abs(*input.real()));
    static const UnaryOperation negative = unary_operation("-");
    if (input.is_whole() && input.whole() >= 0) return Value(input.whole());
    return negative(run, input);
}

// Half to even of what the double is exactly, as printing does it.
double rounded(double value, int places) {
    char text[700];
    if (places >= 0) {
        std::snprintf(text, sizeof text, "%.*f", places, value);
        return std::strtod(text, nullptr);
    }
    const double unit = std::pow(10.0, -places);
    return std::nearbyint(value / unit) * unit;
}

Value round(Run&, const Value& input, const Bound& arguments) {
    const std::int64_t places = arguments.whole(0, 0);
    const std::string_view method = arguments.text(1, "common");
    if (places < -max_places || places > max_places) throw Fault("the filter round takes -300 to 300 places");
    if (method != "common" && method != "ceil" && method != "floor")
        throw Fault("the filter round knows the methods common, ceil and floor");
    if (!input.is_number()) throw Fault("the filter round needs a number, not " + kind_in_words(input));
    if (method == "common") {
        if (input.real() != nullptr && !std::isfinite(*input.real())) return input;
        if (input.real() != nullptr) return Value(rounded(*input.real(), static_cast<int>(places)));
        if (places >= 0) return Value(input.whole());
        const auto whole = truncated(rounded(input.number(), static_cast<int>(places)));
        if (!whole) throw Fault("the result of round has more than 64 bits");
        return Value(*whole);
    }
    const double unit = std::pow(10.0, static_cast<double>(places)), scaled = input.number() * unit;
    return Value((method == "ceil" ? std::ceil(scaled) : std::floor(scaled)) / unit);
}

} // namespace

const std::vector<Filter>& number_filters() {
    static const std::vector<Filter> table = {{"abs", {}, absolute},
                                              {"float", {{"default"}}, to_float},
                                              {"int", {{"default", "base"}}, to_integer},
                                              {"round", {{"precision", "method"}}, round}};
    return table;
}

} // namespace diapason::chat
