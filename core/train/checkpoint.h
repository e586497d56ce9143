// What it takes to go on with a training as if it had never stopped, kept in two generations.
#pragma once

#include "core/base/json.h"
#include "core/store/run_folder.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace diapason {

/// Named tensors and a few numbers. Whoever has a part in a training puts what it needs under names of its own.
struct Checkpoint {
    std::map<std::string, at::Tensor> tensors; ///< float32, float64 or int64, any device
    Json state = Json::object();               ///< an object for each part
    std::filesystem::path file = {};           ///< where it was read from

    /// @throws Error(input) naming the file when it is absent or has another shape
    const at::Tensor& tensor(const std::string& name, const std::vector<std::int64_t>& shape) const;
    const Json& part(const std::string& name) const; ///< @throws Error(input) when there is none
};

/// A file that was written: for the store's list of artifacts.
struct WrittenCheckpoint {
    std::string name;   ///< within the folder
    std::string sha256; ///< of its tensors and state, as the file itself says it
    std::int64_t bytes = 0;
};

/// Writes the next generation: atomically, read back and compared by hash before the generation before the last one
/// goes. @throws Error(storage); what was there stays
WrittenCheckpoint write_checkpoint(const std::filesystem::path& folder, const Checkpoint& checkpoint);

/// The newest generation that is whole; empty when there is none. @param broken one line for each newer file that is
/// not
std::optional<Checkpoint> read_checkpoint(const std::filesystem::path& folder, std::vector<std::string>& broken);

} // namespace diapason
