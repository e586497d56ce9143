// Any bytes as a TSV or CSV file: refused by line, or rows. The first byte says which of the two.

#include "tests/fuzz/table_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 0) diapason::fuzzing::check_rows(data[0] == 'c' ? "csv" : "tsv", data + 1, size - 1);
    return 0;
}
