
#include "core/model/rows.h"
#include "methods/catalog/prefix_plan.h"
#include "methods/deltas/prefix_network.h"
#include "methods/init/text_rows.h"
#include "methods/method.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

namespace diapason {
namespace {

class Builder {
public:
    Builder(const OptionValues& options, Model& model, MethodContext& context)
        : m_options(options),
          m_model(model),
          m_draw(model, context.generator),
          m_length(options.integer("length")),
          m_in_slots(options.text("placement") == "infix") {
        if (options.text("init") == "text")
            m_words = text_tokens(context.tokenizer, options.text("init_text"), m_length, "init_text");
        if (!m_in_slots) return;
        PromptTemplate text;
        text.back.assign(static_cast<std::size_t>(m_length), prompt_slot);
        text.before_last = true;
        model.set_prompt_template(std::move(text));
    }

    void attach_every_layer() {
        std::vector<DecoderCache> activations;
        if (!m_words.empty()) activations = text_activations(m_model, m_words);
        for (const PrefixGroup& group : prefix_groups(m_model.config(), m_options)) {
            Backbone& backbone = m_model.backbone();
            PrefixTable* table = nullptr;
            if (has_network())
                table = &network(group.address() + ".kv", group.slices(), group.width,
                                 m_words.empty() ? at::Tensor() : activation_rows(group, activations));
            for (std::size_t i = 0; i < group.layers.size(); ++i) {
                Attention& attention = backbone.attention_at({group.stack, group.layers[i], group.sublayer, "kv"});
                if (table != nullptr) {
                    const auto slice = static_cast<std::int64_t>(2 * i);
                    attention.prefixes.push_back(
                        std::make_unique<PrefixSlices>(*table, slice, slice + 1, gated(), m_in_slots));
                } else {
                    attention.prefixes.push_back(rows_of(group, group.layers[i], activations));
                }
            }
            if (group.sublayer != "self_attn" || m_in_slots) continue;
            if (m_options.text("position_shift") == "by_length") backbone.shift_positions(group.stack, m_length);
            backbone.stack(group.stack).prefix_biased = m_options.text("relative_bias") == "extended";
        }
    }

    void attach_embedding() {
        const std::string name = m_model.config().stack() + ".embedding.prompt";
        const std::int64_t width = m_model.config().width;
        if (has_network()) {
            PrefixTable& table = network(name, 1, width, m_words.empty() ? at::Tensor() : word_rows());
            m_model.set_prompt(std::make_unique<TablePrompt>(table, m_in_slots));
            return;
        }
        Parameter* rows = m_words.empty() ? m_draw.normal(name, {m_length, width}, m_options.real("init_std"))
                                          : m_draw.copy(name, word_rows());
        auto table = std::make_unique<FlatPrefixTable>(*rows, 1);
        m_model.set_prompt(std::make_unique<TablePrompt>(*table, m_in_slots));
        m_model.add_module(std::move(table));
    }

private:
    bool has_network() const { return m_options.text("reparametrisation") == "mlp"; }
    bool gated() const { return m_options.text("composition") == "gated"; }

    // One network for all layers of a kind of attention. @param first what it gives at the start; undefined = anything
    PrefixTable& network(const std::string& name, std::int64_t slices, std::int64_t width, const at::Tensor& first) {
        auto made = make_prefix_network(m_draw, name,
                                        {m_length, m_model.config().width, m_options.integer("hidden"), slices, width});
        ReparametrisedPrefixTable& table = *made;
        if (first.defined()) fit_network(table, first);
        m_model.add_stored_form(stored_table(name, table));
        m_model.add_module(std::move(made));
        return table;
    }

    std::unique_ptr<KeyValueDelta> rows_of(const PrefixGroup& group, std::int64_t layer,
                                           const std::vector<DecoderCache>& activations) {
        const std::string name = group.stack + "." + std::to_string(layer) + "." + group.sublayer + ".kv.";
        Parameter *key = nullptr, *value = nullptr;
        if (activations.empty()) {
            const double deviation = m_options.real("init_std");
            key = m_draw.normal(name + "key", {m_length, group.width}, deviation);
            value = m_draw.normal(name + "value", {m_length, group.width}, deviation);
        } else {
            const KeyValues& rows = activations_at(group, layer, activations);
            key = m_draw.copy(name + "key", rows.keys);
            value = m_draw.copy(name + "value", rows.values);
        }
        return std::make_unique<PrefixRows>(*key, *value, gated(), m_in_slots);
    }

    const KeyValues& activations_at(const PrefixGroup& group, std::int64_t layer,
                                    const std::vector<DecoderCache>& activations) {
        const auto& stacks = m_model.backbone().stacks();
        const DecoderCache& cache = activations[stacks.front().shape.name == group.stack ? 0 : 1];
        return (group.sublayer == "cross_attn" ? cache.cross : cache.self)[static_cast<std::size_t>(layer)];
    }

    // Those of all layers of a group as the columns of its table.
    at::Tensor activation_rows(const PrefixGroup& group, const std::vector<DecoderCache>& activations) {
        std::vector<at::Tensor> columns;
        for (const std::int64_t layer : group.layers) {
            const KeyValues& rows = activations_at(group, layer, activations);
            columns.push_back(rows.keys);
            columns.push_back(rows.values);
        }
        return at::cat(columns, 1);
    }

    at::Tensor word_rows() {
        return look_up(m_model.backbone().word_embedding().value, index_tensor(m_words, m_model.device()));
    }

    const OptionValues& m_options;
    Model& m_model;
    RandomTensors m_draw;
    std::int64_t m_length;
    bool m_in_slots;
    std::vector<std::int64_t> m_words; ///< empty: no init from words
};

} // namespace

void attach_prefix_tuning(const OptionValues& options, Model& model, MethodContext& context) {
    Builder builder(options, model, context);
    if (options.text("depth") == "embedding")
        builder.attach_embedding();
    else
        builder.attach_every_layer();
    model.train_head();
}

} // namespace diapason
