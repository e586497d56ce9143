#include "core/model/head.h"

#include "core/base/error.h"
#include "core/model/linear_map.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/nll_loss.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
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

using RowList = std::optional<std::vector<std::int64_t>>;

// The row that stands for a sequence of an encoder: its first one, or its first real token.
std::vector<std::int64_t> first_rows(const RowLayout& layout, bool first_soft_token) {
    std::vector<std::int64_t> rows;
    for (std::size_t s = 0; s + 1 < layout.offsets.size(); ++s)
        rows.push_back(layout.offsets[s] + (first_soft_token ? 0 : layout.prompt));
    return rows;
}

// That of a decoder: its last row, or without a soft prompt the last that is no padding token, as in transformers: the
// padding token is often that which ends texts.
std::vector<std::int64_t> final_rows(const RowLayout& layout, const PackedBatch& batch, std::int64_t pad_id) {
    std::vector<std::int64_t> rows;
    for (std::size_t s = 0; s + 1 < layout.offsets.size(); ++s) {
        std::int64_t row = layout.offsets[s + 1] - 1;
        const auto is_pad = [&](std::int64_t r) { return batch.id_list[static_cast<std::size_t>(r)] == pad_id; };
        while (layout.prompt == 0 && row > layout.offsets[s] && is_pad(row))
            --row;
        rows.push_back(row);
    }
    return rows;
}

// Batch rows that carry token labels, as rows of T'.
RowList label_rows(const RowLayout& layout, const PackedBatch& batch, Rows wanted) {
    if (wanted == Rows::all) return std::nullopt;
    if (layout.prompt == 0) return batch.label_row_list;
    std::vector<std::int64_t> rows;
    std::size_t sequence = 0;
    for (const std::int64_t row : batch.label_row_list) {
        while (row >= batch.offsets[sequence + 1])
            ++sequence;
        rows.push_back(row + static_cast<std::int64_t>(sequence + 1) * layout.prompt);
    }
    for (const std::int64_t front : batch.front_sequences)
        rows.push_back(layout.offsets[static_cast<std::size_t>(front)] + layout.prompt - 1);
    return rows;
}

Linear dense(ParameterStore& store, const std::string& name) {
    Linear linear;
    if (name.empty()) return linear;
    linear.weight = store.find(name + ".weight");
    linear.bias = store.find(name + ".bias");
    return linear;
}

// Those of a head's maps that are there, by the names of their weights.
std::vector<std::pair<std::string, Linear*>> named(std::initializer_list<Linear*> maps) {
    std::vector<std::pair<std::string, Linear*>> list;
    for (Linear* map : maps) {
        if (map->weight == nullptr) continue;
        std::string name = map->weight->name;
        replace_ending(name, ".weight", "");
        list.emplace_back(name, map);
    }
    return list;
}

// A pooler without a classifier.
class NoHead : public Head {
public:
    NoHead(const HeadLayout& layout, ParameterStore& store) : m_pooler(dense(store, layout.pooler)) {}
    RowList rows_read(const RowLayout& layout, const PackedBatch&, bool first_soft_token, Rows) const override {
        return first_rows(layout, first_soft_token);
    }
    at::Tensor logits(const at::Tensor&, const ForwardState&) const override { return {}; }
    LossTerms loss(const at::Tensor&, const PackedBatch&) const override { return {}; }
    at::Tensor pooled(const at::Tensor& hidden, const ForwardState& state) const override {
        return m_pooler.weight == nullptr ? at::Tensor() : at::tanh(m_pooler(hidden, state));
    }
    std::vector<std::pair<std::string, Linear*>> linears() override { return named({&m_pooler}); }
    std::vector<Parameter*> trained() const override { return {}; }

private:
    Linear m_pooler;
};

