#include "core/base/error.h"

#include "core/base/visible_text.h"

#include <utility>

namespace diapason {
namespace {

constexpr std::size_t longest_value = 200, longest_line = 2000, longest_path = 4096;

// What a file of somebody's may have filled with megabytes: enough of it to find it.
const ErrorDetails& made_readable(ErrorDetails& details) {
    details.file = shortened(details.file, longest_path);
    details.field = shortened(details.field, longest_value);
    details.value = shortened(details.value, longest_value);
    details.what = line_by_line(details.what, [](std::string_view line) { return shortened(line, longest_line); });
    return details;
}

// "FILE: field FIELD = VALUE: what (remedy)": one line, the parts that are known.
std::string compose(const ErrorDetails& d) {
    std::string line;
    if (!d.file.empty()) line += d.file + ": ";
    if (!d.field.empty()) {
        line += d.field;
        if (!d.value.empty()) line += " = " + d.value;
        line += ": ";
    }
    line += d.what;
    if (!d.remedy.empty()) line += ". " + d.remedy;
    return line;
}

} // namespace

const char* name_of(ErrorKind kind) {
    switch (kind) {
    case ErrorKind::internal:
        return "internal";
    case ErrorKind::config:
        return "config";
    case ErrorKind::input:
        return "input";
    case ErrorKind::storage:
        return "storage";
    case ErrorKind::memory:
        return "memory";
    case ErrorKind::diverged:
        return "diverged";
    case ErrorKind::locked:
        return "locked";
    case ErrorKind::incompatible:
        return "incompatible";
    case ErrorKind::cancelled:
        return "cancelled";
    }
    return "internal";
}

Error::Error(ErrorKind kind, ErrorDetails details)
    : std::runtime_error(compose(made_readable(details))),
      m_kind(kind),
      m_details(std::move(details)) {}

Error::Error(ErrorKind kind, std::string what) : Error(kind, ErrorDetails{std::move(what), {}, {}, {}, {}}) {}

Error config_error(std::string field, std::string value, std::string what, std::string remedy) {
    return {ErrorKind::config, {std::move(what), {}, std::move(field), std::move(value), std::move(remedy)}};
}

Error input_error(std::string file, std::string what, std::string remedy) {
    return {ErrorKind::input, {std::move(what), std::move(file), {}, {}, std::move(remedy)}};
}

} // namespace diapason
