// Do the tensors of a folder fit its config.json? One answer for the importer and for the engine, without torch.
#pragma once

#include "core/backbone/family.h"
#include "core/backbone/tensor_file.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// "[2, 3]"
std::string shape_text(const std::vector<std::int64_t>& shape);

struct FoundTensor {
    const TensorFile* file = nullptr;
    const TensorEntry* entry = nullptr;
};

/// The tensors of a folder under canonical names, and everything that does not fit. Moving it keeps the pointers valid.
struct MatchedWeights {
    std::vector<TensorFile> files;
    std::map<std::string, FoundTensor> found; ///< by canonical name
    std::vector<std::string> missing;         ///< "name [shape]"
    std::vector<std::string> mismatched;      ///< other shape, or no numbers of a floating type
    std::vector<std::string> repeated;        ///< two tensors of one canonical name
    std::vector<std::string> unexpected;      ///< no reason to refuse; names as in the file

    bool fit() const { return missing.empty() && mismatched.empty() && repeated.empty(); }
    /// The storage type of the weights: "F32", or "F16, F32" where several occur.
    std::string dtype() const;
};

/// @param canonical what a name of the file is called here (BackboneFamily::canonical)
/// @throws Error(input) when the files themselves cannot be read; misfits are collected
MatchedWeights match_weights(const std::filesystem::path& folder, const std::vector<ExpectedTensor>& expected,
                             CanonicalName (*canonical)(const std::string& name));

/// @throws Error(input) listing all misfits when there are any
void refuse_misfits(const MatchedWeights& weights, const std::filesystem::path& folder);

/// Everything that a file of this family may hold: the backbone's tensors are needed, those of heads optional.
std::vector<ExpectedTensor> importable_tensors(const BackboneConfig& config);

} // namespace diapason
