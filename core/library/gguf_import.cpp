#include "core/library/gguf_import.h"

#include "core/backbone/backbone_config.h"
#include "core/backbone/safetensors_header.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/text/gguf_tokenizer.h"

#include <algorithm>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t floats_at_once = 1 << 20;

void write_weights(const TensorFile& file, const fs::path& target, const ImportProgress& progress) {
    std::vector<TensorEntry> entries = file.entries();
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    std::vector<TensorToWrite> tensors;
    std::uint64_t total = 0, done = 0;
    for (const TensorEntry& entry : entries) {
        tensors.push_back({entry.name, "F32", entry.shape, nullptr});
        total += static_cast<std::uint64_t>(entry.elements()) * sizeof(float);
    }
    AtomicFile out(target);
    out.append(safetensors_front(tensors, {{"format", "pt"}}));
    std::vector<float> rows;
    for (const TensorEntry& entry : entries) {
        const std::int64_t all = entry.shape.front(), width = entry.elements() / all;
        // A vector is one piece: its blocks run across what would be rows.
        const std::int64_t step = entry.shape.size() == 1 ? all : std::max<std::int64_t>(1, floats_at_once / width);
        for (std::int64_t first = 0; first < all; first += step) {
            const std::int64_t count = std::min(step, all - first);
            rows.resize(static_cast<std::size_t>(count * width));
            read_float_rows(file, entry, first, count, rows.data());
            out.append({reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float)});
            done += rows.size() * sizeof(float);
            if (progress && !progress(done, total))
                throw Error(ErrorKind::cancelled, {"the import was stopped", file.path().string(), {}, {}, {}});
        }
    }
    out.commit();
}

} // namespace

std::vector<std::string> convert_gguf(const fs::path& file, const fs::path& folder, const ImportProgress& progress) {
    const FileMapping mapping(file);
    const GgufHeader header(mapping, file.string());
    const Json config = gguf_config(header);
    parse_backbone_config(config, file.string()); // what cannot be opened later is refused now
    const StageJson tokenizer = gguf_tokenizer(header);
    Tokenizer::from_document(tokenizer, file.string());
    const TensorFile tensors(file);
    write_weights(tensors, folder / "model.safetensors", progress);
    write_file_atomically(folder / "config.json", config.dump(1) + "\n");
    write_file_atomically(folder / "tokenizer.json", tokenizer.dump(1) + "\n");
    write_file_atomically(folder / "tokenizer_config.json", gguf_tokenizer_config(header).dump(1) + "\n");
    const std::string note = gguf_tokenizer_note(header);
    return note.empty() ? std::vector<std::string>() : std::vector{note};
}

} // namespace diapason
