// What Python's operators do with values. All @throw Fault for values that do not go together, integers of more than 64
// bits, and results that take more than the run has left.
#pragma once

#include "core/text/chat/run.h"

#include <optional>
#include <string_view>

namespace diapason::chat {

using BinaryOperation = Value (*)(Run&, const Value&, const Value&);
using Comparison = bool (*)(Run&, const Value&, const Value&);
using UnaryOperation = Value (*)(Run&, const Value&);

/// By sign: + - * / // % **; null for others.
BinaryOperation binary_operation(std::string_view sign);
/// By sign or word: == != < <= > >= in; null for others.
Comparison comparison(std::string_view sign);
/// + and -
UnaryOperation unary_operation(std::string_view sign);

Value add(Run& run, const Value& a, const Value& b);
bool equal(Run& run, const Value& a, const Value& b);
bool less(Run& run, const Value& a, const Value& b);
bool contains(Run& run, const Value& list, const Value& item);

/// len(). @throws Fault for what has none, a generator too
std::int64_t length(Run& run, const Value& value);

// The two ways to a part: value.name looks for a method first, value[key] for an entry.
Value attribute(Run& run, const Value& value, std::string_view name, const Undefined& otherwise);
Value subscript(Run& run, const Value& value, const Value& key);
Value slice(Run& run, const Value& value, const Value& start, const Value& stop, const Value& step);

} // namespace diapason::chat
