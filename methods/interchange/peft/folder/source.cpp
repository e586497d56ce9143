#include "methods/interchange/peft/folder/source.h"

#include "core/base/error.h"

#include <algorithm>
#include <set>

namespace diapason::peft {
namespace fs = std::filesystem;
namespace {

fs::path weights_of(const fs::path& folder) {
    const fs::path usual = folder / "adapter_model.safetensors";
    const fs::path older = folder / "adapter_model.bin";
    return !fs::exists(usual) && fs::exists(older) ? older : usual;
}

bool in_use(const Json& value) {
    if (value.is_boolean()) return value.get<bool>();
    return !value.is_null() && !(value.is_structured() && value.empty());
}

} // namespace

std::string without_wrapper(const std::string& key) {
    std::string path = key;
    strip_prefix(path, "base_model.");
    strip_prefix(path, "model.");
    strip_prefix(path, "_orig_mod."); // a compiled model
    return path;
}

Source::Source(const fs::path& folder, Model& model)
    : m_config_file(folder / "adapter_config.json"),
      m_config(read_json(m_config_file)),
      m_settings(m_config_file.string(), m_config),
      m_ranks(m_settings, "rank_pattern"),
      m_alphas(m_settings, "alpha_pattern"),
      m_file(weights_of(folder)),
      m_model(model) {
    if (!m_config.is_object()) throw input_error(m_config_file.string(), "is not a JSON object");
}

double Source::rank_of(const std::string& path) const {
    const auto given = m_ranks.value_for(path);
    return given ? *given : m_settings.number("r", 8);
}

double Source::alpha_of(const std::string& path) const {
    const auto given = m_alphas.value_for(path);
    return given ? *given : m_settings.number("lora_alpha", 8);
}

at::Tensor Source::read(const TensorEntry& entry) const {
    return read_tensor(m_file, entry).to(m_model.device());
}

Parameter& Source::add(const std::string& name, const TensorEntry& entry) {
    Parameter& parameter = m_model.deltas().add(name, read(entry));
    m_adapter.deltas.push_back(&parameter);
    m_adapter.parameters[entry.name] = &parameter;
    return parameter;
}

Maps Source::maps(const std::string& module) const {
    std::string canonical = family_of(m_model.config()).canonical(module + ".weight").name;
    replace_ending(canonical, ".weight", "");
    Maps maps;
    for (const auto& [name, linear] : m_model.linears()) {
        if (name == canonical || name == module) maps.linears.push_back(linear);
    }
    if (maps.linears.empty())
        throw error("unsupported: the adapter changes " + module +
                    ", which is not a linear map of this backbone or head");
    const at::Tensor matrix = maps.linears.front()->matrix();
    maps.in = matrix.size(1);
    maps.out = matrix.size(0) * maps.linears.front()->parts;
    maps.address = "head." + module;
    for (const auto& [site, linear] : m_model.backbone().linears()) {
        if (linear == maps.linears.front()) maps.address = site.address();
    }
    return maps;
}

std::optional<NamedTable> Source::table(const std::string& module) const {
    const CanonicalName canonical = family_of(m_model.config()).canonical(module + ".weight");
    std::string own = canonical.copy ? module + ".weight" : canonical.name;
    replace_ending(own, ".weight", "");
    for (const NamedTable& item : m_model.backbone().tables()) {
        if (item.module == own) return item;
    }
    if (own + ".weight" == m_model.backbone().word_embedding().name) return {};
    throw error("unsupported: the adapter changes " + module +
                ", which is not an embedding of tokens, positions or types");
}

void Source::check_fields(const std::vector<std::string>& known, const std::vector<std::string>& refused) {
    static const std::set<std::string> common = {
        "auto_mapping", "base_model_name_or_path", "inference_mode", "peft_type", "peft_version", "revision",
        "task_type",    "runtime_config",          "modules_to_save"};
    for (const auto& [name, value] : m_config.items()) {
        if (std::find(refused.begin(), refused.end(), name) != refused.end()) {
            if (in_use(value)) throw m_settings.error(name, "unsupported: this option is not implemented");
        } else if (common.count(name) == 0 && std::find(known.begin(), known.end(), name) == known.end()) {
            m_adapter.warnings.push_back(m_config_file.string() + ": the field " + name + " is unknown and is ignored");
        }
    }
}

} // namespace diapason::peft
