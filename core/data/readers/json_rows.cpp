#include "core/data/readers/json_rows.h"

#include "core/base/error.h"

namespace diapason {
namespace {

// @return what is wrong, empty when nothing is
std::string fill_field(Example& example, const ExampleField& field, const ColumnNames& columns, const Json& object) {
    Json values = Json::array();
    for (const std::string& column : columns) {
        const Json* found = value_at(object, column);
        if (found == nullptr || (found->is_null() && field.optional))
            return field.optional ? std::string() : "has no \"" + column + "\"";
        if (columns.size() == 1) {
            const std::string wrong = set_field(example, field, *found);
            return wrong.empty() ? wrong : "\"" + column + "\" " + wrong;
        }
        values.push_back(*found);
    }
    const std::string wrong = set_field(example, field, values);
    return wrong.empty() ? wrong : std::string(field.name) + " " + wrong;
}

} // namespace

const Json* value_at(const Json& object, const std::string& key) {
    if (!object.is_object()) return nullptr;
    if (const auto found = object.find(key); found != object.end()) return &*found;
    for (auto point = key.find('.'); point != std::string::npos; point = key.find('.', point + 1)) {
        const auto found = object.find(key.substr(0, point));
        if (found == object.end()) continue;
        if (const Json* below = value_at(*found, key.substr(point + 1)); below != nullptr) return below;
    }
    return nullptr;
}

void add_json_row(const Json& value, std::size_t line, const ColumnMap& columns, DataRows& rows) {
    if (!value.is_object()) return rows.problem(line, "is not a JSON object");
    Example example;
    for (const auto& [field, names] : columns) {
        const std::string wrong = fill_field(example, *find_example_field(field), names, value);
        if (!wrong.empty()) return rows.problem(line, wrong);
    }
    rows.add(line, std::move(example));
}

bool for_each_value(const ReadRequest& request, const RecordPath& path, DataRows& rows, const UseOfValue& use) {
    return for_each_record(request.file, path, [&](const JsonRecord& record) {
        rows.problems().attempt(record.line, [&] { use(record.value({}), record.line); });
    });
}

void for_each_json_line(const std::filesystem::path& file, LineProblems& problems, const UseOfValue& use) {
    for_each_line(file, problems, [&](std::size_t number, const std::string& line) {
        if (line.find_first_not_of(" \t") == std::string::npos) return;
        problems.attempt(number, [&] { use(parse_json(line, {}), number); });
    });
}

} // namespace diapason
