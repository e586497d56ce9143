#include "core/model/head.h"

#include "core/base/error.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <limits>

namespace diapason {
namespace {

// Sum of cross entropies; labels of -100 count nothing.
LossTerms cross_entropy(const at::Tensor& logits, const at::Tensor& labels, std::int64_t count) {
    return {at::nll_loss(at::log_softmax(logits, -1), labels, {}, at::Reduction::Sum, -100), count};
}

// Targets of labelled rows: with a soft prompt, its last row predicts the first token too, and these rows come last.
LossTerms token_loss(const at::Tensor& logits, const PackedBatch& batch) {
    const std::int64_t rows = batch.token_labels.size(0);
    const bool with_front = logits.size(0) > rows;
    return cross_entropy(logits, with_front ? at::cat({batch.token_labels, batch.front_labels}) : batch.token_labels,
                         logits.size(0));
}

// Batch rows that carry token labels, as rows of T'.
at::Tensor label_rows(const HiddenStates& hidden, const PackedBatch& batch) {
    if (hidden.prompt == 0) return batch.label_rows;
    std::vector<std::int64_t> rows;
    std::size_t sequence = 0;
    for (const std::int64_t row : batch.label_row_list) {
        while (row >= batch.offsets[sequence + 1])
            ++sequence;
        rows.push_back(row + static_cast<std::int64_t>(sequence + 1) * hidden.prompt);
    }
    for (const std::int64_t front : batch.front_sequences)
        rows.push_back(hidden.offsets[static_cast<std::size_t>(front)] + hidden.prompt - 1);
    return index_tensor(rows, batch.label_rows.device());
}

at::Tensor chosen_rows(const HiddenStates& hidden, const PackedBatch& batch, Rows rows) {
    return rows == Rows::all ? hidden.last : select_rows(hidden.last, label_rows(hidden, batch));
}

class NoHead : public Head {
public:
    explicit NoHead(ParameterStore& store) {
        m_pooler.weight = store.find("bert.pooler.dense.weight");
        m_pooler.bias = store.find("bert.pooler.dense.bias");
    }
    at::Tensor logits(const HiddenStates&, const PackedBatch&, bool, Rows, const ForwardState&) override { return {}; }
    LossTerms loss(const at::Tensor&, const PackedBatch&) const override { return {}; }
    at::Tensor pooled(const HiddenStates& hidden, bool first_soft_token) override {
        if (m_pooler.weight == nullptr) return {};
        const auto rows = index_tensor(pooling_rows(hidden, false, first_soft_token), hidden.last.device());
        return at::tanh(m_pooler(select_rows(hidden.last, rows), {}));
    }
    std::vector<Parameter*> trained() const override { return {}; }

private:
    Linear m_pooler;
};

// BERT: tanh pooler, dropout, linear. Decoders: linear on the last token.
class SequenceClassifier : public Head {
public:
    SequenceClassifier(const BackboneConfig& config, const HeadSpec& spec, ParameterStore& store,
                       std::vector<Parameter*> trained)
        : m_causal(config.causal),
          m_labels(spec.labels),
          m_dropout(config.hidden_dropout),
          m_trained(std::move(trained)) {
        const std::string name = config.causal ? "score" : "classifier";
        m_linear.weight = &store.at(name + ".weight");
        m_linear.bias = store.find(name + ".bias");
        m_pooler.weight = store.find("bert.pooler.dense.weight");
        m_pooler.bias = store.find("bert.pooler.dense.bias");
    }

    at::Tensor logits(const HiddenStates& hidden, const PackedBatch&, bool first_soft_token, Rows,
                      const ForwardState& state) override {
        return m_linear(dropout(pooled(hidden, first_soft_token), m_causal ? 0 : m_dropout, state.backbone_dropout),
                        state);
    }

    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        if (m_labels == 1) {
            const auto difference = logits.squeeze(-1) - batch.targets;
            return {(difference * difference).sum(), batch.sequences()};
        }
        return cross_entropy(logits, batch.labels, batch.sequences());
    }

