// What must hold of every data file that is accepted.
#pragma once

#include "core/base/error.h"
#include "core/data/readers.h"
#include "core/text/unicode.h"
#include "tests/fuzz/memory_file.h"

#include <set>
#include <string>

namespace diapason::fuzzing {

/// Reads the bytes by the columns' names, and by their numbers. Rows are UTF-8 without NUL bytes, have a text, and go
/// by names of their own.
inline void check_rows(const char* reader, const std::uint8_t* data, std::size_t size) {
    static MemoryFile file;
    file.write(data, size);
    const ColumnMap maps[] = {{{"text", "text"}, {"label", "label"}, {"id", "id"}}, {{"text", "2"}, {"label", "1"}}};
    for (const ColumnMap& columns : maps) {
        try {
            const Dataset rows = read_dataset(reader, file.path(), columns);
            std::set<std::string> names;
            for (const Example& example : rows) {
                if (example.text.empty() || !names.insert(example.id).second) __builtin_trap();
                for (const std::string* text : {&example.text, &example.label, &example.id}) {
                    if (find_invalid_utf8(*text) != std::string::npos) __builtin_trap();
                }
            }
        } catch (const Error&) {
        }
    }
}

} // namespace diapason::fuzzing
