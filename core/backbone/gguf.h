// GGUF, the container of llama.cpp (versions 2 and 3, little-endian): metadata and where the tensors lie. Checked
// completely before anybody sees a value; nothing but keys and names is copied out of the mapping.
#pragma once

#include "core/backbone/tensor_file.h"
#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace diapason {

struct GgufTensor {
    std::string name;                ///< as in the file: "blk.0.attn_q.weight"
    std::vector<std::int64_t> shape; ///< slowest dimension first, as everywhere else here
    std::string dtype;               ///< "F32", "Q4_K": a readable type
    std::uint64_t begin = 0, end = 0;
};

/// Header of a mapped file. Holds no copy of the mapping: that has to live as long.
class GgufHeader {
public:
    /// @param name for messages. @throws Error(input)
    GgufHeader(const FileMapping& file, std::string name);

    const std::string& name() const { return m_name; }
    const std::vector<GgufTensor>& tensors() const { return m_tensors; } ///< in the order of the file
    const GgufTensor* find_tensor(const std::string& name) const;
    const std::byte* data(const GgufTensor& tensor) const { return m_file->start() + tensor.begin; }

    bool has(const std::string& key) const { return m_values.count(key) != 0; }
    // Values by key; empty where there is none. @throws Error(input) for a value of another type
    std::optional<std::string> text(const std::string& key) const;
    std::optional<std::int64_t> integer(const std::string& key) const;
    std::optional<double> real(const std::string& key) const; ///< integers too
    std::optional<bool> flag(const std::string& key) const;
    std::vector<std::string_view> texts(const std::string& key) const;
    std::vector<double> reals(const std::string& key) const; ///< lists of any numbers

    /// An error about a key. @throws Error(input)
    [[noreturn]] void fail(const std::string& key, const std::string& what, const std::string& value = {},
                           const std::string& remedy = {}) const;

private:
    struct Value {
        std::uint32_t type = 0;
        std::uint32_t element = 0; ///< of a list
        std::uint64_t count = 0;   ///< of a list
        std::uint64_t at = 0;      ///< first byte of the value, or of a list's first element
    };
    class Cursor;

    const Value* find(const std::string& key) const;
    double number(std::uint32_t type, std::uint64_t at) const;
    void read_values(Cursor& in, std::uint64_t count);
    void read_tensors(Cursor& in, std::uint64_t count);
    void place_tensors(std::uint64_t data_start);

    const FileMapping* m_file;
    std::string m_name;
    std::map<std::string, Value> m_values;
    std::vector<GgufTensor> m_tensors;
};

bool is_gguf_file(const FileMapping& file);
/// Tensors under their Hugging Face names. @throws Error(input) also for an architecture that is not known here
TensorTable read_gguf_table(const FileMapping& file, const std::string& name);

/// The .gguf file that a path means: itself, or the only one of a folder without config.json. Empty otherwise.
/// @throws Error(input) for a folder that holds nothing but several of them
std::optional<std::filesystem::path> gguf_of(const std::filesystem::path& path);

/// What the metadata say, as the config.json that the Hugging Face library would hold. @throws Error(input)
Json gguf_config(const GgufHeader& header);

/// Rows `first` … `first + count` of a tensor as float32, row-major: dequantised, rotary halves apart as in the Hugging
/// Face layout. Works for F32, F16 and BF16 tensors of any file too. @param out count × (elements of a row)
void read_float_rows(const TensorFile& file, const TensorEntry& entry, std::int64_t first, std::int64_t count,
                     float* out);
/// Whether only read_float_rows() can read this tensor: blocks of quantised values, or rows in rotary pairs.
bool needs_float_rows(const TensorFile& file, const TensorEntry& entry);

} // namespace diapason
