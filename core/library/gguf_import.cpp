#include "core/library/gguf_import.h"

#include "core/backbone/backbone_config.h"
#include "core/backbone/safetensors_header.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/text/gguf_tokenizer.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t floats_at_once = 1 << 20;

// A folder beside the target, which becomes it at the end or is removed with everything in it.
class FolderInTheMaking {
public:
    explicit FolderInTheMaking(fs::path target) : m_target(std::move(target)) {
        while (m_target.filename().empty() && m_target.has_relative_path())
            m_target = m_target.parent_path(); // "name/"
        if (fs::exists(fs::symlink_status(m_target)))
            throw config_error("folder", m_target.string(), "there is something of this name already",
                               "Choose another name");
        m_path = m_target;
        m_path += ".tmp-" + std::to_string(::getpid());
        std::error_code error;
        if (m_target.has_parent_path()) fs::create_directories(m_target.parent_path(), error);
        if (!fs::create_directory(m_path, error))
            throw Error(ErrorKind::storage, {"the folder cannot be made: " + (error ? error.message() : "it is there"),
                                             m_path.string(),
                                             {},
                                             {},
                                             {}});
    }
    ~FolderInTheMaking() {
        std::error_code error;
        if (!m_path.empty()) fs::remove_all(m_path, error);
    }
    FolderInTheMaking(const FolderInTheMaking&) = delete;
    FolderInTheMaking& operator=(const FolderInTheMaking&) = delete;

    fs::path operator/(const char* name) const { return m_path / name; }
    void commit() {
        if (::rename(m_path.c_str(), m_target.c_str()) != 0)
            throw Error(
                ErrorKind::storage,
                {std::string("the folder cannot be renamed: ") + std::strerror(errno), m_target.string(), {}, {}, {}});
        m_path.clear();
        const fs::path parent = m_target.has_parent_path() ? m_target.parent_path() : ".";
        if (const int descriptor = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); descriptor >= 0) {
            ::fsync(descriptor);
            ::close(descriptor);
        }
    }

private:
    fs::path m_target, m_path;
};

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
    FolderInTheMaking made(folder);
    write_weights(tensors, made / "model.safetensors", progress);
    write_file_atomically(made / "config.json", config.dump(1) + "\n");
    write_file_atomically(made / "tokenizer.json", tokenizer.dump(1) + "\n");
    write_file_atomically(made / "tokenizer_config.json", gguf_tokenizer_config(header).dump(1) + "\n");
    made.commit();
    const std::string note = gguf_tokenizer_note(header);
    return note.empty() ? std::vector<std::string>() : std::vector{note};
}

} // namespace diapason
