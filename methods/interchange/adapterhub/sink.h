// An AdapterHub folder while it is written.
#pragma once

#include "core/base/error.h"
#include "methods/interchange/adapterhub/adapterhub_folder.h"

#include <string>
#include <utility>
#include <vector>

namespace diapason::adapterhub {

class Sink {
public:
    Sink(Model& model, std::string name) : m_model(model), m_name(std::move(name)) {}

    Model& model() const { return m_model; }
    const std::string& name() const { return m_name; } ///< of the adapter
    void add(const std::string& key, const at::Tensor& value);
    void add_part(Json config) { m_parts.push_back(std::move(config)); }
    std::size_t parts() const { return m_parts.size(); }

    /// The library's path of the bare model, "bert.": empty in T5.
    std::string base_path() const;
    /// The library's path of a layer, "bert.encoder.layer.3.", and its number as `leave_out` counts.
    std::string layer_path(std::size_t stack, std::int64_t layer) const;
    std::int64_t layer_index(std::size_t stack, std::int64_t layer) const;

    void write(const std::filesystem::path& folder) const;

private:
    Json document() const;
    void write_head(const std::filesystem::path& folder) const;

    Model& m_model;
    std::string m_name;
    std::vector<Json> m_parts;
    std::vector<std::pair<std::string, at::Tensor>> m_tensors;
};

/// What the layout has no place for. @param where a module's or layer's path
Error cannot(const std::string& where, const std::string& what);

/// Each writes one kind when the model has it. @throws Error(config) when the layout cannot hold it
void write_bottleneck(Sink& sink);
void write_prefix(Sink& sink);
void write_lora(Sink& sink); ///< IA3 too

} // namespace diapason::adapterhub
