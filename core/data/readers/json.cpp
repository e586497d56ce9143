// A list of JSON objects, alone or as the "data" of an object.
#include "core/base/error.h"
#include "core/data/readers/json_rows.h"

namespace diapason {
namespace {

class JsonList : public DataReader {
public:
    const char* name() const override { return "json"; }
    const char* title() const override { return "A list of JSON objects"; }
    bool maps_columns() const override { return true; }

    std::string recognised(const FileBeginning& beginning) const override {
        const std::size_t first = beginning.text.find_first_not_of(" \t\r\n");
        if (first == std::string::npos) return {};
        const std::size_t second = beginning.text.find_first_not_of(" \t\r\n", first + 1);
        const bool objects = second != std::string::npos && beginning.text[second] == '{';
        return beginning.text[first] == '[' && objects ? "it begins as a list of objects" : "";
    }

    void for_each_object(const FileBeginning& beginning, const UseOfObject& use) const override {
        bool more = true;
        for_each_record_of(beginning.text, {every_entry}, [&](const JsonRecord& record) {
            if (more) more = use(record.value({}));
        });
    }

    void read(const ReadRequest& request, DataRows& rows) const override {
        // In an object the list is its "data".
        bool whole = false;
        const std::string beginning = read_beginning(request.file, 1u << 12, whole);
        const std::size_t first = beginning.find_first_not_of(" \t\r\n");
        const RecordPath path = first != std::string::npos && beginning[first] == '[' ? RecordPath{every_entry}
                                                                                      : RecordPath{"data", every_entry};
        const auto add = [&](const Json& value, std::size_t line) { add_json_row(value, line, request.columns, rows); };
        if (!for_each_value(request, path, rows, add))
            throw input_error(request.file.string(), "is neither a list nor an object whose \"data\" is one");
    }
};

} // namespace

const DataReader& json_reader() {
    static const JsonList reader;
    return reader;
}

} // namespace diapason
