// Any bytes as a task file: all problems in one message, or a task that its own definition gives again.

#include "core/base/error.h"
#include "core/data/task_document.h"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    try {
        const Json document = parse_json({reinterpret_cast<const char*>(data), size}, "fuzz");
        const Task task = task_from_json(document, "/nowhere", "fuzz");
        if (task.kind == nullptr || task.metrics.empty()) __builtin_trap();
        task.kind->problems_in_words(task);
        const Json definition = to_json(task);
        if (to_json(stored_task(parse_json(definition.dump(), "again"), "again")) != definition) __builtin_trap();
    } catch (const Error&) {
    }
    return 0;
}
