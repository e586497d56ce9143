// What a backbone is, without its weights: family, sizes and the linear maps at its sites. Torch-free, so that forms,
// counts and the drawn block need no engine.
#pragma once

#include "core/base/json.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace diapason {

enum class NormKind { layer_norm, rms_norm };
enum class Activation { gelu, gelu_tanh, quick_gelu, relu, silu, tanh };
enum class PositionKind { learned, rotary, relative };

/// One stack of equal layers.
struct StackShape {
    std::string name; ///< "encoder" or "decoder"
    std::int64_t layers = 0, heads = 0, kv_heads = 0, head_width = 0, ffn_width = 0;
    bool causal = false;
    bool cross = false; ///< attends to the encoder too
};

/// config.json in Diapason's words. Sizes are counted in elements.
struct BackboneConfig {
    std::string family;      ///< "bert", "llama": a key of the family registry
    std::string model_type;  ///< as in the file
    std::int64_t layers = 0; ///< of the encoder where there are two stacks; so are heads and ffn_width
    std::int64_t width = 0;  ///< d, hidden size
    std::int64_t heads = 0;
    std::int64_t kv_heads = 0; ///< < heads with grouped-query attention
    std::int64_t head_width = 0;
    std::int64_t ffn_width = 0;
    std::int64_t vocabulary = 0;
    std::int64_t max_positions = 0;
    std::int64_t type_vocabulary = 0; ///< token types, 0 when the family has none
    Activation activation = Activation::gelu;
    NormKind norm = NormKind::layer_norm;
    bool pre_norm = false;
    bool gated_ffn = false;       ///< SwiGLU: gate, fc1 (up), fc2 (down)
    bool causal = false;          ///< a decoder alone
    bool encoder_decoder = false; ///< an encoder, and a decoder that attends to it
    std::int64_t decoder_layers = 0, decoder_heads = 0, decoder_ffn_width = 0; ///< with two stacks
    bool tied_head = true; ///< the LM head shares the token embedding
    bool qkv_bias = true;
    bool output_bias = true; ///< bias of `o`
    bool ffn_bias = true;
    double norm_eps = 1e-12;
    double initializer_range = 0.02;
    double embedding_dropout = 0.0;
    double hidden_dropout = 0.0;    ///< after each sublayer
    double attention_dropout = 0.0; ///< of the probabilities
    double ffn_dropout = 0.0;       ///< between activation and fc2
    double final_dropout = 0.0;     ///< after the last norm
    double embedding_scale = 1.0;   ///< of token vectors
    double output_scale = 1.0;      ///< of the hidden states that an LM head reads
    double attention_scale = 0.0;   ///< of q·k; 0 = 1/√head_width
    bool scale_by_layer = false;    ///< and divided by the layer's number, from 1 on
    /// Of each layer: a query sees so many keys, its own the last of them; 0 = all. Empty = all, in every layer.
    std::vector<std::int64_t> windows;
    PositionKind positions = PositionKind::learned;
    std::int64_t position_offset = 0; ///< row of the table that holds position 0
    std::int64_t relative_buckets = 0, relative_max_distance = 0;
    double rope_theta = 10000.0;
    Json rope_scaling; ///< null, or the object of the file (kinds: default, linear, dynamic, llama3, …)
    std::int64_t pad_id = -1;
    std::int64_t bos_id = -1;
    std::int64_t eos_id = -1;
    std::int64_t decoder_start_id = -1; ///< first decoder input
    std::int64_t labels = 0;            ///< num_labels of a stored classification head, 0 when unknown
    std::string problem_type;           ///< as in the file, often empty
    bool stored_pooler = false;         ///< the weights hold BERT's pooler (read_backbone_config looks)
    Json raw;                           ///< the whole document

    /// Encoder first.
    std::vector<StackShape> stacks() const;
    /// The stack that reads the input: "encoder" or "decoder".
    std::string stack() const { return causal ? "decoder" : "encoder"; }

    /// Parameters of the backbone without any task head (embeddings, layers, final norm; BERT's pooler counts as head).
    std::int64_t parameter_count() const;
};

/// Reads and validates config.json: all problems are listed together, sizes are bounded so that nothing absurd is
/// ever allocated. @param origin for messages. @throws Error(input)
BackboneConfig parse_backbone_config(const Json& document, const std::string& origin);
BackboneConfig read_backbone_config(const std::filesystem::path& folder);

/// [in, out] of a linear map of a stack: q k v o fc1 fc2 gate.
std::pair<std::int64_t, std::int64_t> map_size(const BackboneConfig& config, const StackShape& stack,
                                               const std::string& point);

} // namespace diapason