    at::Tensor pooled(const HiddenStates& hidden, bool first_soft_token) override {
        const auto rows = index_tensor(pooling_rows(hidden, m_causal, first_soft_token), hidden.last.device());
        const auto picked = select_rows(hidden.last, rows);
        return m_causal ? picked : at::tanh(m_pooler(picked, {}));
    }

    std::vector<Parameter*> trained() const override { return m_trained; }

private:
    bool m_causal;
    std::int64_t m_labels;
    double m_dropout;
    std::vector<Parameter*> m_trained;
    Linear m_pooler, m_linear;
};

class TokenClassifier : public Head {
public:
    TokenClassifier(const BackboneConfig& config, ParameterStore& store, std::vector<Parameter*> trained)
        : m_dropout(config.hidden_dropout),
          m_trained(std::move(trained)) {
        const std::string name = config.causal ? "score" : "classifier";
        m_linear.weight = &store.at(name + ".weight");
        m_linear.bias = &store.at(name + ".bias");
    }
    at::Tensor logits(const HiddenStates& hidden, const PackedBatch& batch, bool, Rows rows,
                      const ForwardState& state) override {
        return m_linear(dropout(chosen_rows(hidden, batch, rows), m_dropout, state.backbone_dropout), state);
    }
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        return token_loss(logits, batch);
    }
    std::vector<Parameter*> trained() const override { return m_trained; }

private:
    double m_dropout;
    std::vector<Parameter*> m_trained;
    Linear m_linear;
};

class CausalLm : public Head {
public:
    CausalLm(const BackboneConfig& config, ParameterStore& store)
        : m_output(config.tied_head ? &store.at("model.embed_tokens.weight") : &store.at("lm_head.weight")) {}
    at::Tensor logits(const HiddenStates& hidden, const PackedBatch& batch, bool, Rows rows,
                      const ForwardState&) override {
        return at::linear(chosen_rows(hidden, batch, rows), m_output->value);
    }
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        return token_loss(logits, batch);
    }
    std::vector<Parameter*> trained() const override { return {}; } // the LM head belongs to the pretrained model

private:
    Parameter* m_output;
};

class MaskedLm : public Head {
public:
    MaskedLm(const BackboneConfig& config, ParameterStore& store) : m_activation(config.activation) {
        m_transform.weight = &store.at("cls.predictions.transform.dense.weight");
        m_transform.bias = &store.at("cls.predictions.transform.dense.bias");
        m_norm = {&store.at("cls.predictions.transform.LayerNorm.weight"),
                  &store.at("cls.predictions.transform.LayerNorm.bias"), config.norm_eps};
        m_output = &store.at("bert.embeddings.word_embeddings.weight");
        m_bias = &store.at("cls.predictions.bias");
    }
    at::Tensor logits(const HiddenStates& hidden, const PackedBatch& batch, bool, Rows rows,
                      const ForwardState& state) override {
        const auto h = m_norm(activate(m_transform(chosen_rows(hidden, batch, rows), state), m_activation));
        return at::linear(h, m_output->value, m_bias->value);
    }
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        return token_loss(logits, batch);
    }
    std::vector<Parameter*> trained() const override { return {}; }

private:
    Activation m_activation;
    Linear m_transform;
    Norm m_norm;
    Parameter* m_output = nullptr;
    Parameter* m_bias = nullptr;
};

const std::pair<HeadKind, const char*> kind_names[] = {{HeadKind::none, "none"},
                                                       {HeadKind::sequence_classification, "sequence_classification"},
                                                       {HeadKind::token_classification, "token_classification"},
                                                       {HeadKind::causal_lm, "causal_lm"},
                                                       {HeadKind::masked_lm, "masked_lm"}};

} // namespace

const char* name_of(HeadKind kind) {
    for (const auto& [candidate, name] : kind_names) {
        if (candidate == kind) return name;
    }
    return "none";
}

