#include "core/data/columnar_module.h"

#include "core/base/awaited_work.h"
#include "core/base/error.h"
#include "core/base/paths.h"

#include <cstdio>
#include <dlfcn.h>
#include <regex>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr const char* module_name = "libdiapason_columnar.so";

ColumnarEntry& entry(const fs::path& file) {
    static ColumnarEntry* known = nullptr; // never closed
    if (known != nullptr) return *known;
    if (!has_columnar_module())
        throw input_error(file.string(), "is a Parquet or Arrow file, and the module that reads them is not installed",
                          "Start once with ./run --parquet, or save the data as JSON Lines or CSV");
    const std::string library = program_library(module_name).string();
    void* module = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* symbol = module != nullptr ? ::dlsym(module, columnar_entry_name) : nullptr;
    if (symbol == nullptr)
        throw Error(ErrorKind::internal, {std::string("cannot be loaded: ") + ::dlerror(), library, {}, {}, {}});
    return *(known = reinterpret_cast<ColumnarEntry*>(symbol));
}

} // namespace

bool has_columnar_module() {
    try {
        return fs::exists(program_library(module_name));
    } catch (const Error&) { // in none of the places
        return false;
    }
}

std::vector<fs::path> parts_of(const fs::path& file) {
    static const std::regex part("(.*)-00000-of-([0-9]{5})(\\.[a-z]+)");
    std::smatch found;
    const std::string name = file.filename().string();
    if (!std::regex_match(name, found, part)) return {file};
    std::vector<fs::path> parts;
    for (int i = 0, count = std::stoi(found[2]); i < count; ++i) {
        char number[8];
        std::snprintf(number, sizeof number, "%05d", i);
        parts.push_back(file.parent_path() /
                        (found[1].str() + "-" + number + "-of-" + found[2].str() + found[3].str()));
        if (!fs::exists(parts.back()))
            throw input_error(parts.back().string(), "is missing: " + name + " has " + std::to_string(count) + " parts",
                              "Give all of them");
    }
    return parts.empty() ? std::vector{file} : parts;
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
