#include "core/library/import.h"

#include "core/backbone/gguf.h"
#include "core/backbone/source_folder.h"
#include "core/backbone/weights.h"
#include "core/base/atomic_file.h"
#include "core/base/error.h"
#include "core/base/format.h"
#include "core/base/sha256.h"
#include "core/library/gguf_import.h"
#include "core/library/library_folder.h"
#include "core/library/torch_conversion.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace diapason {
namespace fs = std::filesystem;
namespace {

// What beside the weights is worth keeping. Tokenizers read the first group, people the second.
constexpr const char* companions[] = {"tokenizer.json",
                                      "tokenizer_config.json",
                                      "special_tokens_map.json",
                                      "added_tokens.json",
                                      "vocab.txt",
                                      "vocab.json",
                                      "merges.txt",
                                      "spiece.model",
                                      "tokenizer.model",
                                      "spm.model",
                                      "sentencepiece.bpe.model",
                                      "sentencepiece.model",
                                      "chat_template.jinja",
                                      "generation_config.json",
                                      "README.md",
                                      "LICENSE",
                                      "LICENSE.txt",
                                      "LICENSE.md"};
constexpr int groups_end = 12; // of the tokenizer's own
constexpr std::uint64_t max_companion = 256u << 20;
constexpr std::uint64_t spare_bytes = 16u << 20; ///< left free on the disk
constexpr std::size_t most_notes = 20;           ///< of tensors that nothing uses; a file may hold many thousand

struct Plan {
    fs::path source;
    BackboneConfig config;
    MatchedWeights weights;
    std::vector<std::string> copied; ///< file names
    std::uint64_t bytes = 0;
    bool convert = false;         ///< pytorch_model.bin
    std::optional<fs::path> gguf; ///< to be converted as a whole
    std::string licence, origin;
};

bool letter_or_digit(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 && static_cast<unsigned char>(c) < 0x80;
}

std::string trimmed(std::string text) {
    const auto ends = [](char c) { return std::isspace(static_cast<unsigned char>(c)) || c == '"' || c == '\''; };
    while (!text.empty() && ends(text.back()))
        text.pop_back();
    while (!text.empty() && ends(text.front()))
        text.erase(text.begin());
    return text;
}

std::vector<std::string> lines_of(const fs::path& file) {
    std::vector<std::string> lines(1);
    for (const char c : read_file(file, 1u << 20)) {
        if (c == '\n')
            lines.emplace_back();
        else
            lines.back() += c;
    }
    return lines;
}

// `license:` of a README's front matter, else the first line of a LICENSE file.
std::string licence_of(const fs::path& folder) {
    try {
        if (fs::exists(folder / "README.md")) {
            const std::vector<std::string> lines = lines_of(folder / "README.md");
            bool list = false;
            for (std::size_t i = 1; trimmed(lines[0]) == "---" && i < lines.size() && trimmed(lines[i]) != "---"; ++i) {
                if (list && lines[i].find("- ") != std::string::npos)
                    return trimmed(lines[i].substr(lines[i].find("- ") + 2));
                list = lines[i].rfind("license:", 0) == 0;
                if (std::string value = list ? trimmed(lines[i].substr(8)) : ""; !value.empty()) return value;
            }
        }
        for (const char* name : {"LICENSE", "LICENSE.txt", "LICENSE.md"}) {
            if (!fs::exists(folder / name)) continue;
            for (const std::string& line : lines_of(folder / name)) {
                if (const std::string text = trimmed(line); !text.empty()) return text.substr(0, 80);
            }
        }
    } catch (const Error&) { // a licence text that cannot be read is none that can be shown
    }
    return {};
}

// A size, or why the file cannot be taken.
std::uint64_t size_of_source(const fs::path& file) {
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0)
        throw input_error(file.string(), fs::is_symlink(file) ? "is a broken link"
                                                              : std::string("cannot be read: ") + std::strerror(errno));
    if (!S_ISREG(status.st_mode)) throw input_error(file.string(), "is not a regular file");
    if (::access(file.c_str(), R_OK) != 0)
        throw input_error(file.string(), std::string("cannot be read: ") + std::strerror(errno));
    return static_cast<std::uint64_t>(status.st_size);
}

// Download caches consist of links; a link out of them would copy what its maker could not read.
void require_inside(const fs::path& folder, const fs::path& file) {
    if (fs::is_symlink(fs::symlink_status(file)) && !stays_inside(folder, file))
        throw input_error(file.string(), "is a link that leads out of its folder",
                          "Copy the folder with its links resolved (cp -rL) if you trust it");
}

void add(Plan& plan, const std::string& name) {
    const std::uint64_t size = size_of_source(plan.source / name);
    require_inside(plan.source, plan.source / name);
    plan.bytes += size;
    plan.copied.push_back(name);
}

