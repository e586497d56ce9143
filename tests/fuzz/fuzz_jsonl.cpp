// Any bytes as a JSONL file: refused by line, or rows.

#include "tests/fuzz/table_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    diapason::fuzzing::check_rows("jsonl", data, size);
    return 0;
}
