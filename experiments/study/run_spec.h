// A run: one training, described completely by plain values. The unit of work, of storage and of replay.
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <string>

namespace diapason {

/// Everything that decides a run's numbers. Two equal specs on the same machine and build give the same bits.
struct RunSpec {
    std::string backbone;                   ///< name or folder (resolve_backbone)
    std::string task;                       ///< id of an embedded task, or path of a task file
    std::string method;                     ///< id from the catalogue
    Json method_options = Json::object();   ///< complete: defaults filled in
    Json training_options = Json::object(); ///< complete: defaults filled in
    std::uint64_t seed = 1;
    int threads = 1;            ///< of the tensor library; part of the bits
    std::string device = "cpu"; ///< cpu | cuda | cuda:N | auto

    friend bool operator==(const RunSpec&, const RunSpec&) = default;
};

Json to_json(const RunSpec& spec);

/// Checks all options against their descriptors and lists all problems. @throws Error(config)
RunSpec run_spec_from_json(const Json& document, const std::string& origin);

/// SHA-256 (hex) of the canonical JSON: equal for equal specs, whatever order they were written in.
std::string fingerprint(const RunSpec& spec);

} // namespace diapason
