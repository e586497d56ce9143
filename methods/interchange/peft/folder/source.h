// A PEFT folder while it is read: its config, its tensors, and the model that they go into.
#pragma once

#include "core/base/error.h"
#include "methods/interchange/peft/folder/module_patterns.h"
#include "methods/interchange/settings.h"
#include "methods/interchange/stored_adapter.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace diapason::peft {

/// The maps that one module's tensor holds: one, or the parts of a fused one.
struct Maps {
    std::string address; ///< of the first one's site; "head.<module>" outside the layers
    std::vector<Linear*> linears;
    std::int64_t in = 0, out = 0; ///< of the whole tensor
};

class Source {
public:
    Source(const std::filesystem::path& folder, Model& model); ///< @throws Error(input)

    Model& model() const { return m_model; }
    const TensorFile& file() const { return m_file; }
    StoredAdapter& adapter() { return m_adapter; }

    const Settings& settings() const { return m_settings; } ///< adapter_config.json
    /// Of a module: what rank_pattern or alpha_pattern says, else r or lora_alpha.
    double rank_of(const std::string& path) const;
    double alpha_of(const std::string& path) const;

    at::Tensor read(const TensorEntry& entry) const; ///< on the model's device
    /// A tensor of the file as a parameter of the adapter.
    Parameter& add(const std::string& name, const TensorEntry& entry);
    /// @throws Error(input) when the backbone has no such map
    Maps maps(const std::string& module) const;
    /// The table that a module looks vectors up in; none when nothing reads the module. @throws Error(input) when it is
    /// no embedding of this backbone
    std::optional<NamedTable> table(const std::string& module) const;

    Error error(const std::string& what) const { return input_error(m_file.path().string(), what); }
    /// Warns about fields that are neither common nor among `known`, refuses those of `refused` that are in use.
    void check_fields(const std::vector<std::string>& known, const std::vector<std::string>& refused);

private:
    std::filesystem::path m_config_file;
    Json m_config;
    Settings m_settings;
    ModulePatterns m_ranks, m_alphas;
    TensorFile m_file;
    Model& m_model;
    StoredAdapter m_adapter;
};

/// A key of the file without the names of the library's wrappers:
/// "bert.encoder.layer.0.attention.self.query.lora_A.weight".
std::string without_wrapper(const std::string& key);

/// Tensors that are no deltas: modules that were saved whole, and biases that were trained.
void read_other(Source& source, const TensorEntry& entry);

/// Rows of an embedding that are trained alone (trainable_token_indices, kind TRAINABLE_TOKENS), and of an output that
/// shares it.
constexpr const char* tokens_ending = ".trainable_tokens_delta";
void read_trained_tokens(Source& source, const TensorEntry& entry);

/// Both, of all these entries: saved modules first, since they replace weights that deltas then change.
void read_others(Source& source, const std::vector<const TensorEntry*>& entries);

} // namespace diapason::peft
