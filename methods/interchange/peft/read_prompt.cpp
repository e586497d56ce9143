#include "core/base/error.h"
#include "methods/deltas/prefix_delta.h"
#include "methods/deltas/prompt_delta.h"
#include "methods/interchange/peft/readers.h"

namespace diapason::peft {
namespace {

constexpr const char* table_name = "prompt_embeddings";

// The table that all prompt methods store, [rows, columns]; everything else in the file is a saved module.
const TensorEntry& table_of(Source& source) {
    for (const TensorEntry& entry : source.file().entries()) {
        if (entry.name != table_name) read_other(source, entry);
    }
    const TensorEntry* table = source.file().find(table_name);
    if (table == nullptr) throw source.error(std::string("the tensor ") + table_name + " is missing");
    source.adapter().without_types = source.settings().text("task_type") == "FEATURE_EXTRACTION";
    if (table->shape.size() != 2 || table->shape[0] < 1)
        throw source.error(std::string("the tensor ") + table_name + " is not a table of vectors");
    return *table;
}

std::int64_t length_of(const Source& source, const TensorEntry& table) {
    const std::int64_t length = source.settings().integer("num_virtual_tokens", table.shape[0]);
    if (length < 1 || length > table.shape[0])
        throw source.settings().error("num_virtual_tokens",
                                      "the table has " + std::to_string(table.shape[0]) + " rows");
    return length;
}

const std::vector<std::string> sizes = {"num_attention_heads", "num_layers", "num_transformer_submodules",
                                        "num_virtual_tokens", "token_dim"};

std::vector<std::string> with_sizes(std::vector<std::string> fields) {
    fields.insert(fields.end(), sizes.begin(), sizes.end());
    return fields;
}

} // namespace

// Prompt tuning and P-tuning: of the latter the library stores what the prompt encoder gave.
void read_prompt(Source& source) {
    source.check_fields(
        with_sizes({"prompt_tuning_init", "prompt_tuning_init_state_dict_path", "prompt_tuning_init_text",
                    "tokenizer_kwargs", "tokenizer_name_or_path", "encoder_dropout", "encoder_hidden_size",
                    "encoder_num_layers", "encoder_reparameterization_type"}),
        {});
    Model& model = source.model();
    const TensorEntry& table = table_of(source);
    if (table.shape[1] != model.config().width)
        throw source.error(std::string(table_name) + " does not fit the backbone's width " +
                           std::to_string(model.config().width));
    const std::int64_t length = length_of(source, table);
    Parameter& rows = source.add(model.config().stack() + ".embedding.prompt", table);
    // The library's wrapper pools the first soft token.
    model.set_prompt(std::make_unique<PromptDelta>(rows, length, true));
}

// The table is [P, 2L · w], the MLP applied already where there was one. Layer i takes slices 2i and 2i+1; in an
// encoder-decoder the library repeats the table and splits it by four, so that layer i of the decoder takes slices 4i
// and 4i+1 modulo 2L, and nothing else gets a prefix.
void read_prefix(Source& source) {
    source.check_fields(with_sizes({"prefix_projection", "encoder_hidden_size", "init_weights"}), {});
    Model& model = source.model();
    const TensorEntry& entry = table_of(source);
    Stack& stack = model.backbone().stack(model.config().encoder_decoder ? "decoder" : model.config().stack());
    const std::int64_t layers = source.settings().integer("num_layers", stack.shape.layers);
    const std::int64_t width = stack.shape.kv_heads * stack.shape.head_width;
    if (layers < 1 || entry.shape[1] != 2 * layers * width)
        throw source.error(std::string(table_name) + " has " + std::to_string(entry.shape[1]) + " columns, but " +
                           std::to_string(layers) + " layers with keys of " + std::to_string(width) + " need " +
                           std::to_string(2 * layers * width));
    if (length_of(source, entry) != entry.shape[0])
        throw source.error(std::string(table_name) + " has more rows than num_virtual_tokens");
    Parameter& parameter = source.add(stack.shape.name + ".self_attn.kv.table", entry);
    auto table = std::make_unique<FlatPrefixTable>(parameter, 2 * layers);
    const std::int64_t step =
        2 * source.settings().integer("num_transformer_submodules", model.config().encoder_decoder ? 2 : 1);
    for (std::int64_t i = 0; i < std::min(layers, stack.shape.layers); ++i) {
        const std::int64_t slice = step * i % (2 * layers);
        model.backbone()
            .attention_at({stack.shape.name, i, "self_attn", "kv"})
            .prefixes.push_back(std::make_unique<PrefixSlices>(*table, slice, slice + 1));
    }
    model.backbone().shift_positions(stack.shape.name, entry.shape[0]);
    model.add_module(std::move(table));
}

} // namespace diapason::peft