Plan plan_gguf(const fs::path& file) {
    size_of_source(file);
    Plan plan;
    plan.source = plan.gguf.emplace(file);
    plan.config = read_backbone_config(file);
    plan.weights = match_weights(file, importable_tensors(plan.config), family_of(plan.config).canonical);
    refuse_misfits(plan.weights, file);
    plan.bytes = static_cast<std::uint64_t>(plan.config.parameter_count()) * sizeof(float);
    plan.origin = "GGUF " + plan.weights.dtype();
    const FileMapping mapping(file);
    plan.licence = GgufHeader(mapping, file.string()).text("general.license").value_or("");
    return plan;
}

Plan make_plan(const fs::path& source) {
    if (!fs::exists(source)) throw input_error(source.string(), "there is no such file or folder");
    if (const auto gguf = gguf_of(source)) return plan_gguf(*gguf);
    if (!fs::is_directory(source))
        throw input_error(source.string(), "is neither a folder nor a .gguf file",
                          "Give the folder that contains config.json and the weights");
    Plan plan;
    plan.source = source;
    size_of_source(source / "config.json");
    plan.config = read_backbone_config(source);
    add(plan, "config.json");
    bool tokenizer = false;
    for (int i = 0; i < static_cast<int>(std::size(companions)); ++i) {
        const fs::path file = source / companions[i];
        if (!fs::exists(fs::symlink_status(file))) continue;
        if (size_of_source(file) > max_companion)
            throw input_error(file.string(), "is larger than 256 MiB, too large for a file with this name");
        add(plan, companions[i]);
        tokenizer = tokenizer || i < groups_end;
    }
    if (!tokenizer)
        throw input_error(
            source.string(), "contains no tokenizer",
            "Put tokenizer.json, vocab.txt, vocab.json with merges.txt, or spiece.model next to config.json");
    plan.weights = match_weights(source, importable_tensors(plan.config), family_of(plan.config).canonical);
    refuse_misfits(plan.weights, source);
    for (const TensorFile& file : plan.weights.files) {
        const std::string name = file.path().filename().string();
        plan.convert = plan.convert || file.path().extension() != ".safetensors";
        if (plan.convert) {
            size_of_source(file.path());
            require_inside(source, file.path());
        } else {
            add(plan, name);
        }
    }
    // Tensors of one storage become several.
    for (const auto& [name, hit] : plan.weights.found) {
        if (plan.convert)
            plan.bytes += static_cast<std::uint64_t>(hit.entry->elements()) * bytes_of_dtype(hit.entry->dtype);
    }
    const bool sharded = !fs::exists(source / "model.safetensors");
    if (sharded && !plan.convert) add(plan, "model.safetensors.index.json");
    plan.origin = plan.convert ? "pytorch_model.bin" : "safetensors";
    plan.licence = licence_of(source);
    return plan;
}

void check_space(const Plan& plan) {
    std::error_code error;
    const fs::space_info space = fs::space(library_folder(), error);
    if (error || space.available >= plan.bytes + spare_bytes) return;
    throw Error(ErrorKind::storage, {"has " + format_bytes(static_cast<double>(space.available)) + " left, but " +
                                         format_bytes(static_cast<double>(plan.bytes + spare_bytes)) + " are needed",
                                     library_folder().string(),
                                     {},
                                     {},
                                     "Free some space, or choose another folder with --home"});
}

StoredFile stored_file(const fs::path& file) {
    return {file.filename().string(), fs::file_size(file), sha256_of_file(file)};
}

// The folder's files; notes go into the record.
void convert_file(const fs::path& gguf, const fs::path& folder, const Watch& watch, BackboneRecord& record) {
    const std::vector<std::string> notes = convert_gguf(gguf, folder, [&](std::uint64_t done, std::uint64_t total) {
        watch.report("converting " + gguf.filename().string(),
                     0.8 * static_cast<double>(done) / static_cast<double>(std::max<std::uint64_t>(1, total)));
        return !watch.cancelled || !watch.cancelled();
    });
    record.notes.insert(record.notes.end(), notes.begin(), notes.end());
    for (const char* name : {"config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"}) {
        watch.heed();
        record.files.push_back(stored_file(folder / name));
    }
}

