// An AdapterHub folder while it is read: its tensors, and the model that they go into.
#pragma once

#include "methods/interchange/adapterhub/adapterhub_folder.h"
#include "methods/interchange/settings.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace diapason::adapterhub {

/// A tensor's place: "…layer.0.output.adapters.study.adapter_down.0.weight" has the path up to the collection
/// ("adapters", "loras", "prefix_tunings", "shared_parameters"), and the rest behind the adapter's name.
struct Key {
    std::string path, collection, rest;
};

/// The layer that a path leads into, and what follows in it: "output", "attention.output", "layer.0", ….
struct LayerPath {
    Stack* stack = nullptr;
    std::int64_t layer = 0;
    std::string rest;
};

class Source {
public:
    Source(const std::filesystem::path& folder, Model& model); ///< @throws Error(input)

    Model& model() const { return m_model; }
    StoredAdapter& adapter() { return m_adapter; }
    const Json& config() const { return m_document.at("config"); }
    const Json& document() const { return m_document; } ///< adapter_config.json as a whole
    const std::string& config_file() const { return m_config_file; }

    /// Tensors of a collection that nobody has taken: key and entry.
    std::vector<std::pair<Key, const TensorEntry*>> open(const std::string& collection) const;
    bool holds(const std::string& collection) const; ///< whether the file has any, taken or not
    /// Makes a parameter of a tensor; several entries of the same numbers may become one.
    Parameter& take(const std::string& name, const TensorEntry& entry);
    void alias(const TensorEntry& entry, Parameter& parameter); ///< another name. @throws when the numbers differ
    void drop(const TensorEntry& entry) { m_taken[entry.name] = true; } ///< no part of what is computed

    std::optional<LayerPath> layer_of(const std::string& path) const;
    /// Number of a layer as `leave_out` counts them: those of the encoder first, then those of the decoder.
    std::int64_t index_of(const LayerPath& place) const;
    /// The map of a module, or the parts of a fused one. @throws Error(input) when the backbone has none
    std::vector<Linear*> maps_of(const std::string& path) const;

    void read_head();    ///< model_head.safetensors, when it is there
    void finish() const; ///< @throws Error(input) for tensors that nobody has taken
    Error error(const std::string& what) const;

private:
    std::string m_config_file;
    Json m_document;
    TensorFile m_file;
    std::filesystem::path m_folder;
    std::string m_name; ///< of the adapter
    Model& m_model;
    std::map<std::string, bool> m_taken;
    StoredAdapter m_adapter;
};

void read_bottleneck(Source& source, const Settings& settings);
void read_invertible(Source& source, const Settings& settings); ///< part of a bottleneck's configuration
void read_prefix(Source& source, const Settings& settings);
void read_lora(Source& source, const Settings& settings);

} // namespace diapason::adapterhub
