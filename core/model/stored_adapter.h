// What a trained model stores beside its backbone: the file that inference needs.
#pragma once

#include "core/model/model.h"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// One tensor of the file.
struct StoredTensor {
    std::string name;
    at::Tensor value; ///< float, or bool: one bit an element
    bool in_head = false;

    /// Bits that hold it.
    std::int64_t bits() const { return value.numel() * (value.scalar_type() == at::kBool ? 1 : 32); }
};

/// Everything trained, or the forms that stand for it (Model::stored_forms()).
std::vector<StoredTensor> stored_tensors(const Model& model);

/// Writes them: floats as F32, masks as U8 with eight elements a byte and their shape in the metadata (bits.<name>).
/// @throws Error(storage)
void save_adapter(const std::filesystem::path& file, const Model& model, std::map<std::string, std::string> metadata);

/// Puts a stored adapter into a model to which the same method has been attached: it then computes what the trained
/// model computed. Training cannot go on from there. @throws Error(input) when a tensor is missing, does not fit or
/// contains numbers that are not finite
void load_adapter(const TensorFile& file, Model& model);

} // namespace diapason
