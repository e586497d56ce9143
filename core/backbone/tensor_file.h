// Files of named tensors, mapped into memory: safetensors, and torch's own zip format read without executing pickle. A
// file from outside is checked completely before anybody sees a tensor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

/// One tensor of a file. `dtype` as safetensors writes it: "F32", "F16", "BF16", "I64", …
struct TensorEntry {
    std::string name;
    std::string dtype;
    std::vector<std::int64_t> shape;
    std::uint64_t begin = 0; ///< bytes from the start of the file
    std::uint64_t end = 0;
    std::vector<std::int64_t> strides = {}; ///< in elements; empty = C order

    std::int64_t elements() const;
};

/// Bytes of one element, 0 for an unknown dtype.
std::size_t bytes_of_dtype(const std::string& dtype);

/// A whole file, read-only. Shared by all that point into it.
class FileMapping {
public:
    explicit FileMapping(const std::filesystem::path& file); ///< @throws Error(input)
    ~FileMapping();
    FileMapping(const FileMapping&) = delete;
    FileMapping& operator=(const FileMapping&) = delete;

    const std::byte* start() const { return m_start; }
    std::size_t size() const { return m_size; }

private:
    const std::byte* m_start = nullptr;
    std::size_t m_size = 0;
};

/// A mapped, validated file. Copies share the mapping; the pointers live as long as one of them.
class TensorFile {
public:
    /// Safetensors or a torch zip file, whichever it is.
    /// @throws Error(input) naming the file and what is wrong; nothing large is allocated for a hostile file
    explicit TensorFile(const std::filesystem::path& file);

    const std::vector<TensorEntry>& entries() const { return m_entries; } ///< by position in the file
    const TensorEntry* find(const std::string& name) const;
    const std::map<std::string, std::string>& metadata() const { return m_metadata; }
    /// First byte of a tensor; not necessarily aligned.
    const std::byte* data(const TensorEntry& entry) const { return m_mapping->start() + entry.begin; }
    const std::filesystem::path& path() const { return m_path; }

private:
    std::filesystem::path m_path;
    std::shared_ptr<const FileMapping> m_mapping;
    std::vector<TensorEntry> m_entries;
    std::map<std::string, std::size_t> m_index;
    std::map<std::string, std::string> m_metadata;
};

/// What a format's reader finds in a mapped file. @param name for messages. @throws Error(input)
struct TensorTable {
    std::vector<TensorEntry> entries;
    std::map<std::string, std::string> metadata;
};
TensorTable read_safetensors_table(const FileMapping& file, const std::string& name);
TensorTable read_torch_table(const FileMapping& file, const std::string& name);
bool is_torch_file(const FileMapping& file);

/// All tensors of a folder in the Hugging Face layout: model.safetensors or pytorch_model.bin, or the shards that
/// either's index.json names; safetensors first.
/// @throws Error(input) also for an index that names a path outside the folder or a tensor that its shard does not hold
std::vector<TensorFile> open_weights(const std::filesystem::path& folder);
bool has_weights(const std::filesystem::path& folder);

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
