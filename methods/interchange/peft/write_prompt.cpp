#include "methods/deltas/prompt_encoder.h"
#include "methods/interchange/peft/readers.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

namespace diapason::peft {
namespace {

void write_sizes(Sink& sink, const StackShape& shape, std::int64_t length, std::int64_t width, std::int64_t heads) {
    if (sink.model().head_spec().kind == HeadKind::masked_lm)
        throw config_error("head", "masked_lm", "PEFT does not put prompts before a masked language model's input");
    Json& config = sink.config();
    config["num_virtual_tokens"] = length;
    config["token_dim"] = width;
    config["num_attention_heads"] = heads;
    config["num_layers"] = shape.layers;
    config["num_transformer_submodules"] = sink.model().config().encoder_decoder ? 2 : 1;
    sink.add_saved_modules("base_model.");
}

bool any_prefix(const Stack& stack) {
    for (const Layer& layer : stack.layers) {
        if (!layer.self.prefixes.empty() || !layer.cross.prefixes.empty()) return true;
    }
    return false;
}

} // namespace

bool write_prompt(Sink& sink) {
    Model& model = sink.model();
    EmbeddingDelta* prompt = model.prompt();
    if (prompt == nullptr) return false;
    if (prompt->in_slots() || prompt->members() > 1)
        throw config_error("prompt", {}, "the PEFT layout cannot store it: it has only one prompt, before the text");
    const bool pools = model.head_spec().kind == HeadKind::sequence_classification && !model.config().causal;
    if (pools && !prompt->pool_first_soft_token())
        throw config_error("pooling", "first_token", "the library's classifier reads the first soft token",
                           "Train with pooling first_soft_token for adapters that PEFT is to load");
    const bool encoded = dynamic_cast<const PromptEncoder*>(prompt) != nullptr;
    const at::Tensor rows = prompt->rows();
    // For an encoder-decoder the library's table is twice as long, and nothing reads its second half.
    sink.add("prompt_embeddings", model.config().encoder_decoder ? at::cat({rows, at::zeros_like(rows)}) : rows);
    Json& config = sink.config();
    config["peft_type"] = encoded ? "P_TUNING" : "PROMPT_TUNING";
    if (encoded)
        config["encoder_hidden_size"] = model.config().width;
    else
        config["prompt_tuning_init"] = "RANDOM";
    write_sizes(sink, model.config().stacks().front(), prompt->length(), model.config().width, model.config().heads);
    return true;
}

bool write_prefix(Sink& sink) {
    Model& model = sink.model();
    const bool two = model.config().encoder_decoder;
    Stack& stack = model.backbone().stack(two ? "decoder" : model.config().stack());
    bool elsewhere = two && any_prefix(model.backbone().stack("encoder"));
    for (const Layer& layer : stack.layers)
        elsewhere = elsewhere || !layer.cross.prefixes.empty();
    if (!elsewhere && !any_prefix(stack)) return false;
    const auto refuse = [](const std::string& what) {
        return config_error("prefix", "", "the PEFT layout cannot store it: " + what);
    };
    if (elsewhere) throw refuse("only the decoder's self-attention of an encoder-decoder can have a prefix");
    const std::int64_t length = stack.layers.front().self.prefix_length();
    if (stack.relative == nullptr ? stack.position_shift != length : !stack.prefix_biased)
        throw refuse("positions of real tokens begin after the prefix there");
    const std::int64_t layers = stack.shape.layers, width = stack.shape.kv_heads * stack.shape.head_width;
    std::vector<at::Tensor> slices(static_cast<std::size_t>(2 * layers));
    for (std::int64_t i = 0; i < layers; ++i) {
        const Attention& attention = stack.layers[static_cast<std::size_t>(i)].self;
        if (attention.prefix_length() != length) throw refuse("every layer needs a prefix of the same length");
        std::vector<at::Tensor> keys, values;
        for (const auto& prefix : attention.prefixes) {
            if (prefix->gated() || prefix->in_slots()) throw refuse("rows come before the text, among the keys");
            const KeyValues rows = prefix->rows();
            keys.push_back(rows.keys);
            values.push_back(rows.values);
        }
        const auto place = [&](std::int64_t index, const at::Tensor& rows) {
            at::Tensor& slice = slices[static_cast<std::size_t>(index % (2 * layers))];
            if (slice.defined() && !at::equal(slice, rows))
                throw refuse("layers of an encoder-decoder share slices there, but these differ");
            slice = rows;
        };
        place((two ? 4 : 2) * i, at::cat(keys));
        place((two ? 4 : 2) * i + 1, at::cat(values));
    }
    for (at::Tensor& slice : slices) {
        if (!slice.defined()) slice = at::zeros({length, width}); // nothing reads it
    }
    sink.add("prompt_embeddings", at::cat(slices, 1));
    Json& config = sink.config();
    config["peft_type"] = "PREFIX_TUNING";
    config["prefix_projection"] = false;
    write_sizes(sink, stack.shape, length, width, stack.shape.kv_heads);
    return true;
}

} // namespace diapason::peft
