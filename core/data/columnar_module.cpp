#include "core/data/columnar_module.h"

#include "core/base/awaited_work.h"
#include "core/base/error.h"
#include "core/base/library_symbol.h"
#include "core/base/paths.h"
#include "core/data/byte_reader.h"

#include <string>
#include <vector>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr const char* module_name = "libdiapason_columnar.so";

ColumnarEntry& entry(const fs::path& file) {
    if (!has_columnar_module())
        throw input_error(file.string(), "is a Parquet or Arrow file, and the module that reads them is not installed",
                          "Start once with ./run --parquet, or save the data as JSON Lines or CSV");
    static auto* const found = reinterpret_cast<ColumnarEntry*>(library_symbol(module_name, columnar_entry_name));
    return *found;
}

// The files that make up the data of which this is the first part: itself where it is no part.
std::vector<fs::path> parts_of(const fs::path& file) {
    const std::string stem = file.stem().string(), name = name_of_data(file);
    if (!stem.starts_with(name + "-00000-of-")) return {file};
    const std::string count = stem.substr(stem.size() - 5);
    std::vector<fs::path> parts;
    for (int i = 0; i < std::stoi(count); ++i) {
        std::string number = std::to_string(i);
        number.insert(0, 5 - number.size(), '0');
        parts.push_back(file.parent_path() / (name + "-" + number + "-of-" + count + file.extension().string()));
        if (!fs::exists(parts.back()))
            throw input_error(parts.back().string(),
                              "is missing: " + file.filename().string() + " has " + std::to_string(std::stoi(count)) +
                                  " parts",
                              "Give all of them");
    }
    return parts.empty() ? std::vector{file} : parts;
}

} // namespace

bool has_columnar_module() {
    try {
        return fs::exists(program_library(module_name));
    } catch (const Error&) { // in none of the places
        return false;
    }
}

void for_each_columnar_row(const fs::path& file, const WantedColumns& columns, const UseOfRow& use) {
    for (const fs::path& part : parts_of(file)) {
        // A pipe would be waited for.
        if (!fs::is_regular_file(part)) throw input_error(part.string(), "is not a regular file", "Give a data file");
        work_begins("Reading " + part.filename().string(), fs::file_size(part));
        const bool more = entry(part)(part, columns, [&](const MakeRow& row) {
            work_advances();
            return use(row);
        });
        if (!more) return;
    }
}

} // namespace diapason
