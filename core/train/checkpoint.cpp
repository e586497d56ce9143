#include "core/train/checkpoint.h"

#include "core/backbone/tensor_file.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/model/parameters.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>

namespace diapason {
namespace {

namespace fs = std::filesystem;

constexpr const char* format = "diapason-checkpoint-2";

std::string dtype_of(const at::Tensor& tensor) {
    if (tensor.scalar_type() == at::kDouble) return "F64";
    return tensor.scalar_type() == at::kLong ? "I64" : "F32";
}

// Over everything that counts, in the order of the names.
class ContentHash {
public:
    void add(const std::string& name, const std::string& dtype, const std::vector<std::int64_t>& shape,
             const void* data, std::size_t bytes) {
        m_hash.update(name + " " + dtype + " " + Json(shape).dump() + "\n");
        m_hash.update({static_cast<const char*>(data), bytes});
    }
    std::string end(const std::string& state) {
        m_hash.update(state);
        return m_hash.hex();
    }

private:
    Sha256 m_hash;
};

std::string hash_of(const TensorFile& file, const std::string& state) {
    std::vector<const TensorEntry*> entries;
    for (const TensorEntry& entry : file.entries())
        entries.push_back(&entry);
    std::sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    ContentHash hash;
    for (const TensorEntry* entry : entries)
        hash.add(entry->name, entry->dtype, entry->shape, file.data(*entry), entry->end - entry->begin);
    return hash.end(state);
}

// Checked against its own hash. @throws Error(input)
Checkpoint read_whole(const fs::path& path) {
    const TensorFile file(path);
    const auto of = [&](const char* key) {
        const auto found = file.metadata().find(key);
        if (found == file.metadata().end()) throw input_error(path.string(), "is not a checkpoint of this version");
        return found->second;
    };
    if (of("format") != format) throw input_error(path.string(), "is not a checkpoint of this version");
    const std::string state = of("state"), stored = of("sha256"), own = hash_of(file, state);
    if (own != stored)
        throw input_error(path.string(), "is damaged: its content has the hash " + own + ", but it says " + stored);
    Checkpoint checkpoint;
    checkpoint.file = path;
    checkpoint.state = parse_json(state, path.string());
    for (const TensorEntry& entry : file.entries()) {
        // As it is stored, where read_tensor() would make float32 of it.
        at::Tensor value = at::empty(entry.shape, at::TensorOptions().dtype(scalar_type_of(entry.dtype)));
        if (entry.end > entry.begin) std::memcpy(value.data_ptr(), file.data(entry), entry.end - entry.begin);
        checkpoint.tensors[entry.name] = std::move(value);
    }
    return checkpoint;
}

} // namespace

const at::Tensor& Checkpoint::tensor(const std::string& name, const std::vector<std::int64_t>& shape) const {
    const auto found = tensors.find(name);
    if (found == tensors.end() || (!shape.empty() && found->second.sizes() != at::IntArrayRef(shape)))
        throw input_error(file.string(), "the checkpoint's " + name + " does not fit this model and method",
                          "Remove the file to start from the beginning");
    return found->second;
}

const Json& Checkpoint::part(const std::string& name) const {
    const auto found = state.find(name);
    if (found == state.end() || !found->is_object())
        throw input_error(file.string(), "the checkpoint lacks its part " + name,
                          "Remove the file to start from the beginning");
    return *found;
}

WrittenCheckpoint write_checkpoint(const fs::path& folder, const Checkpoint& checkpoint) {
    make_folders(folder);
    std::vector<at::Tensor> alive; // until the file is written
    std::vector<TensorToWrite> tensors;
    ContentHash hash;
    for (const auto& [name, value] : checkpoint.tensors) {
        alive.push_back(value.detach().cpu().contiguous());
        const at::Tensor& host = alive.back();
        tensors.push_back({name, dtype_of(host), host.sizes().vec(), host.data_ptr()});
        hash.add(name, tensors.back().dtype, tensors.back().shape, host.data_ptr(), host.nbytes());
    }
    const std::string state = checkpoint.state.dump();
    const std::string sha256 = hash.end(state);
    const fs::path next = folder / checkpoint_files[0], current = folder / checkpoint_files[1],
                   previous = folder / checkpoint_files[2];
    write_safetensors(next, std::move(tensors), {{"format", format}, {"state", state}, {"sha256", sha256}});
    {
        const TensorFile written(next);
        if (hash_of(written, written.metadata().at("state")) != sha256)
            throw Error(ErrorKind::storage,
                        {"reads back differently from what was written", next.string(), {}, {}, {}});
    }
    // A kill between these leaves files that read_checkpoint() understands.
    if (fs::exists(current)) fs::rename(current, previous);
    fs::rename(next, current);
    return {checkpoint_files[1], sha256, static_cast<std::int64_t>(fs::file_size(current))};
}

std::optional<Checkpoint> read_checkpoint(const fs::path& folder, std::vector<std::string>& broken) {
    for (const char* name : checkpoint_files) {
        if (!fs::exists(folder / name)) continue;
        try {
            return read_whole(folder / name);
        } catch (const Error& problem) {
            broken.push_back(problem.what());
        }
    }
    return {};
}

} // namespace diapason
