#include "core/model/parameters.h"

#include "core/backbone/gguf.h"
#include "core/backbone/weights.h"
#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/model/loops.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace diapason {
namespace {

// Matrices are what has size, and what products and look-ups widen as they go; vectors would only be in the way.
bool stays_mapped(const TensorEntry& entry, at::ScalarType type, const std::byte* data) {
    const bool as_stored = type == at::kFloat || (at::isReducedFloatingType(type) && entry.shape.size() == 2);
    return as_stored && entry.strides.empty() &&
           reinterpret_cast<std::uintptr_t>(data) % bytes_of_dtype(entry.dtype) == 0;
}

// Widening costs a pass over the weights at every step: it pays where they are large. DIAPASON_KEEP_16_BITS is the size
// of all matrices, in bytes, from which they stay as they are stored.
bool stays_in_16_bits(const MatchedWeights& weights) {
    const char* given = std::getenv("DIAPASON_KEEP_16_BITS");
    const std::uint64_t from = given != nullptr ? std::strtoull(given, nullptr, 10) : std::uint64_t{128} << 20;
    std::uint64_t bytes = 0;
    for (const auto& [name, found] : weights.found)
        bytes += found.entry->shape.size() == 2 ? found.entry->end - found.entry->begin : 0;
    return bytes >= from;
}

} // namespace

at::Tensor Parameter::floats() const {
    return widened(value);
}

void Parameter::widen() {
    value = floats();
}

Parameter& ParameterStore::add(std::string name, at::Tensor value, std::string file_name) {
    return add(Parameter{std::move(name), std::move(file_name), std::move(value)});
}

Parameter& ParameterStore::add(Parameter parameter) {
    auto own = std::make_unique<Parameter>(std::move(parameter));
    if (own->file_name.empty()) own->file_name = own->name;
    if (!m_by_name.emplace(own->name, own.get()).second) throw std::logic_error("two parameters named " + own->name);
    m_list.push_back(std::move(own));
    return *m_list.back();
}

Parameter* ParameterStore::find(const std::string& name) {
    const auto found = m_by_name.find(name);
    return found == m_by_name.end() ? nullptr : found->second;
}

Parameter& ParameterStore::at(const std::string& name) {
    if (Parameter* parameter = find(name)) return *parameter;
    throw std::logic_error("no parameter named " + name);
}

at::ScalarType scalar_type_of(const std::string& dtype) {
    if (dtype == "F32") return at::kFloat;
    if (dtype == "F16") return at::kHalf;
    if (dtype == "BF16") return at::kBFloat16;
    if (dtype == "F64") return at::kDouble;
    if (dtype == "I64") return at::kLong;
    if (dtype == "I32") return at::kInt;
    if (dtype == "BOOL") return at::kBool;
    if (dtype == "U8") return at::kByte;
    throw Error(ErrorKind::input, "tensors of type " + dtype + " cannot be read");
}

at::Tensor read_tensor(const TensorFile& file, const TensorEntry& entry, bool map) {
    if (needs_float_rows(file, entry)) {
        at::Tensor tensor = at::empty(entry.shape, at::TensorOptions().dtype(at::kFloat));
        read_float_rows(file, entry, 0, entry.shape.front(), tensor.mutable_data_ptr<float>());
        return tensor;
    }
    const at::ScalarType type = scalar_type_of(entry.dtype);
    const std::byte* data = file.data(entry);
    if (map && stays_mapped(entry, type, data)) {
        // The mapping outlives the tensor: the deleter holds a copy of the file. Its pages are shared with every
        // process that maps the file until somebody writes to the tensor; what is written stays in this process.
        return at::from_blob(
            const_cast<std::byte*>(data), entry.shape, [file](void*) {}, at::TensorOptions().dtype(type));
    }
    const auto bytes = static_cast<std::int64_t>(entry.end - entry.begin);
    const auto width = static_cast<std::int64_t>(bytes_of_dtype(entry.dtype));
    at::Tensor tensor = entry.strides.empty() ? at::empty(entry.shape, at::TensorOptions().dtype(type))
                                              : at::empty({bytes / width}, at::TensorOptions().dtype(type));
    if (bytes > 0) std::memcpy(tensor.data_ptr(), data, static_cast<std::size_t>(bytes));
    if (!entry.strides.empty()) tensor = tensor.as_strided(entry.shape, entry.strides).contiguous();
    return at::isFloatingType(type) ? tensor.to(at::kFloat) : tensor;
}

std::vector<Parameter> load_parameters(const std::filesystem::path& folder, const std::vector<ExpectedTensor>& expected,
                                       CanonicalName (*canonical)(const std::string& name), at::Device device,
                                       std::vector<std::string>* unexpected) {
    const MatchedWeights weights = match_weights(folder, expected, canonical);
    refuse_misfits(weights, folder);
    if (unexpected != nullptr) *unexpected = weights.unexpected;
    const bool as_stored = stays_in_16_bits(weights);
    std::vector<Parameter> parameters;
    for (const ExpectedTensor& tensor : expected) {
        const auto hit = weights.found.find(tensor.name);
        if (hit == weights.found.end()) continue;
        const FoundTensor& found = hit->second;
        at::Tensor value = read_tensor(*found.file, *found.entry, true);
        if (!as_stored) value = value.to(at::kFloat);
        parameters.push_back({tensor.name, found.entry->name, value.to(device), tensor.constant});
    }
    return parameters;
}

std::string hash_tensors(const std::vector<const Parameter*>& parameters) {
    Sha256 hash;
    for (const Parameter* parameter : parameters) {
        hash.update(parameter->name);
        hash.update(shape_text(parameter->value.sizes().vec()));
        const at::Tensor host = parameter->value.detach().cpu().contiguous();
        hash.update({static_cast<const char*>(host.data_ptr()), host.nbytes()});
    }
    return hash.hex();
}

void save_parameters(const std::filesystem::path& file, const std::vector<const Parameter*>& parameters,
                     const std::string& dtype, const std::map<std::string, std::string>& metadata) {
    std::vector<at::Tensor> alive; // until the file is written
    std::vector<TensorToWrite> tensors;
    for (const Parameter* parameter : parameters) {
        alive.push_back(parameter->value.detach().cpu().to(scalar_type_of(dtype)).contiguous());
        tensors.push_back({parameter->name, dtype, alive.back().sizes().vec(), alive.back().data_ptr()});
    }
    write_safetensors(file, std::move(tensors), metadata);
}

} // namespace diapason
