// The named tensors of a model: what is loaded, trained, hashed and saved.
#pragma once

#include "core/backbone/family.h"
#include "core/backbone/tensor_file.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace diapason {

/// One tensor with its name. The handle stays the same for the model's life; its values change in place.
struct Parameter {
    std::string name;      ///< canonical: today's Hugging Face name, "bert.encoder.layer.0.attention.self.query.weight"
    std::string file_name; ///< as in the file it was read from; equal to name otherwise
    at::Tensor value;      ///< float32, or in the 16 bits that it is stored in while it is frozen
    bool constant = false; ///< never trained, not even by full tuning
    double rate = 1;       ///< factor of the run's learning rate

    at::Tensor floats() const; ///< the value in float32: itself, or a copy
    void widen();              ///< keeps it in float32 from now on, so that it can change
};

/// Owns parameters; addresses stay valid while the store lives.
class ParameterStore {
public:
    Parameter& add(std::string name, at::Tensor value, std::string file_name = {});
    Parameter& add(Parameter parameter);
    Parameter* find(const std::string& name); ///< by canonical name
    Parameter& at(const std::string& name);   ///< @throws std::logic_error
    const std::vector<std::unique_ptr<Parameter>>& all() const { return m_list; }

private:
    std::vector<std::unique_ptr<Parameter>> m_list;
    std::unordered_map<std::string, Parameter*> m_by_name;
};

/// A tensor of a file as float32 on the CPU. With `map` aligned data stay mapped (no copy): float32, and matrices of
/// 16-bit floats as they are.
at::Tensor read_tensor(const TensorFile& file, const TensorEntry& entry, bool map = false);

/// The tensors of a folder under canonical names. `canonical` says what a name of the file is called here. Everything
/// is checked before anything is read: missing and mismatched tensors are listed in full, unexpected ones are noted.
/// @return parameters of the given device in the order of `expected`; optional ones only when present
/// @throws Error(input)
std::vector<Parameter> load_parameters(const std::filesystem::path& folder, const std::vector<ExpectedTensor>& expected,
                                       CanonicalName (*canonical)(const std::string& name), at::Device device,
                                       std::vector<std::string>* unexpected = nullptr);

/// SHA-256 (hex) over names, shapes and bytes, in the given order.
std::string hash_tensors(const std::vector<const Parameter*>& parameters);

/// float32, float16 or bfloat16 by "F32", "F16", "BF16".
at::ScalarType scalar_type_of(const std::string& dtype);

/// Writes tensors under their canonical names in the given storage type.
void save_parameters(const std::filesystem::path& file, const std::vector<const Parameter*>& parameters,
                     const std::string& dtype, const std::map<std::string, std::string>& metadata);

} // namespace diapason