StoredFile copy_file(const fs::path& from, const fs::path& to, const std::function<void(std::uint64_t)>& moved) {
    const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (in < 0) throw input_error(from.string(), std::string("cannot be read: ") + std::strerror(errno));
    struct Closer {
        int descriptor;
        ~Closer() { ::close(descriptor); }
    } const closer{in};
    AtomicFile out(to);
    Sha256 hash;
    StoredFile stored{to.filename().string(), 0, {}};
    std::vector<char> buffer(1 << 20);
    for (;;) {
        const ssize_t count = ::read(in, buffer.data(), buffer.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw input_error(from.string(), std::string("cannot be read: ") + std::strerror(errno));
        if (count == 0) break;
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
        hash.update(bytes);
        out.append(bytes);
        stored.bytes += bytes.size();
        moved(bytes.size());
    }
    out.commit();
    stored.sha256 = hash.hex();
    return stored;
}

std::string now_utc() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

void check_name_is_free(const std::string& name) {
    for (const BackboneEntry& entry : list_backbones()) {
        if (entry.name == name)
            throw config_error("name", name,
                               entry.embedded ? "is the name of a backbone that comes with Diapason"
                                              : "is taken: a backbone with this name has already been imported",
                               "Remove it first, or choose another name (--name)");
    }
    if (fs::exists(fs::symlink_status(library_folder() / name)))
        throw config_error("name", name, "is taken: " + (library_folder() / name).string() + " already exists",
                           "Remove it first, or choose another name (--name)");
}

// The half-made folder is gone when its reader sees the message: what stands there is the user's own file of that name,
// or all of the source where it has none (a converted one).
template <typename Work>
auto naming_the_source(const fs::path& folder, const fs::path& source, Work&& work) {
    try {
        return work();
    } catch (const Error& error) {
        ErrorDetails details = error.details();
        const fs::path within = fs::path(details.file).lexically_relative(folder);
        if (details.file.empty() || within.empty() || *within.begin() == "..") throw;
        const bool own = within != "." && fs::exists(source / within);
        details.file = (error.kind() == ErrorKind::storage ? library_folder()
                        : own                              ? source / within
                                                           : source)
                           .string();
        throw Error(error.kind(), std::move(details));
    }
}

} // namespace

std::string suggested_name(const fs::path& source) {
    fs::path path = fs::absolute(source).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();
    if (path.extension() == ".gguf") path.replace_extension();
    std::string name;
    for (const char c : path.filename().string())
        name += letter_or_digit(c) || c == '.' || c == '-' || c == '_' ? c : '-';
    while (!name.empty() && !letter_or_digit(name.front()))
        name.erase(name.begin());
    return name.substr(0, 64);
}

void check_backbone_name(const std::string& name) {
    const bool good = !name.empty() && name.size() <= 64 && letter_or_digit(name.front()) &&
                      std::all_of(name.begin(), name.end(),
                                  [](char c) { return letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
    if (!good)
        throw config_error("name", name,
                           "is not a valid backbone name: use 1 to 64 letters, digits, dots, dashes and underscores, "
                           "beginning with a letter or digit",
                           "Remove it first, or choose another name (--name)");
}

BackboneRecord import_backbone(const fs::path& source, std::string name, const Canary& canary, const Watch& watch) {
    if (name.empty()) name = suggested_name(source);
    check_backbone_name(name);
    check_name_is_free(name);
    watch.report("checking " + source.filename().string(), 0);
    Plan plan = make_plan(source);
    watch.heed();
    LibraryFolder place(LibraryFolder::importing);
    check_space(plan);
    BackboneRecord record;
    record.name = name;
    record.source = fs::absolute(source).lexically_normal().string();
    record.family = plan.config.family;
    record.parameters = plan.config.parameter_count();
    record.dtype = plan.weights.dtype();
    record.licence = plan.licence;
    record.origin = plan.origin;
    const std::vector<std::string>& unused = plan.weights.unexpected;
    for (std::size_t i = 0; i < unused.size() && i < most_notes; ++i)
        record.notes.push_back("not used: " + unused[i]);
    if (unused.size() > most_notes)
        record.notes.push_back("not used: " + std::to_string(unused.size() - most_notes) + " more tensors");
    std::uint64_t done = 0;
    const auto moved_of = [&](const std::string& what) {
        return [&, what](std::uint64_t bytes) {
            watch.heed();
            done += bytes;
            // The last tenth is the engine's.
            watch.report(what, 0.9 * static_cast<double>(done) / static_cast<double>(std::max(plan.bytes, done)));
        };
    };
    naming_the_source(place.path(), plan.source, [&] {
        if (plan.gguf) {
            convert_file(*plan.gguf, place.path(), watch, record);
            record.dtype = "F32";
        }
        for (const std::string& file : plan.copied)
            record.files.push_back(copy_file(source / file, place.path() / file, moved_of("copying " + file)));
        if (plan.convert) {
            watch.report("converting pytorch_model.bin", 0.1);
            const fs::path target = place.path() / "model.safetensors";
            convert_to_safetensors(plan.weights, target);
            watch.heed();
            record.files.push_back(stored_file(target));
        }
        watch.report("trying a sentence", 0.9);
        record.canary = canary(place.path());
        watch.heed();
        record.imported = now_utc();
        write_file_atomically(place.path() / record_name, to_json(record).dump(2) + "\n");
    });
    place.keep(name);
    watch.report("imported", 1);
    return record;
}

} // namespace diapason
