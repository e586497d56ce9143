// Lists of things: a table for people, JSON for programs, from the same columns.
#pragma once

#include "app/cli/command.h"
#include "core/base/words.h"

namespace diapason::cli {

/// One column of a list.
template <typename Item>
struct Column {
    using Value = std::function<Json(const Item&)>;
    using Text = std::function<std::string(const Item&)>;

    Column(const char* for_people, const char* for_programs, Value its_value, Text its_text)
        : heading(for_people),
          key(for_programs),
          value(std::move(its_value)),
          text(std::move(its_text)) {}
    Column(const char* for_people, const char* for_programs, Value its_value)
        : Column(for_people, for_programs, std::move(its_value), Text()) {}

    const char* heading; ///< null: only for programs
    const char* key;     ///< null: only for people
    Value value;         ///< what programs get; null: the key is left out
    Text text;           ///< what people get; empty = the value as plain text
};

template <typename Item>
Json json_list(const std::vector<Item>& items, const std::vector<Column<Item>>& columns) {
    Json list = Json::array();
    for (const Item& item : items) {
        Json object = Json::object();
        for (const Column<Item>& column : columns) {
            if (column.key == nullptr) continue;
            if (Json value = column.value(item); !value.is_null()) object[column.key] = std::move(value);
        }
        list.push_back(std::move(object));
    }
    return list;
}

template <typename Item>
std::vector<std::vector<std::string>> table_rows(const std::vector<Item>& items,
                                                 const std::vector<Column<Item>>& columns) {
    std::vector<std::vector<std::string>> rows(1);
    for (const Column<Item>& column : columns) {
        if (column.heading != nullptr) rows.front().emplace_back(column.heading);
    }
    for (const Item& item : items) {
        std::vector<std::string>& row = rows.emplace_back();
        for (const Column<Item>& column : columns) {
            if (column.heading != nullptr)
                row.push_back(column.text ? column.text(item) : plain_text(column.value(item)));
        }
    }
    return rows;
}

template <typename Item>
int print_list(const Context& context, const std::vector<Item>& items, const std::vector<Column<Item>>& columns) {
    if (context.json)
        print_json(json_list(items, columns));
    else
        print_table(table_rows(items, columns));
    return 0;
}

} // namespace diapason::cli