// BERT: tanh pooler, dropout, linear. RoBERTa: dropout, dense, tanh, dropout, linear. Decoders: linear on the last
// token.
class SequenceClassifier : public Head {
public:
    SequenceClassifier(const BackboneConfig& config, const HeadLayout& layout, const HeadSpec& spec,
                       ParameterStore& store, std::vector<Parameter*> trained)
        : m_causal(config.causal),
          m_pad_id(config.pad_id),
          m_spec(spec),
          m_dropout(config.causal ? 0 : config.hidden_dropout),
          m_trained(std::move(trained)),
          m_linear(dense(store, layout.classifier)) {
        if (layout.classifier_reads_pooler) m_pooler = dense(store, layout.pooler);
        m_dense = dense(store, layout.classifier_dense);
    }

    RowList rows_read(const RowLayout& layout, const PackedBatch& batch, bool first_soft_token, Rows) const override {
        return m_causal ? final_rows(layout, batch, m_pad_id) : first_rows(layout, first_soft_token);
    }

    at::Tensor logits(const at::Tensor& hidden, const ForwardState& state) const override {
        at::Tensor x = dropout(pooled(hidden, state), m_dropout, state.backbone_dropout);
        if (m_dense.weight != nullptr) x = dropout(at::tanh(m_dense(x, state)), m_dropout, state.backbone_dropout);
        return m_linear(x, state);
    }

    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        if (m_spec.form == LabelForm::several) { // a binary cross entropy for every label
            const auto terms = at::clamp_min(logits, 0) - logits * batch.targets + at::log1p(at::exp(-at::abs(logits)));
            return {terms.sum(), batch.sequences() * m_spec.labels};
        }
        if (m_spec.form == LabelForm::choice)
            return cross_entropy(by_item(logits, batch), batch.item_labels, batch.items());
        if (m_spec.form == LabelForm::numbers || m_spec.labels == 1) {
            const auto difference = logits.view_as(batch.targets) - batch.targets;
            return {(difference * difference).sum(), batch.sequences() * m_spec.labels};
        }
        return cross_entropy(logits, batch.labels, batch.sequences());
    }

    at::Tensor pooled(const at::Tensor& hidden, const ForwardState& state) const override {
        return m_pooler.weight == nullptr ? hidden : at::tanh(m_pooler(hidden, state));
    }
    std::vector<std::pair<std::string, Linear*>> linears() override { return named({&m_pooler, &m_dense, &m_linear}); }

    std::vector<Parameter*> trained() const override { return m_trained; }

private:
    bool m_causal;
    std::int64_t m_pad_id;
    HeadSpec m_spec;
    double m_dropout;
    std::vector<Parameter*> m_trained;
    Linear m_pooler, m_dense, m_linear;
};

class TokenClassifier : public Head {
public:
    TokenClassifier(const BackboneConfig& config, const HeadLayout& layout, ParameterStore& store,
                    std::vector<Parameter*> trained)
        : m_dropout(config.hidden_dropout),
          m_trained(std::move(trained)),
          m_linear(dense(store, layout.tagger)) {}
    RowList rows_read(const RowLayout& layout, const PackedBatch& batch, bool, Rows rows) const override {
        return label_rows(layout, batch, rows);
    }
    at::Tensor logits(const at::Tensor& hidden, const ForwardState& state) const override {
        return m_linear(dropout(hidden, m_dropout, state.backbone_dropout), state);
    }
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        return token_loss(logits, batch);
    }
    std::vector<Parameter*> trained() const override { return m_trained; }
    std::vector<std::pair<std::string, Linear*>> linears() override { return named({&m_linear}); }

private:
    double m_dropout;
    std::vector<Parameter*> m_trained;
    Linear m_linear;
};

