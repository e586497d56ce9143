// safetensors files: our own reader and writer. A file from outside is checked completely before anybody sees a tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

/// One tensor of a file. `dtype` as written: "F32", "F16", "BF16", "I64", …
struct TensorEntry {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0; ///< bytes from the start of the data section
    std::uint64_t end = 0;

    std::int64_t elements() const;
};

/// Bytes of one element, 0 for an unknown dtype.
std::size_t bytes_of_dtype(const std::string& dtype);

/// A memory-mapped, validated file. Copies share the mapping; the pointers live as long as one of them.
class SafetensorsFile {
public:
    /// @throws Error(input) naming the file and what is wrong; nothing large is allocated for a hostile file
    explicit SafetensorsFile(const std::filesystem::path& file);

    const std::vector<TensorEntry>& entries() const { return m_entries; } ///< by position in the file
    const TensorEntry* find(const std::string& name) const;
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    /// First byte of a tensor; not necessarily aligned.
    const std::byte* data(const TensorEntry& entry) const;
    const std::filesystem::path& path() const { return m_path; }

private:
    struct Mapping;

    std::filesystem::path m_path;
    std::shared_ptr<const Mapping> m_mapping;
    std::uint64_t m_data_start = 0;
    std::vector<TensorEntry> m_entries;
    std::map<std::string, std::size_t> m_index;
    std::map<std::string, std::string> m_metadata;
};

/// All tensors of a folder in the Hugging Face layout: model.safetensors, or the shards that
/// model.safetensors.index.json names.
/// @throws Error(input) also for an index that names a path outside the folder or a tensor that its shard does not hold
std::vector<SafetensorsFile> open_weights(const std::filesystem::path& folder);

/// A tensor to write; `data` points at elements()*bytes_of_dtype bytes in C order.
struct TensorToWrite {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    const void* data = nullptr;
};

/// Writes atomically, tensors sorted by name and aligned to 8 bytes. @throws Error(storage)
void write_safetensors(const std::filesystem::path& file, std::vector<TensorToWrite> tensors,
                       const std::map<std::string, std::string>& metadata);

} // namespace diapason
