#include "experiments/engine/verify/case_lines.h"

#include "core/base/error.h"
#include "core/base/visible_text.h"

#include <algorithm>

namespace diapason {

void for_each_case_line(const std::filesystem::path& lines, const std::string& kind, VerifyReport& report,
                        const std::function<void(const Json&, const std::string&)>& check) {
    const std::string text = read_file(lines, max_case_bytes);
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        const std::string raw = text.substr(at, end - at);
        const std::string origin = lines.string() + ", line " + std::to_string(++number);
        at = end + 1;
        if (raw.find_first_not_of(" \t\r") == std::string::npos) continue;
        try {
            check(parse_json(raw, origin), origin);
        } catch (const Json::exception& error) {
            report.fail(std::to_string(number), origin + ": is not a line of a " + kind + " case: " + error.what());
        } catch (const Error& error) {
            report.fail(std::to_string(number), error.what());
        }
    }
    if (number == 0) throw input_error(lines.string(), "contains no lines");
}

std::string shown_in_report(const Json& value) {
    return shortened(value.dump(-1, ' ', false, Json::error_handler_t::replace), 300);
}

} // namespace diapason