// First and last token of an answer inside the sequence.
class SpanHead : public Head {
public:
    SpanHead(const HeadLayout& layout, ParameterStore& store, std::vector<Parameter*> trained)
        : m_trained(std::move(trained)),
          m_linear(dense(store, layout.span)) {}
    RowList rows_read(const RowLayout& layout, const PackedBatch&, bool, Rows rows) const override {
        if (rows == Rows::all || layout.prompt == 0) return std::nullopt;
        std::vector<std::int64_t> real;
        for (std::size_t s = 0; s + 1 < layout.offsets.size(); ++s) {
            for (std::int64_t row = layout.offsets[s] + layout.prompt; row < layout.offsets[s + 1]; ++row)
                real.push_back(row);
        }
        return real;
    }
    at::Tensor logits(const at::Tensor& hidden, const ForwardState& state) const override {
        return m_linear(hidden, state);
    }
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        // [B, longest, 2], −∞ behind the end of a sequence.
        std::int64_t longest = 0;
        for (std::size_t s = 0; s + 1 < batch.offsets.size(); ++s)
            longest = std::max(longest, batch.offsets[s + 1] - batch.offsets[s]);
        std::vector<std::int64_t> rows;
        for (std::size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
            for (std::int64_t i = 0; i < longest; ++i)
                rows.push_back(batch.offsets[s] + i < batch.offsets[s + 1] ? batch.offsets[s] + i : batch.tokens());
        }
        const at::Tensor nothing = at::full({1, 2}, -std::numeric_limits<double>::infinity(), logits.options());
        const at::Tensor padded =
            at::cat({logits, nothing}).index_select(0, index_tensor(rows, logits.device())).view({-1, longest, 2});
        const at::Tensor picked = at::gather(at::log_softmax(padded, 1), 1, batch.spans.unsqueeze(1));
        return {picked.sum() * -0.5, batch.sequences()};
    }
    std::vector<Parameter*> trained() const override { return m_trained; }
    std::vector<std::pair<std::string, Linear*>> linears() override { return named({&m_linear}); }

private:
    std::vector<Parameter*> m_trained;
    Linear m_linear;
};

// The output of a causal or an encoder-decoder language model; it belongs to the pretrained model.
class LanguageHead : public Head {
public:
    LanguageHead(const BackboneConfig& config, const HeadLayout& layout, Parameter& words, ParameterStore& store)
        : m_scale(config.output_scale),
          m_tied(config.tied_head),
          m_module(layout.language),
          m_bias(layout.language_bias.empty() ? nullptr : store.find(layout.language_bias)) {
        m_output.weight = config.tied_head ? &words : &store.at(layout.language + ".weight");
    }
    RowList rows_read(const RowLayout& layout, const PackedBatch& batch, bool, Rows rows) const override {
        return label_rows(layout, batch, rows);
    }
    at::Tensor logits(const at::Tensor& hidden, const ForwardState& state) const override {
        const at::Tensor x = m_scale == 1 ? hidden : hidden * m_scale;
        const at::Tensor constant = m_bias == nullptr ? at::Tensor() : m_bias->value.view(-1);
        if (m_output.deltas.empty()) return linear_map(x, m_output.weight->value, constant, m_output.precision);
        const at::Tensor logits = m_output(x, state);
        return constant.defined() ? logits + constant : logits;
    }
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        return token_loss(logits, batch);
    }
    std::vector<Parameter*> trained() const override { return {}; }
    std::vector<std::pair<std::string, Linear*>> linears() override { return {{m_module, &m_output}}; }
    Parameter* untie(ParameterStore& store) override {
        if (!m_tied) return nullptr;
        m_tied = false;
        m_output.weight = &store.add(m_module + ".weight", m_output.weight->floats().detach().clone());
        return m_output.weight;
    }

private:
    double m_scale;
    bool m_tied;
    std::string m_module;
    Linear m_output;
    Parameter* m_bias; // a constant of the logits, not the map's own
};

