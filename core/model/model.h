// A model at work: backbone, head and deltas.
//
//     auto model = Model::load(folder, {HeadKind::sequence_classification, 12}, device, init_generator);
//     attach_method("lora", options, *model, context);             // methods/method.h: deltas, and what is trained
//     PackedBatch batch = PackedBatch::pack(sequences, device);
//     ForwardState state{.backbone_dropout = nullptr, .delta_dropout = &stream};
//     at::Tensor logits = model->logits(batch, state);             // labelled rows only
//     model->loss(logits, batch).mean().backward();
//     for (Parameter* p : model->trainable()) update(p->value, p->value.grad());
//
// Not thread-safe; lives on the engine's thread.
#pragma once

#include "core/model/head.h"

#include <ATen/core/Generator.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace diapason {

class Model {
public:
    /// Reads a Hugging Face folder. Everything starts frozen. @param generator draws what the head lacks; null = the
    /// head must be complete or may be drawn from the default generator. @throws Error(input)
    static std::unique_ptr<Model> load(const std::filesystem::path& folder, const HeadSpec& head, at::Device device,
                                       at::Generator* generator = nullptr);
    /// Fresh weights, N(0, initializer_range), norms 1: pretraining, tests, the meta device.
    static std::unique_ptr<Model> create(const BackboneConfig& config, const HeadSpec& head, at::Device device,
                                         at::Generator* generator = nullptr);

    Backbone& backbone() { return *m_backbone; }
    const BackboneConfig& config() const { return m_backbone->config(); }
    Head& head() { return *m_head; }
    const HeadSpec& head_spec() const { return m_head_spec; }
    at::Device device() { return m_backbone->word_embedding().value.device(); }

    at::Tensor logits(const PackedBatch& batch, const ForwardState& state, Rows rows = Rows::labelled) {
        return logits_of(read(batch, state, rows), state);
    }
    /// The same in two steps: the rows that the head reads, [R, width], and its logits of them. The last layer computes
    /// little beyond these rows.
    at::Tensor read(const PackedBatch& batch, const ForwardState& state, Rows rows = Rows::labelled);
    at::Tensor logits_of(const at::Tensor& rows, const ForwardState& state) const {
        return m_head->logits(rows, state);
    }

    /// A batch for this model: the sequences once for each member of its prompt, member after member.
    PackedBatch pack(std::span<const Sequence> sequences);
    std::int64_t members() const { return m_prompt != nullptr ? m_prompt->members() : 1; }

    /// The hidden states of all rows, of every layer when `keep_all` is set.
    HiddenStates hidden(const PackedBatch& batch, const ForwardState& state, bool keep_all = false);
    /// What the head reads of them: read() of states that are known.
    at::Tensor read_from(const HiddenStates& hidden, const PackedBatch& batch, Rows rows = Rows::labelled) const;
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const { return m_head->loss(logits, batch); }

    /// Backbone and head tensors as in the file, deltas apart.
    ParameterStore& weights() { return m_weights; }
    /// Tensors of deltas, named by site: "decoder.3.self_attn.q.lora_A".
    ParameterStore& deltas() { return m_deltas; }
    void set_prompt(std::unique_ptr<EmbeddingDelta> prompt) { m_prompt = std::move(prompt); }
    EmbeddingDelta* prompt() { return m_prompt.get(); }
    /// What every input needs where rows of a prompt stand inside it; null = nothing.
    void set_prompt_template(PromptTemplate text) { m_template = std::move(text); }
    const PromptTemplate* prompt_template() const { return m_template ? &*m_template : nullptr; }
    void add_module(std::unique_ptr<SharedModule> module) { m_modules.push_back(std::move(module)); }
    /// In the order in which they are restored.
    void add_stored_form(StoredForm form) { m_stored_forms.push_back(std::move(form)); }
    const std::vector<StoredForm>& stored_forms() const { return m_stored_forms; }
    /// What hidden() does first, for those who call the stacks themselves.
    void prepare();
    /// Every linear map that deltas may change, with its module's name in the files: layers, then the head.
    std::vector<std::pair<std::string, Linear*>> linears();

    /// Marks for training: gradients will be computed. Head parameters are marked by train_head().
    void train(const std::vector<Parameter*>& parameters);
    /// The precision of products with the backbone's and the head's weights. In bfloat16 frozen weights are kept in it
    /// from then on, half as large; what is trained stays float32. After the method is attached.
    void compute_in(Precision precision);
    Precision precision() const { return m_precision; }
    void train_head() { train(m_head->trained()); }
    /// Everything marked, deltas first, each once.
    std::vector<Parameter*> trainable() const;
    /// Everything not marked.
    std::vector<const Parameter*> frozen() const;
    /// SHA-256 of all frozen tensors.
    std::string hash_frozen() const { return hash_tensors(frozen()); }
    bool in_head(const Parameter* parameter) const;

    /// Adds every mergeable delta to its weight; the originals are kept aside, so that unmerge() restores the very
    /// bits. An output that shares a changed token embedding gets a copy of its own first, and keeps it.
    void merge();
    void unmerge();
    bool merged() const { return !m_originals.empty(); }

    /// The first layers, with the embeddings below them, that nothing trained and no delta touches: their states stay
    /// the same from step to step while dropout is off. 0 for two stacks, prompts and relative or shifted positions.
    std::int64_t frozen_layers();
    /// SHA-256 of everything below a layer.
    std::string hash_below(std::int64_t layer);
    /// The states that enter a layer, without gradients; behind the last layer only the rows that the head reads,
    /// before the final norm. Offsets say where the rows of each sequence are. @param layer 1 … frozen_layers()
    StackStates entering(const PackedBatch& batch, std::int64_t layer);
    /// read() that goes on from such rows of the batch's sequences.
    at::Tensor read_entered(const at::Tensor& rows, std::int64_t layer, const PackedBatch& batch,
                            const ForwardState& state);

private:
    Model() = default;
    bool pools_first_soft_token() const { return m_prompt != nullptr && m_prompt->pool_first_soft_token(); }
    void own_copy(Parameter* parameter);
    struct TableChange {
        Table* table;
        at::Tensor value;
    };
    std::vector<TableChange> table_changes();
    void assemble(const BackboneConfig& config, const HeadSpec& head, at::Device device, at::Generator* generator);

    HeadSpec m_head_spec;
    Precision m_precision = Precision::float32;
    ParameterStore m_weights, m_deltas;
    std::unique_ptr<Backbone> m_backbone;
    std::unique_ptr<Head> m_head;
    std::unique_ptr<EmbeddingDelta> m_prompt;
    std::optional<PromptTemplate> m_template;
    std::vector<std::unique_ptr<SharedModule>> m_modules;
    std::vector<StoredForm> m_stored_forms;
    struct Original {
        Parameter* parameter;
        at::Tensor value;
    };
    std::vector<Original> m_originals;
    std::vector<std::pair<Linear*, std::vector<std::unique_ptr<LinearDelta>>>> m_merged_deltas;
    std::vector<std::pair<Table*, std::vector<std::unique_ptr<TableDelta>>>> m_merged_table_deltas;
};

} // namespace diapason
