// Values as text: as Python prints them, and as JSON.
#pragma once

#include "core/text/chat/run.h"

#include <string>

namespace diapason::chat {

// All of these cost the run what they make, and @throw Fault when that is too much.

std::string str(Run& run, const Value& value);  ///< what {{ value }} writes: nothing for an undefined one
std::string repr(Run& run, const Value& value); ///< the same inside of lists: strings quoted

struct JsonStyle {
    bool ascii = false;
    bool sorted = false;
    bool lines = false; ///< each item on a line, indented by `indent`
    std::string indent;
    std::string between = ", "; ///< items
    std::string behind_key = ": ";
};
/// As json.dumps. @throws Fault for what JSON has no word for: undefined values, generators, functions
std::string to_json(Run& run, const Value& value, const JsonStyle& style);

} // namespace diapason::chat
