// Any bytes as model.safetensors: refused with a message, or tensors that lie inside the file.

#include "core/base/error.h"
#include "tests/fuzz/tensor_file_check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    static fuzzing::MemoryFile file;
    file.write(data, size);
    try {
        fuzzing::check_tensors(TensorFile(file.path()), size);
    } catch (const Error&) {
    }
    return 0;
}
