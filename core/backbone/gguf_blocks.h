// Values of ggml's types as float32, bit for bit those of the reference (gguf.quants of the gguf package).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace diapason {

/// A type of tensor elements. Blocks are stored one after the other.
struct BlockType {
    std::uint32_t number;  ///< in GGUF files
    const char* name;      ///< "Q4_K"
    std::int64_t elements; ///< of a block
    std::size_t bytes;     ///< of a block
    void (*dequantise)(const unsigned char* in, std::int64_t blocks, float* out);
};

const BlockType* block_type(std::uint32_t number);    ///< null: not readable here
const BlockType* block_type(const std::string& name); ///< null: not readable here
std::string block_type_name(std::uint32_t number);    ///< of any type, readable or not: "Q3_K", "type 77"
std::string readable_block_types();                   ///< "F32, F16, …"

} // namespace diapason
