// A frozen pretrained transformer that calls its sites. A family is one file that names its tensors and says how a
// layer is put together from the shared blocks (family_bert.cpp, family_llama.cpp).
#pragma once

#include "core/backbone/backbone_config.h"
#include "core/backbone/sites.h"
#include "core/model/deltas.h"
#include "core/model/layers.h"
#include "core/model/packed_batch.h"
#include "core/model/parameters.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace diapason {

/// Hidden states of a forward pass. With an embedding delta of length P every sequence has P more rows than the batch
/// has tokens.
struct HiddenStates {
    at::Tensor last;                   ///< [T', width], after the final norm where the family has one
    std::vector<at::Tensor> all;       ///< 0 = embeddings, then after each layer; filled on request
    std::vector<std::int64_t> offsets; ///< B+1, of T'
    std::int64_t prompt = 0;           ///< P
};

class Backbone {
public:
    virtual ~Backbone() = default;

    const BackboneConfig& config() const { return m_config; }

    /// @param prompt null = none; its rows go in front of every sequence, positions count on through them
    HiddenStates forward(const PackedBatch& batch, EmbeddingDelta* prompt, const ForwardState& state,
                         bool keep_all = false);

    /// The linear map at a site, for deltas. @throws std::logic_error when the site is none
    Linear& linear_at(const Site& site);
    /// All linear maps with their sites, in data-flow order.
    const std::vector<std::pair<Site, Linear*>>& linears() const { return m_linears; }
    /// Token embedding, [vocabulary, width].
    Parameter& word_embedding() { return *m_words; }

protected:
    explicit Backbone(BackboneConfig config) : m_config(std::move(config)) {}

    /// Token vectors to the input of the first layer. @param words [T', width]
    virtual at::Tensor embed(const at::Tensor& words, const at::Tensor& positions, const at::Tensor& type_ids,
                             const ForwardState& state) = 0;
    virtual at::Tensor layer(std::size_t index, const at::Tensor& x, const std::vector<std::int64_t>& offsets,
                             const RotaryAngles* angles, const ForwardState& state) = 0;
    virtual at::Tensor finish(const at::Tensor& x) = 0;
    virtual bool rotary() const = 0;

    void set_words(Parameter& words) { m_words = &words; }
    void add_linear(std::int64_t layer, const std::string& sublayer, const std::string& point, Linear& linear);

    BackboneConfig m_config;

private:
    Parameter* m_words = nullptr;
    std::vector<std::pair<Site, Linear*>> m_linears;
};

/// What a family file provides.
struct Family {
    std::string name; ///< BackboneConfig::family
    /// Tensors of the backbone itself under canonical names (optional ones too, such as a pooler).
    std::function<std::vector<ExpectedTensor>(const BackboneConfig&)> tensors;
    /// Name of a file to canonical name; "" = skip.
    std::function<std::string(const std::string&)> canonical;
    /// Builds the backbone over tensors that are in the store.
    std::function<std::unique_ptr<Backbone>(const BackboneConfig&, ParameterStore&)> build;
};

const Family& family_of(const BackboneConfig& config);

Family bert_family();
Family llama_family();

} // namespace diapason
