#include "core/model/stored_adapter.h"

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/model/bit_tensor.h"

#include <ATen/ops/isfinite.h>
#include <c10/core/GradMode.h>

#include <set>

namespace diapason {
namespace {

std::set<const Parameter*> replaced(const Model& model) {
    std::set<const Parameter*> list;
    for (const StoredForm& form : model.stored_forms())
        list.insert(form.replaces.begin(), form.replaces.end());
    return list;
}

Error misfit(const TensorFile& file, const std::string& name) {
    return input_error(file.path().string(), "the tensor " + name + " is missing or has the wrong shape");
}

// Of a run that diverged, or damaged: everything that is computed with it would be NaN, and a decomposition stops.
at::Tensor read_numbers(const TensorFile& file, const TensorEntry& entry) {
    at::Tensor value = read_tensor(file, entry);
    if (value.is_floating_point() && !at::isfinite(value).all().item<bool>())
        throw input_error(file.path().string(), "the tensor " + entry.name + " contains NaN or infinite numbers",
                          "Use the adapter of a run that has finished, or a copy that is not damaged");
    return value;
}

at::Tensor read_bits(const TensorFile& file, const TensorEntry& entry, const std::vector<std::int64_t>& shape) {
    const auto text = file.metadata().find("bits." + entry.name);
    const std::int64_t count = c10::multiply_integers(shape);
    if (text == file.metadata().end() || parse_json(text->second, file.path().string()) != Json(shape) ||
        entry.dtype != "U8" || entry.shape != std::vector<std::int64_t>{(count + 7) / 8})
        throw misfit(file, entry.name);
    return unpack_bits(read_tensor(file, entry), shape);
}

} // namespace

std::vector<StoredTensor> stored_tensors(const Model& model) {
    const c10::NoGradGuard guard;
    const auto left_out = replaced(model);
    std::vector<StoredTensor> list;
    for (const StoredForm& form : model.stored_forms())
        list.push_back({form.name, form.value().detach(), false});
    for (const Parameter* parameter : model.trainable()) {
        if (left_out.count(parameter) == 0)
            list.push_back({parameter->name, parameter->value.detach(), model.in_head(parameter)});
    }
    return list;
}

void save_adapter(const std::filesystem::path& file, const Model& model, std::map<std::string, std::string> metadata) {
    std::vector<at::Tensor> alive; // until the file is written
    std::vector<TensorToWrite> tensors;
    for (const StoredTensor& stored : stored_tensors(model)) {
        const bool mask = stored.value.scalar_type() == at::kBool;
        if (mask) metadata["bits." + stored.name] = Json(stored.value.sizes().vec()).dump();
        alive.push_back(mask ? pack_bits(stored.value) : stored.value.cpu().to(at::kFloat).contiguous());
        tensors.push_back(
            {stored.name, mask ? "U8" : "F32", alive.back().sizes().vec(), alive.back().const_data_ptr()});
    }
    write_safetensors(file, std::move(tensors), metadata);
}

void load_adapter(const TensorFile& file, Model& model) {
    const c10::NoGradGuard guard;
    const auto left_out = replaced(model);
    const auto entry_of = [&](const std::string& name) -> const TensorEntry& {
        const TensorEntry* entry = file.find(name);
        if (entry == nullptr) throw misfit(file, name);
        return *entry;
    };
    for (Parameter* parameter : model.trainable()) {
        if (left_out.count(parameter) != 0) continue;
        const TensorEntry& entry = entry_of(parameter->name);
        if (entry.shape != parameter->value.sizes().vec()) throw misfit(file, entry.name);
        parameter->value.copy_(read_numbers(file, entry));
    }
    for (const StoredForm& form : model.stored_forms()) {
        const TensorEntry& entry = entry_of(form.name);
        const at::Tensor now = form.value();
        const std::vector<std::int64_t> shape = now.sizes().vec();
        if (now.scalar_type() == at::kBool) {
            form.restore(read_bits(file, entry, shape).to(model.device()));
            continue;
        }
        if (entry.shape != shape) throw misfit(file, entry.name);
        form.restore(read_numbers(file, entry).to(model.device()));
    }
}

} // namespace diapason
