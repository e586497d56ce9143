// Spider (Yu et al. 2018): questions on databases, answered in SQL. The input is "question | database | table : column
// , column | …", the target "database | query", as text-to-text models are tuned on it (Xie et al. 2022). Tables and
// columns stand in tables.json beside the questions.
#include "core/base/error.h"
#include "core/base/words.h"
#include "core/data/readers/json_rows.h"
#include "core/data/readers/record_reader.h"
#include "core/data/usual_columns.h"

#include <map>
#include <memory>

namespace diapason {
namespace {

using Schemas = std::map<std::string, std::string>; // by database: "| concert | stadium : id , name | …"

std::string schema_of(const Json& database) {
    const Json& tables = needed_list(database, "table_names_original");
    std::vector<std::string> columns(tables.size());
    for (const Json& column : needed_list(database, "column_names_original")) {
        if (!column.is_array() || column.size() != 2 || !column[0].is_number_integer() || !column[1].is_string())
            throw input_error({}, "has an entry of \"column_names_original\" that is not a table's number and a name");
        const std::int64_t table = column[0].get<std::int64_t>();
        if (table < 0) continue; // "*" belongs to none
        if (table >= static_cast<std::int64_t>(columns.size()))
            throw input_error({}, "has a column of table " + std::to_string(table) + " of " +
                                      std::to_string(columns.size()));
        std::string& list = columns[static_cast<std::size_t>(table)];
        list += (list.empty() ? "" : " , ") + in_lower_case(column[1].get<std::string>());
    }
    std::string text = "| " + needed_text(database, "db_id");
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (!tables[i].is_string()) throw input_error({}, "has a table without a name");
        text += " | " + in_lower_case(tables[i].get<std::string>()) + " : " + columns[i];
    }
    return text;
}

Schemas read_schemas(const std::filesystem::path& file) {
    std::error_code unreadable;
    if (!std::filesystem::exists(file, unreadable))
        throw input_error(file.string(), "is missing: it says which tables and columns the databases have",
                          "Put Spider's tables.json beside its questions");
    Schemas schemas;
    const bool found = for_each_record(file, {every_entry}, [&](const JsonRecord& record) {
        const Json database = record.value(file.string());
        try {
            schemas[needed_text(database, "db_id")] = schema_of(database);
        } catch (const Error& error) {
            throw input_error(file.string(), "line " + std::to_string(record.line) + ": " + error.details().what);
        }
    });
    if (!found) throw input_error(file.string(), "is not a list of databases");
    return schemas;
}

// In lower case save what stands in quotes, with single blanks and none in front of commas.
std::string normalised(const std::string& query) {
    std::string text;
    char quote = 0;
    for (const char c : without_extra_spaces(query)) {
        if (quote != 0 ? c == quote : (c == '\'' || c == '"')) quote = quote != 0 ? char(0) : c;
        if (quote == 0 && c == ',' && text.ends_with(' ')) text.pop_back();
        text += quote != 0 || c < 'A' || c > 'Z' ? c : static_cast<char>(c - 'A' + 'a');
    }
    return text;
}

AddRecord reading(const ReadRequest& request) {
    const auto file = request.file.parent_path() / "tables.json";
    const auto schemas = std::make_shared<const Schemas>(read_schemas(file));
    return [=](const Json& record, std::size_t line, DataRows& rows) {
        Example example;
        example.group = needed_text(record, "db_id");
        const auto schema = schemas->find(example.group);
        if (schema == schemas->end())
            throw input_error({}, "has the database \"" + example.group + "\", which is not in " + file.string());
        example.text = without_extra_spaces(needed_text(record, "question")) + " " + schema->second;
        example.target = example.group + " | " + normalised(needed_text(record, "query"));
        rows.add(line, std::move(example));
    };
}

} // namespace

const DataReader& spider_reader() {
    static const RecordReader reader({.name = "spider",
                                      .title = "Spider",
                                      .kind = "generation",
                                      .records = {},
                                      .keys = {"db_id", "query", "question"},
                                      .reading = reading,
                                      .metrics = {"exact_match", "bleu"}});
    return reader;
}

} // namespace diapason