class MaskedLanguageHead : public Head {
public:
    MaskedLanguageHead(const BackboneConfig& config, const HeadLayout& layout, Parameter& words, ParameterStore& store)
        // RoBERTa's transform is an erf GELU whatever its layers use; BERT's follows the config, which is the same in
        // every published model.
        : m_activation(layout.classifier_reads_pooler ? config.activation : Activation::gelu),
          m_transform(dense(store, layout.masked_dense)),
          m_norm{&store.at(layout.masked_norm + ".weight"), &store.at(layout.masked_norm + ".bias"), config.norm_eps},
          m_module(layout.masked_output),
          m_untied(!config.tied_head) {
        m_output.weight = m_untied ? &store.at(m_module + ".weight") : &words;
        Parameter* own = m_untied ? store.find(m_module + ".bias") : nullptr;
        m_output.bias = own != nullptr ? own : &store.at(layout.masked_bias);
    }
    RowList rows_read(const RowLayout& layout, const PackedBatch& batch, bool, Rows rows) const override {
        return label_rows(layout, batch, rows);
    }
    at::Tensor logits(const at::Tensor& hidden, const ForwardState& state) const override {
        return m_output(m_norm(activate(m_transform(hidden, state), m_activation)), state);
    }
    LossTerms loss(const at::Tensor& logits, const PackedBatch& batch) const override {
        return token_loss(logits, batch);
    }
    std::vector<Parameter*> trained() const override { return {}; }
    std::vector<std::pair<std::string, Linear*>> linears() override {
        auto list = named({&m_transform});
        list.emplace_back(m_module, &m_output);
        return list;
    }
    Parameter* untie(ParameterStore& store) override {
        if (m_untied) return nullptr;
        m_untied = true;
        m_output.weight = &store.add(m_module + ".weight", m_output.weight->floats().detach().clone());
        return m_output.weight;
    }

private:
    Activation m_activation;
    Linear m_transform;
    Norm m_norm;
    std::string m_module;
    Linear m_output; // the token embedding, until it is untied
    bool m_untied;
};

} // namespace

at::Tensor by_item(const at::Tensor& logits, const PackedBatch& batch) {
    const at::Tensor nothing = at::full({1}, -std::numeric_limits<double>::infinity(), logits.options());
    return at::cat({logits.view({-1}), nothing})
        .index_select(0, batch.item_sequences.view({-1}))
        .view_as(batch.item_sequences);
}

at::Tensor LossTerms::mean() const {
    return sum / (count == 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(count));
}

std::unique_ptr<Head> make_head(const BackboneConfig& config, const HeadSpec& spec, Parameter& words,
                                ParameterStore& store, at::Device device, at::Generator* generator) {
    const HeadLayout layout = family_of(config).heads(config);
    std::vector<Parameter*> trained;
    for (const ExpectedTensor& tensor : head_tensors(config, spec.kind, spec.labels).trained) {
        Parameter* parameter = store.find(tensor.name);
        if (parameter == nullptr) {
            at::Tensor value = at::zeros(tensor.shape, at::TensorOptions().dtype(at::kFloat));
            if (tensor.shape.size() > 1) {
                value.normal_(0, config.initializer_range,
                              generator != nullptr ? c10::optional<at::Generator>(*generator) : c10::nullopt);
            }
            parameter = &store.add(tensor.name, value.to(device));
        }
        trained.push_back(parameter);
    }
    switch (spec.kind) {
    case HeadKind::none:
        return std::make_unique<NoHead>(layout, store);
    case HeadKind::sequence_classification:
        return std::make_unique<SequenceClassifier>(config, layout, spec, store, std::move(trained));
    case HeadKind::token_classification:
        return std::make_unique<TokenClassifier>(config, layout, store, std::move(trained));
    case HeadKind::extractive_span:
        return std::make_unique<SpanHead>(layout, store, std::move(trained));
    case HeadKind::masked_lm:
        return std::make_unique<MaskedLanguageHead>(config, layout, words, store);
    case HeadKind::causal_lm:
    case HeadKind::seq2seq_lm:
        return std::make_unique<LanguageHead>(config, layout, words, store);
    }
    return nullptr;
}

} // namespace diapason
