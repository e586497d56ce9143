// The library of backbones: those that come with Diapason, and the user's, one folder each below
// home_folder()/backbones with a record of where it came from. Any thread.
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

/// A backbone that can be used by name: those that come with Diapason (resources/backbones) and those in the user's
/// home.
struct BackboneEntry {
    std::string name;
    std::filesystem::path folder;
    bool embedded = false;
};
std::vector<BackboneEntry> list_backbones();

/// A name from list_backbones(), or the path of a folder. @throws Error(config) naming the nearest known name
std::filesystem::path resolve_backbone(const std::string& name_or_path);

/// A long job's way to be watched and stopped; both may be empty. Called on the thread that works.
struct Watch {
    std::function<void(const std::string& what, double share)> progress; ///< share of the whole, 0 to 1
    std::function<bool()> cancelled;

    void report(const std::string& what, double share) const {
        if (progress) progress(what, share);
    }
    void heed() const; ///< @throws Error(cancelled) when cancelled() says so
};

struct StoredFile {
    std::string name;
    std::uint64_t bytes = 0;
    std::string sha256;
};

/// backbone.json of an imported backbone.
struct BackboneRecord {
    std::string name;
    std::string source;   ///< path that it was imported from
    std::string imported; ///< UTC, "2026-01-31T12:00:00Z"
    std::string family;
    std::int64_t parameters = 0;
    std::string dtype;   ///< storage: "F32", "F16, F32"
    std::string licence; ///< as the source says; empty = unknown
    std::string origin;  ///< form of the source: "safetensors", "pytorch_model.bin", "GGUF Q4_1"
    std::vector<StoredFile> files;
    std::vector<std::string> notes; ///< tensors that Diapason does not use, …
    Json canary;                    ///< what the engine made of a sentence (Engine::canary)
};
Json to_json(const BackboneRecord& record);
/// Nothing when the folder has no record: an embedded backbone, or a folder that was put there by hand.
/// @throws Error(input|incompatible)
std::optional<BackboneRecord> read_record(const std::filesystem::path& folder);
inline constexpr const char* record_name = "backbone.json";

std::filesystem::path library_folder();

/// An entry of list_backbones() by its name, or the folder at a path. @throws Error(config) with the nearest name
BackboneEntry find_backbone(const std::string& name_or_path);

/// What a careful reader wants to know of a backbone, as `backbone show --json` prints it: config, sizes, parameter
/// table, sites of a layer, tokenizer, licence, files. @throws Error(input)
Json describe_backbone(const BackboneEntry& entry);

/// Bytes of all files of a folder.
std::uint64_t folder_bytes(const std::filesystem::path& folder);

/// Compares every file with its record. @return one line a difference; empty = all as they were
std::vector<std::string> check_files(const std::filesystem::path& folder, const BackboneRecord& record,
                                     const Watch& watch);

/// Compares what the engine makes of its sentence now with what it made at import. @return empty when they agree, else
/// what differs. Values may differ by a thousandth of their root mean square: other instruction sets round otherwise.
std::string compare_canary(const Json& recorded, const Json& now);

/// At once and for good. @throws Error(config) for unknown and embedded names, Error(storage)
void remove_backbone(const std::string& name);

} // namespace diapason
