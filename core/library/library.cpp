#include "core/library/library.h"

#include "core/backbone/gguf.h"
#include "core/base/document_version.h"
#include "core/base/error.h"
#include "core/base/options.h"
#include "core/base/paths.h"
#include "core/base/sha256.h"
#include "core/base/words.h"
#include "core/library/library_folder.h"

#include <algorithm>
#include <cmath>

namespace diapason {
namespace fs = std::filesystem;
namespace {

constexpr int record_version = 1;

// A folder among others; one that is unclear is not an error of whoever asks for another.
bool is_backbone(const fs::path& folder) {
    std::error_code unreadable;
    if (fs::exists(folder / "config.json", unreadable)) return true;
    try {
        return gguf_of(folder).has_value();
    } catch (const Error&) {
        return false;
    }
}

std::string text_of(const Json& document, const char* key) {
    const auto found = document.find(key);
    return found != document.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::vector<double> numbers_of(const Json& document, const char* key) {
    std::vector<double> numbers;
    const auto found = document.find(key);
    if (found == document.end() || !found->is_array()) return numbers;
    for (const Json& value : *found)
        numbers.push_back(value.is_number() ? value.get<double>() : std::nan(""));
    return numbers;
}

} // namespace

std::vector<BackboneEntry> list_backbones() {
    std::vector<BackboneEntry> entries;
    const auto add = [&](const fs::path& folder, bool embedded) {
        std::error_code error;
        std::vector<BackboneEntry> found;
        for (const auto& item : fs::directory_iterator(folder, error)) {
            const bool hidden = item.path().filename().string().rfind('.', 0) == 0; // half an import, half removed
            if (!hidden && is_backbone(item.path()))
                found.push_back({item.path().filename().string(), item.path(), embedded});
        }
        std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
        entries.insert(entries.end(), found.begin(), found.end());
    };
    add(resource_folder() / "backbones", true);
    add(home_folder() / "backbones", false);
    return entries;
}

fs::path resolve_backbone(const std::string& name_or_path) {
    std::vector<std::string> names;
    for (const BackboneEntry& entry : list_backbones()) {
        if (entry.name == name_or_path) return entry.folder;
        names.push_back(entry.name);
    }
    std::error_code unreadable; // no folder of ours, or a name that no file can have
    if (fs::exists(fs::path(name_or_path) / "config.json", unreadable) || gguf_of(name_or_path)) return name_or_path;
    throw config_error(
        "backbone", name_or_path,
        "there is no such backbone, and no folder with this name that contains a config.json or a .gguf file",
        did_you_mean(name_or_path, names));
}

void Watch::heed() const {
    if (cancelled && cancelled()) throw Error(ErrorKind::cancelled, "stopped; the library is unchanged");
}

Json to_json(const BackboneRecord& record) {
    Json files = Json::array();
    for (const StoredFile& file : record.files)
        files.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
    return {{"format", "diapason-backbone"},
            {"version", record_version},
            {"name", record.name},
            {"source", record.source},
            {"imported", record.imported},
            {"family", record.family},
            {"parameters", record.parameters},
            {"dtype", record.dtype},
            {"licence", record.licence},
            {"origin", record.origin},
            {"files", files},
            {"notes", record.notes},
            {"canary", record.canary}};
}

std::optional<BackboneRecord> read_record(const fs::path& folder) {
    const fs::path file = folder / record_name;
    if (!fs::exists(file)) return std::nullopt;
    const Json document = read_json(file, 16u << 20);
    if (!document.is_object() || text_of(document, "format") != "diapason-backbone")
        throw input_error(file.string(), "is not a record of an imported backbone", "Import it again");
    require_version(document, record_version, file.string(), ErrorKind::input);
    BackboneRecord record;
    record.name = text_of(document, "name");
    record.source = text_of(document, "source");
    record.imported = text_of(document, "imported");
    record.family = text_of(document, "family");
    record.dtype = text_of(document, "dtype");
    record.licence = text_of(document, "licence");
    record.origin = text_of(document, "origin");
    if (const auto count = document.find("parameters"); count != document.end() && count->is_number_integer())
        record.parameters = count->get<std::int64_t>();
    if (const auto files = document.find("files"); files != document.end() && files->is_array()) {
        for (const Json& item : *files) {
            if (!item.is_object()) continue;
            const auto bytes = item.find("bytes");
            record.files.push_back(
                {text_of(item, "name"),
                 bytes != item.end() && bytes->is_number_unsigned() ? bytes->get<std::uint64_t>() : 0,
                 text_of(item, "sha256")});
        }
    }
    if (const auto notes = document.find("notes"); notes != document.end() && notes->is_array()) {
        for (const Json& note : *notes) {
            if (note.is_string()) record.notes.push_back(note.get<std::string>());
        }
    }
    if (const auto canary = document.find("canary"); canary != document.end()) record.canary = *canary;
    return record;
}

fs::path library_folder() {
    return home_folder() / "backbones";
}

BackboneEntry find_backbone(const std::string& name_or_path) {
    const fs::path folder = resolve_backbone(name_or_path);
    for (BackboneEntry& entry : list_backbones()) {
        std::error_code error;
        if (entry.name == name_or_path || fs::equivalent(entry.folder, folder, error)) return std::move(entry);
    }
    return {name_or_path, folder, false};
}

std::uint64_t folder_bytes(const fs::path& folder) {
    std::uint64_t bytes = 0;
    std::error_code error;
    for (const auto& item : fs::directory_iterator(folder, error)) {
        const std::uint64_t size = item.is_regular_file(error) ? item.file_size(error) : 0;
        if (!error) bytes += size;
    }
    return bytes;
}

std::vector<std::string> check_files(const fs::path& folder, const BackboneRecord& record, const Watch& watch) {
    std::vector<std::string> wrong;
    std::uint64_t all = 1, done = 0;
    for (const StoredFile& file : record.files)
        all += file.bytes;
    for (const StoredFile& file : record.files) {
        if (!is_plain_name(file.name)) {
            wrong.push_back(file.name + ": is not a plain file name");
            continue;
        }
        std::error_code error;
        const std::uint64_t size = fs::file_size(folder / file.name, error);
        if (error)
            wrong.push_back(file.name + ": is missing");
        else if (size != file.bytes)
            wrong.push_back(file.name + ": has " + std::to_string(size) + " bytes where " + std::to_string(file.bytes) +
                            " were stored");
        else if (sha256_of_file(folder / file.name, [&](std::size_t bytes) {
                     done += bytes;
                     watch.heed();
                     watch.report("comparing " + file.name, static_cast<double>(done) / static_cast<double>(all));
                 }) != file.sha256)
            wrong.push_back(file.name + ": its content has changed since it was stored");
    }
    return wrong;
}

std::string compare_canary(const Json& recorded, const Json& now) {
    if (!recorded.is_object()) return "nothing was recorded at import";
    if (!now.is_object()) return "the engine gave no answer";
    if (recorded.value("text", "") != now.value("text", ""))
        return "this Diapason tries a different sentence from the one that imported it; import it again";
    if (numbers_of(recorded, "ids") != numbers_of(now, "ids")) return "the tokenizer splits the sentence differently";
    const std::vector<double> before = numbers_of(recorded, "values"), after = numbers_of(now, "values");
    if (before.empty() || before.size() != after.size()) return "the record contains no values to compare";
    double square = 0;
    for (const double value : before)
        square += value * value;
    const double scale = std::sqrt(square / static_cast<double>(before.size()));
    for (std::size_t i = 0; i < before.size(); ++i) {
        if (!(std::abs(before[i] - after[i]) <= 1e-3 * scale)) {
            return "hidden states differ: value " + std::to_string(i) + " is " + std::to_string(after[i]) + " where " +
                   std::to_string(before[i]) + " was recorded";
        }
    }
    return {};
}

void remove_backbone(const std::string& name) {
    std::vector<std::string> names;
    for (const BackboneEntry& entry : list_backbones()) {
        if (entry.name != name) {
            if (!entry.embedded) names.push_back(entry.name);
            continue;
        }
        if (entry.embedded) throw config_error("backbone", name, "comes with Diapason and cannot be removed");
        LibraryFolder place(LibraryFolder::removing);
        place.take(entry.folder); // its name is free from here on, whatever happens to the rest
        return;
    }
    throw config_error("backbone", name, "there is no imported backbone with this name",
                       did_you_mean(name, names, "diapason-cli backbone list shows them"));
}

} // namespace diapason
