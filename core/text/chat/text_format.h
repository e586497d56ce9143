// Python's two ways to put values into a text: "%s of %d" % values, and "{} of {:>3}".format(values).
#pragma once

#include "core/text/chat/run.h"

#include <string>

namespace diapason::chat {

/// @param values a tuple, a dictionary for %(name)s, or the only value
/// @throws Fault for a conversion that is unknown or does not go with its value, and too few or too many values
std::string format_by_percent(Run& run, const std::string& format, const Value& values);

/// Fields by place or name, with !s and !r; of format specifications fill, alignment, sign, zeros, width, comma,
/// precision and the types s d f e g x o b c %. No attributes or entries of values. @throws Fault
std::string format_by_braces(Run& run, const std::string& format, const Arguments& values);

} // namespace diapason::chat
