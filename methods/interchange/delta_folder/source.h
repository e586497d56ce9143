// A folder of deltas while it is read.
#pragma once

#include "methods/deltas/adapter/delta_tensor.h"
#include "methods/deltas/prefix_delta.h"
#include "methods/interchange/delta_folder/delta_folder.h"
#include "methods/interchange/settings.h"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace diapason::delta_folder {

/// The tensors of one site, by what follows its address: "down.weight", "lora_A", "key".
struct Place {
    std::string address; ///< "decoder.3.ffn.block", "encoder.self_attn.kv", "shared.ffn.block", "encoder.embedding"
    std::string stack;   ///< empty: shared
    std::int64_t layer = -1;
    std::string sublayer, point;
    std::map<std::string, const TensorEntry*> tensors;
};

class Source {
public:
    Source(const std::filesystem::path& folder, Model& model); ///< @throws Error(input)

    Model& model() const { return m_model; }
    StoredAdapter& adapter() { return m_adapter; }
    const Settings& settings() const { return m_settings; }
    const std::vector<Place>& places() const { return m_places; }

    Site site_of(const Place& place) const;         ///< @throws Error(input) when the backbone has no such sublayer
    bool first_prefix_of(const std::string& stack); ///< true once: a stack's positions are moved once
    /// A tensor of a place as a parameter, made once. @param shape -1 = any size. @throws Error(input) when it is not
    /// there or has another shape
    Parameter& need(const Place& place, const std::string& name, const std::vector<std::int64_t>& shape);
    Parameter* find(const Place& place, const std::string& name); ///< null when the file has none
    /// The tensor of this place, or the prototype of all layers behind this place's mask.
    DeltaTensor tensor(const Place& place, const std::string& name, const std::vector<std::int64_t>& shape);
    /// The tensors that all layers share at a sublayer's point; null = none.
    const Place* shared(const std::string& sublayer, const std::string& point) const;
    void derive_mask(const Place& place, const std::string& name, const DeltaTensor& tensor);

    /// The network that all layers share, and its table, made once by `make`.
    PrefixTable& shared_table(const Place& prototype, const std::function<std::unique_ptr<PrefixTable>()>& make);

    double keep() const; ///< the fraction of a mask that is 1. @throws Error(input)
    void read_head();
    void finish() const; ///< @throws Error(input) for tensors that nobody has taken
    Error error(const std::string& what) const { return input_error(m_file.path().string(), what); }

private:
    Parameter& take(const TensorEntry& entry);

    Json m_document;
    Settings m_settings;
    TensorFile m_file;
    Model& m_model;
    std::vector<Place> m_places;
    std::vector<const TensorEntry*> m_head;
    std::map<const Place*, PrefixTable*> m_tables;
    std::set<std::string> m_prefixed; ///< stacks
    StoredAdapter m_adapter;
};

void read_prefix(Source& source, const Place& place);
void read_block(Source& source, const Place& place);
void read_heads(Source& source, const Place& place);
void read_low_rank(Source& source, const Place& place);
void read_prompt(Source& source, const Place& place);

} // namespace diapason::delta_folder
