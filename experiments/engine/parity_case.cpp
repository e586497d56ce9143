#include "experiments/engine/parity_case.h"

#include "core/base/error.h"
#include "core/model/parameters.h"

#include <ATen/ops/ones_like.h>

namespace diapason {
namespace fs = std::filesystem;

const at::Tensor& ParityCase::tensor(const std::string& wanted) const {
    const auto found = tensors.find(wanted);
    if (found == tensors.end())
        throw input_error((folder / "io.safetensors").string(), "the tensor " + wanted + " is missing");
    return found->second;
}

double ParityCase::tolerance(const std::string& kind) const {
    const auto tolerances = document.find("tolerance");
    if (tolerances != document.end() && tolerances->is_object()) {
        for (const std::string& key : {kind, std::string("other")}) {
            if (tolerances->contains(key) && tolerances->at(key).is_number()) return tolerances->at(key).get<double>();
        }
    }
    throw input_error((folder / "case.json").string(), "tolerance." + kind + " is missing");
}

double ParityCase::floor(const std::string& kind) const {
    const auto floors = document.find("floor");
    if (floors != document.end() && floors->is_object() && floors->contains(kind))
        return floors->at(kind).get<double>();
    return 1;
}

ParityCase read_parity_case(const fs::path& folder) {
    ParityCase parity;
    parity.folder = folder;
    parity.name = folder.filename().string();
    const std::string origin = (folder / "case.json").string();
    parity.document = read_json(folder / "case.json");
    const auto text = [&](const char* field) {
        const auto found = parity.document.find(field);
        if (found == parity.document.end() || !found->is_string())
            throw input_error(origin, std::string(field) + " is missing or no text");
        return found->get<std::string>();
    };
    const std::string kind = text("kind");
    const std::string family = text("family");
    const auto families = backbone_families();
    if (std::find(families.begin(), families.end(), family) == families.end()) {
        throw input_error(origin, "unsupported: backbones of the family " + family);
    }
    parity.head = head_kind_from(text("head"));
    parity.backbone = folder / text("backbone");
    const SafetensorsFile file(folder / "io.safetensors");
    for (const TensorEntry& entry : file.entries())
        parity.tensors[entry.name] = read_tensor(file, entry);
    if (kind == "train" && !parity.document.contains("train")) throw input_error(origin, "train is missing");
    return parity;
}

PackedInputs pack_inputs(const ParityCase& parity, at::Device device) {
    const at::Tensor& ids = parity.tensor("input_ids");
    if (ids.dim() != 2 || ids.scalar_type() != at::kLong)
        throw input_error((parity.folder / "io.safetensors").string(), "input_ids is no int64 [B, T]");
    const std::int64_t rows = ids.size(0);
    const std::int64_t columns = ids.size(1);
    const auto optional = [&](const char* name) { return parity.has(name) ? parity.tensor(name) : at::Tensor(); };
    const at::Tensor mask = parity.has("attention_mask") ? parity.tensor("attention_mask") : at::ones_like(ids);
    const at::Tensor types = optional("token_type_ids");
    // PEFT drops given positions when it puts soft tokens in front: columns count, pads included.
    const bool soft_tokens =
        parity.document.contains("adapter") && parity.document.at("adapter").is_object() &&
        fs::exists(parity.folder / parity.document.at("adapter").value("path", "adapter") / "adapter_config.json") &&
        read_json(parity.folder / parity.document.at("adapter").value("path", "adapter") / "adapter_config.json")
                .value("peft_type", "") == "PROMPT_TUNING";
    const at::Tensor positions = soft_tokens ? at::Tensor() : optional("position_ids");
    const at::Tensor labels = optional("labels");
    const bool causal = parity.head == HeadKind::causal_lm;
    PackedInputs packed;
    packed.columns = columns;
    std::vector<Sequence> sequences;
    for (std::int64_t b = 0; b < rows; ++b) {
        Sequence sequence;
        for (std::int64_t t = 0; t < columns; ++t) {
            if (mask[b][t].item<std::int64_t>() == 0) continue;
            sequence.ids.push_back(ids[b][t].item<std::int64_t>());
            sequence.type_ids.push_back(types.defined() ? types[b][t].item<std::int64_t>() : 0);
            sequence.positions.push_back(
                positions.defined() ? positions[positions.size(0) == 1 ? 0 : b][t].item<std::int64_t>() : t);
            if (labels.defined() && labels.dim() == 2) {
                // A causal row predicts the next column.
                const std::int64_t column = causal ? t + 1 : t;
                sequence.labels.push_back(column < columns ? labels[b][column].item<std::int64_t>() : -100);
            }
            if (causal && labels.defined() && t == 0) sequence.front_label = labels[b][0].item<std::int64_t>();
            packed.places.emplace_back(b, t);
        }
        if (labels.defined() && labels.dim() == 1) {
            if (labels.is_floating_point())
                sequence.target = labels[b].item<double>();
            else
                sequence.label = labels[b].item<std::int64_t>();
        }
        sequences.push_back(std::move(sequence));
    }
    packed.batch = PackedBatch::pack(sequences, device);
    return packed;
}

} // namespace diapason