HeadKind head_kind_from(const std::string& name) {
    for (const auto& [kind, candidate] : kind_names) {
        if (name == candidate) return kind;
    }
    throw Error(ErrorKind::input, "unsupported: the head " + name);
}

at::Tensor LossTerms::mean() const {
    return sum / (count == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(count));
}

std::vector<std::int64_t> pooling_rows(const HiddenStates& hidden, bool causal, bool first_soft_token) {
    std::vector<std::int64_t> rows;
    for (std::size_t s = 0; s + 1 < hidden.offsets.size(); ++s) {
        if (causal)
            rows.push_back(hidden.offsets[s + 1] - 1);
        else
            rows.push_back(hidden.offsets[s] + (first_soft_token ? 0 : hidden.prompt));
    }
    return rows;
}

std::vector<ExpectedTensor> head_tensors(const BackboneConfig& c, const HeadSpec& spec) {
    switch (spec.kind) {
    case HeadKind::none:
        return {};
    case HeadKind::sequence_classification:
        if (c.causal) return {{"score.weight", {spec.labels, c.width}, true}};
        return {{"classifier.weight", {spec.labels, c.width}, true}, {"classifier.bias", {spec.labels}, true}};
    case HeadKind::token_classification: {
        const std::string name = c.causal ? "score" : "classifier";
        return {{name + ".weight", {spec.labels, c.width}, true}, {name + ".bias", {spec.labels}, true}};
    }
    case HeadKind::causal_lm:
        if (c.tied_head) return {};
        return {{"lm_head.weight", {c.vocabulary, c.width}}};
    case HeadKind::masked_lm:
        return {{"cls.predictions.transform.dense.weight", {c.width, c.width}},
                {"cls.predictions.transform.dense.bias", {c.width}},
                {"cls.predictions.transform.LayerNorm.weight", {c.width}},
                {"cls.predictions.transform.LayerNorm.bias", {c.width}},
                {"cls.predictions.bias", {c.vocabulary}}};
    }
    return {};
}

std::unique_ptr<Head> make_head(const BackboneConfig& config, const HeadSpec& spec, ParameterStore& store,
                                at::Device device, at::Generator* generator) {
    std::vector<Parameter*> trained;
    const auto fresh = [&](const ExpectedTensor& tensor) {
        at::Tensor value = at::zeros(tensor.shape, at::TensorOptions().dtype(at::kFloat));
        if (tensor.shape.size() > 1) {
            value.normal_(0, config.initializer_range,
                          generator != nullptr ? c10::optional<at::Generator>(*generator) : c10::nullopt);
        }
        return &store.add(tensor.name, value.to(device));
    };
    std::vector<ExpectedTensor> wanted = head_tensors(config, spec);
    if (spec.kind == HeadKind::causal_lm) return std::make_unique<CausalLm>(config, store);
    if (spec.kind == HeadKind::masked_lm) return std::make_unique<MaskedLm>(config, store);
    if (spec.kind == HeadKind::none) return std::make_unique<NoHead>(store);
    // A pooler that came with the backbone stays frozen; one that has to be made is part of the head.
    if (spec.kind == HeadKind::sequence_classification && !config.causal &&
        store.find("bert.pooler.dense.weight") == nullptr) {
        trained.push_back(fresh({"bert.pooler.dense.weight", {config.width, config.width}}));
        trained.push_back(fresh({"bert.pooler.dense.bias", {config.width}}));
    }
    for (const ExpectedTensor& tensor : wanted) {
        Parameter* existing = store.find(tensor.name);
        trained.push_back(existing != nullptr ? existing : fresh(tensor));
    }
    if (spec.kind == HeadKind::sequence_classification)
        return std::make_unique<SequenceClassifier>(config, spec, store, std::move(trained));
    return std::make_unique<TokenClassifier>(config, store, std::move(trained));
}

} // namespace diapason
