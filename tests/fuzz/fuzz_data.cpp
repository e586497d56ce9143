// Any file as data: it becomes a task whose rows its kind accepts, or one clear error, and no format reads more into it
// than a text.

#include "core/base/error.h"
#include "core/data/task_guess.h"
#include "core/text/unicode.h"
#include "tests/fuzz/memory_file.h"

using namespace diapason;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzzing::MemoryFile file;
    file.write(data, size);
    try {
        const GuessedTask guess = guess_task(file.path());
        if (guess.task.kind == nullptr || guess.reasons.empty()) __builtin_trap();
    } catch (const Error&) {
    }
    for (const DataReader* reader : data_readers()) {
        if (reader->maps_columns()) continue;
        try {
            for (const Example& example : read_dataset(reader->name(), file.path(), {})) {
                if (example.text.empty() || find_invalid_utf8(example.text) != std::string::npos) __builtin_trap();
                if (example.words.size() != example.tags.size()) __builtin_trap();
            }
        } catch (const Error&) {
        }
    }
    return 0;
}
