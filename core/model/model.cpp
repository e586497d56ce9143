#include "core/model/model.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <unordered_set>

namespace diapason {

namespace {

// The tensors of backbone and head together. A pooler is read only by heads that use it: one that no loss reaches would
// be decayed by full tuning for nothing.
std::vector<ExpectedTensor> expected_tensors(const BackboneConfig& config, const HeadSpec& head) {
    std::vector<ExpectedTensor> list = family_of(config).tensors(config);
    if (head.kind != HeadKind::none && head.kind != HeadKind::sequence_classification) {
        std::erase_if(list,
                      [](const ExpectedTensor& tensor) { return tensor.name.find(".pooler.") != std::string::npos; });
    }
    const std::vector<ExpectedTensor> of_head = head_tensors(config, head);
    list.insert(list.end(), of_head.begin(), of_head.end());
    return list;
}

} // namespace

std::unique_ptr<Model> Model::load(const std::filesystem::path& folder, const HeadSpec& head, at::Device device,
                                   at::Generator* generator) {
    const BackboneConfig config = read_backbone_config(folder);
    std::unique_ptr<Model> model(new Model);
    for (Parameter& parameter :
         load_parameters(folder, expected_tensors(config, head), family_of(config).canonical, device)) {
        model->m_weights.add(std::move(parameter.name), std::move(parameter.value), std::move(parameter.file_name));
    }
    model->assemble(config, head, device, generator);
    return model;
}

std::unique_ptr<Model> Model::create(const BackboneConfig& config, const HeadSpec& head, at::Device device,
                                     at::Generator* generator) {
    std::unique_ptr<Model> model(new Model);
    const auto draw = generator != nullptr ? c10::optional<at::Generator>(*generator) : c10::nullopt;
    for (const ExpectedTensor& tensor : expected_tensors(config, head)) {
        if (tensor.optional) continue;
        const auto options = at::TensorOptions().dtype(at::kFloat);
        at::Tensor value;
        if (tensor.shape.size() > 1)
            value = device.is_meta() ? at::empty(tensor.shape, options)
                                     : at::empty(tensor.shape, options).normal_(0, config.initializer_range, draw);
        else if (tensor.name.ends_with(".weight"))
            value = at::ones(tensor.shape, options); // norms
        else
            value = at::zeros(tensor.shape, options);
        model->m_weights.add(tensor.name, value.to(device));
    }
    model->assemble(config, head, device, generator);
    return model;
}

void Model::assemble(const BackboneConfig& config, const HeadSpec& head, at::Device device, at::Generator* generator) {
    m_head_spec = head;
    m_backbone = family_of(config).build(config, m_weights);
    m_head = make_head(config, head, m_weights, device, generator);
}

HiddenStates Model::hidden(const PackedBatch& batch, const ForwardState& state, bool keep_all) {
    return m_backbone->forward(batch, m_prompt.get(), state, keep_all);
}

at::Tensor Model::logits_from(const HiddenStates& hidden, const PackedBatch& batch, const ForwardState& state,
                              Rows rows) {
    return m_head->logits(hidden, batch, m_prompt != nullptr && m_prompt->pool_first_soft_token(), rows, state);
}

at::Tensor Model::logits(const PackedBatch& batch, const ForwardState& state, Rows rows) {
    return logits_from(hidden(batch, state), batch, state, rows);
}

void Model::train(const std::vector<Parameter*>& parameters) {
    for (Parameter* parameter : parameters)
        parameter->value.set_requires_grad(true);
}

std::vector<Parameter*> Model::trainable() const {
    std::vector<Parameter*> list;
    for (const ParameterStore* store : {&m_deltas, &m_weights}) {
        for (const auto& parameter : store->all()) {
            if (parameter->value.requires_grad()) list.push_back(parameter.get());
        }
    }
    return list;
}

std::vector<const Parameter*> Model::frozen() const {
    std::vector<const Parameter*> list;
    for (const ParameterStore* store : {&m_weights, &m_deltas}) {
        for (const auto& parameter : store->all()) {
            if (!parameter->value.requires_grad()) list.push_back(parameter.get());
        }
    }
    return list;
}

bool Model::in_head(const Parameter* parameter) const {
    const auto head = m_head->trained();
    return std::find(head.begin(), head.end(), parameter) != head.end();
}

bool Model::only_head_is_trained() const {
    const auto list = trainable();
    return std::all_of(list.begin(), list.end(), [&](const Parameter* parameter) { return in_head(parameter); });
}

void Model::merge() {
    if (merged()) return;
    const c10::NoGradGuard guard;
    for (const auto& [site, linear] : m_backbone->linears()) {
        if (linear->deltas.empty()) continue;
        at::Tensor change;
        for (const auto& delta : linear->deltas) {
            const at::Tensor one = delta->weight_change();
            if (!one.defined())
                throw Error(ErrorKind::config, "the delta at " + site.address() + " cannot be merged into a weight");
            change = change.defined() ? change + one : one;
        }
        m_originals.push_back({linear->weight, linear->weight->value, linear, std::move(linear->deltas)});
        linear->weight->value = linear->weight->value.detach() + change;
        linear->deltas.clear();
    }
}

void Model::unmerge() {
    for (Original& original : m_originals) {
        original.parameter->value = std::move(original.value);
        original.linear->deltas = std::move(original.deltas);
    }
    m_originals.clear();
}

} // namespace diapason
