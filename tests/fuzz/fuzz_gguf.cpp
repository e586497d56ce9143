// Any bytes as a .gguf file: refused with a message, or a table whose tensors can be read, and perhaps a tokenizer.

#include "core/backbone/gguf.h"
#include "core/base/error.h"
#include "core/text/gguf_tokenizer.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diapason;
    static const std::string name =
        (std::filesystem::temp_directory_path() / ("fuzz_gguf." + std::to_string(::getpid()) + ".gguf")).string();
    std::FILE* file = std::fopen(name.c_str(), "wb");
    if (file == nullptr) __builtin_trap();
    std::fwrite(data, 1, size, file);
    std::fclose(file);
    try {
        const FileMapping mapping(name);
        const GgufHeader header(mapping, name);
        for (const GgufTensor& tensor : header.tensors()) {
            if (tensor.end > mapping.size() || tensor.begin > tensor.end) __builtin_trap();
        }
        try {
            gguf_config(header);
        } catch (const Error&) {
        }
        try {
            Tokenizer::from_document(gguf_tokenizer(header), name)->encode("The naïve 12 <s>");
        } catch (const Error&) {
        }
        const TensorFile tensors(name);
        for (const TensorEntry& entry : tensors.entries()) {
            std::vector<float> rows(static_cast<std::size_t>(entry.elements()));
            read_float_rows(tensors, entry, 0, entry.shape.front(), rows.data());
        }
    } catch (const Error&) {
    }
    return 0;
}
