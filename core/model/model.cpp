#include "core/model/model.h"

#include "core/base/error.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <unordered_set>

namespace diapason {

namespace {

// The tensors of backbone and head together. A head that does not read the pooler does not load it: full tuning would
// decay it for nothing.
std::vector<ExpectedTensor> expected_tensors(const BackboneConfig& config, const HeadSpec& spec) {
    std::vector<ExpectedTensor> list = backbone_tensors(config);
    const HeadTensors head = head_tensors(config, spec.kind, spec.labels);
    list.insert(list.end(), head.pretrained.begin(), head.pretrained.end());
    list.insert(list.end(), head.trained.begin(), head.trained.end());
    return list;
}

} // namespace

std::unique_ptr<Model> Model::load(const std::filesystem::path& folder, const HeadSpec& head, at::Device device,
                                   at::Generator* generator) {
    const BackboneConfig config = read_backbone_config(folder);
    std::unique_ptr<Model> model(new Model);
    for (Parameter& parameter :
         load_parameters(folder, expected_tensors(config, head), family_of(config).canonical, device)) {
        model->m_weights.add(std::move(parameter));
    }
    model->assemble(config, head, device, generator);
    return model;
}

std::unique_ptr<Model> Model::create(const BackboneConfig& config, const HeadSpec& head, at::Device device,
                                     at::Generator* generator) {
    std::unique_ptr<Model> model(new Model);
    c10::optional<at::Generator> draw;
    if (generator != nullptr) draw = *generator;
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
    m_backbone = std::make_unique<Backbone>(config, m_weights);
    m_head = make_head(config, head, m_backbone->word_embedding(), m_weights, device, generator);
}

PackedBatch Model::pack(std::span<const Sequence> sequences) {
    if (members() == 1) return PackedBatch::pack(sequences, device());
    std::vector<Sequence> all;
    for (std::int64_t member = 0; member < members(); ++member)
        all.insert(all.end(), sequences.begin(), sequences.end());
    return PackedBatch::pack(all, device());
}

void Model::prepare() {
    for (const auto& module : m_modules)
        module->prepare();
}

std::vector<std::pair<std::string, Linear*>> Model::linears() {
    std::vector<std::pair<std::string, Linear*>> list;
    for (const auto& [site, linear] : m_backbone->linears()) {
        std::string name = linear->weight->name;
        replace_ending(name, ".weight", "");
        list.emplace_back(name, linear);
    }
    const auto head = m_head->linears();
    list.insert(list.end(), head.begin(), head.end());
    return list;
}

HiddenStates Model::hidden(const PackedBatch& batch, const ForwardState& state, bool keep_all) {
    prepare();
    return m_backbone->forward(batch, m_prompt.get(), state, keep_all);
}

at::Tensor Model::read(const PackedBatch& batch, const ForwardState& state, Rows rows) {
    prepare();
    const auto chosen =
        m_head->rows_read(m_backbone->layout(batch, m_prompt.get()), batch, pools_first_soft_token(), rows);
    return m_backbone->forward(batch, m_prompt.get(), state, false, chosen ? &*chosen : nullptr).last;
}

at::Tensor Model::read_from(const HiddenStates& hidden, const PackedBatch& batch, Rows rows) const {
    const auto chosen = m_head->rows_read(hidden, batch, pools_first_soft_token(), rows);
    return chosen ? select_rows(hidden.last, index_tensor(*chosen, hidden.last.device())) : hidden.last;
}

void Model::train(const std::vector<Parameter*>& parameters) {
    for (Parameter* parameter : parameters) {
        if (parameter->constant) continue;
        parameter->widen();
        parameter->value.set_requires_grad(true);
    }
}

void Model::compute_in(Precision precision) {
    const c10::NoGradGuard guard;
    const Parameter* words = &m_backbone->word_embedding();
    m_precision = precision;
    for (const auto& [name, linear] : linears()) {
        linear->precision = precision;
        Parameter& weight = *linear->weight;
        // The embedding, which an output may share, stays as exact as it is.
        if (precision == Precision::bfloat16 && &weight != words && !weight.value.requires_grad())
            weight.value = weight.value.to(at::kBFloat16);
    }
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

void Model::merge() {
    if (merged()) return;
    const c10::NoGradGuard guard;
    struct Change {
        Linear* linear;
        at::Tensor weight, offset;
    };
    // All of them first: a refusal leaves the model as it was.
    const std::vector<TableChange> tables = table_changes();
    const Parameter* words = &m_backbone->word_embedding();
    const auto of_words = std::find_if(tables.begin(), tables.end(),
                                       [&](const TableChange& change) { return change.table->weight == words; });
    bool output_agrees = false; // a tied output that its own deltas change as the table's deltas change the table
    std::vector<Change> changes;
    for (const auto& [name, linear] : linears()) {
        if (linear->deltas.empty()) continue;
        Change change{linear, linear->floats().detach().clone(), linear->offset()};
        if (change.offset.defined()) change.offset = change.offset.detach().clone();
        for (const auto& delta : linear->deltas) {
            if (!delta->merge_output(change.weight, change.offset))
                throw config_error("merge", name, "the delta on this map cannot be merged into a weight");
        }
        if (change.offset.defined() && linear->bias == nullptr)
            throw config_error("merge", name, "the delta on this map adds a bias, but the map has none");
        if (linear->weight == words) {
            output_agrees = of_words != tables.end() && at::equal(of_words->value, change.weight);
            if (!output_agrees)
                throw config_error("merge", name, "this map shares its weight with the token embedding");
        }
        for (const auto& delta : linear->deltas)
            delta->merge_input(change.weight);
        changes.push_back(std::move(change));
    }
    if (of_words != tables.end() && !output_agrees) m_head->untie(m_weights); // the output stays what it is
    for (const TableChange& change : tables) {
        own_copy(change.table->weight);
        change.table->weight->value.copy_(change.value);
        m_merged_table_deltas.emplace_back(change.table, std::move(change.table->deltas));
        change.table->deltas.clear();
    }
    for (const Change& change : changes) {
        own_copy(change.linear->weight);
        change.linear->matrix().copy_(change.weight);
        if (change.offset.defined()) {
            own_copy(change.linear->bias);
            change.linear->offset().copy_(change.offset);
        }
        m_merged_deltas.emplace_back(change.linear, std::move(change.linear->deltas));
        change.linear->deltas.clear();
    }
}

// Tables as their deltas make them. Stacks that share one must change it in the same way.
std::vector<Model::TableChange> Model::table_changes() {
    std::vector<TableChange> changes;
    const std::vector<NamedTable> all = m_backbone->tables();
    for (const NamedTable& item : all) {
        if (item.table->deltas.empty()) continue;
        TableChange change{item.table, item.table->weight->floats().detach().clone()};
        for (const auto& delta : item.table->deltas)
            delta->merge(change.value);
        changes.push_back(std::move(change));
    }
    for (const TableChange& change : changes) {
        for (const NamedTable& item : all) {
            if (item.table->weight != change.table->weight) continue;
            const auto other = std::find_if(changes.begin(), changes.end(),
                                            [&](const TableChange& c) { return c.table == item.table; });
            if (other == changes.end() || !at::equal(other->value, change.value))
                throw config_error("merge", item.module, "stacks share this table and change it differently");
        }
    }
    return changes;
}

// Several maps may share a tensor: it is kept, and replaced by a copy, once.
void Model::own_copy(Parameter* parameter) {
    const auto kept = std::find_if(m_originals.begin(), m_originals.end(),
                                   [&](const Original& original) { return original.parameter == parameter; });
    if (kept != m_originals.end()) return;
    m_originals.push_back({parameter, parameter->value});
    parameter->value = parameter->floats().detach().clone();
}

void Model::unmerge() {
    for (Original& original : m_originals)
        original.parameter->value = std::move(original.value);
    for (auto& [linear, deltas] : m_merged_deltas)
        linear->deltas = std::move(deltas);
    for (auto& [table, deltas] : m_merged_table_deltas)
        table->deltas = std::move(deltas);
    m_merged_table_deltas.clear();
    m_originals.clear();
    m_merged_deltas.clear();
}

} // namespace diapason
