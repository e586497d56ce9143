// Errors about files from outside: one line, however strange the file's own words are, and what the reader can do.
#pragma once

#include "core/base/error.h"
#include "core/base/visible_text.h"

#include <string>
#include <utility>

namespace diapason {

/// The text without control characters, cut after `limit` bytes (at the start of a character).
inline std::string in_one_line(std::string text, std::size_t limit = 400) {
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    }
    return shortened(text, limit);
}

/// What `read` returns. An Error(input) of it that says no remedy gets this one; its words become one line.
template <class Read>
auto with_remedy(const char* remedy, Read&& read) {
    try {
        return std::forward<Read>(read)();
    } catch (const Error& error) {
        ErrorDetails details = error.details();
        for (std::string* text : {&details.what, &details.field, &details.value})
            *text = in_one_line(std::move(*text));
        if (details.remedy.empty()) details.remedy = remedy;
        throw Error(error.kind(), std::move(details));
    }
}

} // namespace diapason
