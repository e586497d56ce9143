#include "core/backbone/tensor_file.h"

#include "core/backbone/gguf.h"
#include "core/backbone/limits.h"
#include "core/backbone/source_folder.h"
#include "core/base/error.h"
#include "core/base/json.h"
#include "core/base/paths.h"
#include "core/base/remedy.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// The names that a folder's weights may have, in order of preference.
constexpr const char* weight_files[] = {"model.safetensors", "pytorch_model.bin"};

constexpr const char* remedy = "Download the file again, or convert the weights again";

constexpr std::size_t longest_name = 255; // bytes, on every usual file system; longer ones cannot even be asked for

std::vector<TensorFile> open_shards(const fs::path& folder, const fs::path& index) {
    const auto document = parse_sorted_json(read_file(index, max_index_bytes), index.string());
    const auto map = document.find("weight_map");
    if (!document.is_object() || map == document.end() || !map->is_object() || map->empty())
        throw input_error(index.string(), "weight_map is missing or empty");
    if (map->size() > max_tensors)
        throw input_error(index.string(), "weight_map names " + std::to_string(map->size()) +
                                              " tensors, more than the limit of " + std::to_string(max_tensors));
    std::map<std::string, std::vector<std::string>> shards;
    for (const auto& [tensor, shard] : map->items()) {
        if (!shard.is_string()) throw input_error(index.string(), "weight_map." + tensor + " is not a file name");
        const std::string file = shard.get<std::string>();
        if (!is_plain_name(file) || file.size() > longest_name) {
            throw input_error(index.string(), "weight_map." + tensor + " = \"" + file.substr(0, longest_name) +
                                                  "\" is not a plain file name");
        }
        shards[file].push_back(tensor);
    }
    if (shards.size() > max_shards)
        throw input_error(index.string(), "weight_map names " + std::to_string(shards.size()) +
                                              " files, more than the limit of " + std::to_string(max_shards));
    std::vector<TensorFile> files;
    std::size_t there = 0; // tensors, those that the index does not name too
    for (const auto& [file, tensors] : shards) {
        if (fs::is_symlink(fs::symlink_status(folder / file)) && !stays_inside(folder, folder / file)) {
            throw input_error(index.string(), "the shard " + file + " points outside the folder",
                              "Copy the folder with its links resolved (cp -rL)");
        }
        files.emplace_back(folder / file);
        there += files.back().entries().size();
        if (there > max_tensors)
            throw input_error(index.string(),
                              "its shards contain more than " + std::to_string(max_tensors) + " tensors in all");
        for (const std::string& tensor : tensors) {
            if (files.back().find(tensor) == nullptr)
                throw input_error(index.string(), "the shard " + file + " does not contain " + tensor);
        }
    }
    return files;
}

// What cannot be looked at is not there.
bool is_there(const fs::path& file) {
    std::error_code unreadable;
    return fs::exists(file, unreadable);
}

fs::path index_of(const fs::path& folder, const char* name) {
    return folder / (std::string(name) + ".index.json");
}

} // namespace

std::int64_t TensorEntry::elements() const {
    std::int64_t product = 1;
    for (const std::int64_t dimension : shape)
        product *= dimension;
    return product;
}

std::size_t bytes_of_dtype(const std::string& dtype) {
    static const std::map<std::string, std::size_t> sizes = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2},
                                                             {"I64", 8}, {"I32", 4}, {"I16", 2}, {"I8", 1},
                                                             {"U8", 1},  {"BOOL", 1}};
    const auto found = sizes.find(dtype);
    return found == sizes.end() ? 0 : found->second;
}

FileMapping::FileMapping(const fs::path& file) {
    // Without O_NONBLOCK the opening of a FIFO would wait for its writer.
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) throw input_error(file.string(), std::string("cannot be opened: ") + std::strerror(errno));
    struct stat status {};
    const bool regular = ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    m_size = regular ? static_cast<std::size_t>(status.st_size) : 0;
    // Copy on write: pages are the page cache's, shared by all processes; training in place changes only a copy of this
    // process. Without MAP_NORESERVE the system would set aside memory for copies that are never made.
    void* address = m_size > 0
                        ? ::mmap(nullptr, m_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, descriptor, 0)
                        : MAP_FAILED;
    ::close(descriptor);
    if (m_size == 0) throw input_error(file.string(), regular ? "is empty" : "is not a regular file");
    if (address == MAP_FAILED)
        throw input_error(file.string(), std::string("cannot be mapped: ") + std::strerror(errno));
    m_start = static_cast<const std::byte*>(address);
}

FileMapping::~FileMapping() {
    ::munmap(const_cast<std::byte*>(m_start), m_size);
}

TensorFile::TensorFile(const fs::path& file) : m_path(file) {
    TensorTable table = with_remedy(remedy, [&] {
        m_mapping = std::make_shared<const FileMapping>(file);
        const auto read = is_gguf_file(*m_mapping)    ? read_gguf_table
                          : is_torch_file(*m_mapping) ? read_torch_table
                                                      : read_safetensors_table;
        return read(*m_mapping, file.string());
    });
    m_entries = std::move(table.entries);
    m_metadata = std::move(table.metadata);
    std::sort(m_entries.begin(), m_entries.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
    for (std::size_t i = 0; i < m_entries.size(); ++i)
        m_index[m_entries[i].name] = i;
}

const TensorEntry* TensorFile::find(const std::string& name) const {
    const auto found = m_index.find(name);
    return found == m_index.end() ? nullptr : &m_entries[found->second];
}

bool has_weights(const fs::path& folder) {
    return std::any_of(std::begin(weight_files), std::end(weight_files),
                       [&](const char* name) { return is_there(folder / name) || is_there(index_of(folder, name)); }) ||
           gguf_of(folder);
}

std::vector<TensorFile> open_weights(const fs::path& folder) {
    for (const char* name : weight_files) {
        if (is_there(folder / name)) {
            std::vector<TensorFile> files;
            files.emplace_back(folder / name);
            return files;
        }
        if (is_there(index_of(folder, name))) {
            return with_remedy(remedy, [&] { return open_shards(folder, index_of(folder, name)); });
        }
    }
    if (const auto file = gguf_of(folder)) {
        std::vector<TensorFile> files;
        files.emplace_back(*file);
        return files;
    }
    throw input_error(
        folder.string(),
        "contains no weights: no model.safetensors, pytorch_model.bin, index of shards or single .gguf file");
}

} // namespace diapason
