// One JSON object a line.
#include "core/base/error.h"
#include "core/data/readers/json_rows.h"

namespace diapason {
namespace {

class JsonLines : public DataReader {
public:
    const char* name() const override { return "jsonl"; }
    const char* title() const override { return "JSON Lines"; }
    bool maps_columns() const override { return true; }

    std::string recognised(const FileBeginning& beginning) const override {
        const std::size_t end = beginning.text.find('\n');
        if (end == std::string::npos && !beginning.whole) return {};
        try {
            if (!parse_json(beginning.text.substr(0, end), {}).is_object()) return {};
        } catch (const Error&) {
            return {};
        }
        return "its first line is a JSON object";
    }

    void for_each_object(const FileBeginning& beginning, const UseOfObject& use) const override {
        LineProblems ignored({});
        bool more = true;
        for_each_line_of(beginning.text, ignored, [&](std::size_t number, const std::string& line) {
            if (more && !line.empty()) ignored.attempt(number, [&] { more = use(parse_json(line, {})); });
        });
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        for_each_json_line(request.file, rows.problems(), [&](const Json& value, std::size_t line) {
            add_json_row(value, line, request.columns, rows);
        });
    }
};

} // namespace

const DataReader& jsonl_reader() {
    static const JsonLines reader;
    return reader;
}

} // namespace diapason
