// A PEFT folder while it is written.
#pragma once

#include "core/base/error.h"
#include "core/base/json.h"
#include "core/model/model.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace diapason::peft {

class Sink {
public:
    Sink(Model& model, const std::string& backbone_name);

    Model& model() const { return m_model; }
    Json& config() { return m_config; }

    /// The name that the library's model has for a module or tensor: without the prefix of the bare backbone where
    /// there is no head.
    std::string path(const std::string& name) const;
    void add(const std::string& key, const at::Tensor& value);
    /// Modules that are trained whole: the head, and whatever else of the backbone is marked. @param wrapper prefix of
    /// their keys @param handled parameters that were written in another way
    void add_saved_modules(const std::string& wrapper, const std::vector<const Parameter*>& handled = {});

    void write(const std::filesystem::path& folder) const;

private:
    Model& m_model;
    Json m_config = Json::object();
    std::vector<std::pair<std::string, at::Tensor>> m_tensors;
};

/// A module whose maps carry deltas: one map, or the parts of a fused tensor.
struct Module {
    std::string name;
    std::vector<Linear*> linears; ///< all parts, with and without deltas, in their order
};
std::vector<Module> modules_with_deltas(Model& model);

} // namespace diapason::peft
