#include "methods/interchange/adapterhub/source.h"

#include "methods/interchange/stored_weights.h"

#include <ATen/ops/equal.h>

#include <algorithm>

namespace diapason::adapterhub {
namespace fs = std::filesystem;
namespace {

fs::path weights_of(const fs::path& folder, const char* usual, const char* older) {
    const fs::path first = folder / usual, second = folder / older;
    return !fs::exists(first) && fs::exists(second) ? second : first;
}

// What collections were called before adapters 1.0.
const std::pair<const char*, const char*> older_names[] = {{"attention_text_task_adapters", "adapters"},
                                                           {"attention_text_lang_adapters", "adapters"},
                                                           {"layer_text_task_adapters", "adapters"},
                                                           {"layer_text_lang_adapters", "adapters"},
                                                           {"invertible_lang_adapters", "invertible_adapters"}};

std::optional<Key> key_in(const std::string& name, const std::string& collection, const std::string& adapter) {
    const std::string mark = collection + "." + adapter + ".";
    const auto at = name.find(mark);
    if (at == std::string::npos || (at > 0 && name[at - 1] != '.')) return {};
    return Key{at == 0 ? "" : name.substr(0, at - 1), collection, name.substr(at + mark.size())};
}

std::optional<Key> key_of(const std::string& name, const std::string& collection, const std::string& adapter) {
    if (auto key = key_in(name, collection, adapter)) return key;
    for (const auto& [older, today] : older_names) {
        if (collection != today) continue;
        if (auto key = key_in(name, older, adapter)) return key;
    }
    return {};
}

// LoRA and IA3 of adapters 1.0 and older were scaled by 1 whatever alpha says; the library mends such files alone and
// not in unions.
bool scaled_by_one(const std::string& version, const Json& config) {
    const bool old = version.starts_with("adapters.0.") || version.starts_with("adapters.1.0.");
    return old && config.value("architecture", Json()) == "lora" && config.contains("r");
}

} // namespace

Source::Source(const fs::path& folder, Model& model)
    : m_config_file((folder / "adapter_config.json").string()),
      m_document(read_json(m_config_file)),
      m_file(weights_of(folder, "adapter.safetensors", "pytorch_adapter.bin")),
      m_folder(folder),
      m_model(model) {
    const Settings settings(m_config_file, m_document);
    if (m_document.is_object() && settings.field("config").is_string())
        throw settings.error("config",
                             "unsupported: a configuration given only by its name, which nothing writes any more");
    if (!m_document.is_object() || !settings.field("config").is_object())
        throw Error(ErrorKind::input,
                    {"must be an object", m_config_file, "config", settings.field("config").dump(), {}});
    if (Json& config = m_document["config"]; scaled_by_one(settings.text("version", ""), config))
        config["alpha"] = config["r"];
    m_name = settings.text("name", "");
    if (m_name.empty()) throw settings.error("name", "an adapter needs a name");
    m_adapter.shared_names = true;
}

Error Source::error(const std::string& what) const {
    return input_error(m_file.path().string(), what);
}

std::vector<std::pair<Key, const TensorEntry*>> Source::open(const std::string& collection) const {
    std::vector<std::pair<Key, const TensorEntry*>> list;
    for (const TensorEntry& entry : m_file.entries()) {
        if (m_taken.count(entry.name) != 0) continue;
        if (auto key = key_of(entry.name, collection, m_name)) list.emplace_back(std::move(*key), &entry);
    }
    return list;
}

bool Source::holds(const std::string& collection) const {
    return std::any_of(m_file.entries().begin(), m_file.entries().end(),
                       [&](const TensorEntry& entry) { return key_of(entry.name, collection, m_name).has_value(); });
}

Parameter& Source::take(const std::string& name, const TensorEntry& entry) {
    std::string free = name;
    for (int again = 2; m_model.deltas().find(free) != nullptr; ++again)
        free = name + "." + std::to_string(again); // a union may hold two adapters of one place
    Parameter& parameter = m_model.deltas().add(free, read_tensor(m_file, entry).to(m_model.device()));
    m_adapter.deltas.push_back(&parameter);
    m_adapter.parameters[entry.name] = &parameter;
    m_taken[entry.name] = true;
    return parameter;
}

void Source::alias(const TensorEntry& entry, Parameter& parameter) {
    const at::Tensor value = read_tensor(m_file, entry).to(m_model.device());
    if (value.sizes() != parameter.value.sizes() || !at::equal(value, parameter.value))
        throw error("the tensor " + entry.name + " is another name for " + parameter.name + ", but its values differ");
    m_adapter.parameters[entry.name] = &parameter;
    m_taken[entry.name] = true;
}

std::optional<LayerPath> Source::layer_of(const std::string& path) const {
    const BackboneFamily& family = family_of(m_model.config());
    std::string name = family.canonical(path + ".weight").name; // bare models lack the prefix of their family
    replace_ending(name, ".weight", "");
    const std::vector<StackLayout> layouts = family.stacks(m_model.config());
    for (std::size_t s = 0; s < layouts.size(); ++s) {
        Stack& stack = m_model.backbone().stack(m_model.backbone().stacks()[s].shape.name);
        for (std::int64_t i = 0; i < stack.shape.layers; ++i) {
            std::string rest = name + ".";
            if (!strip_prefix(rest, in_layer(layouts[s].layer, i))) continue;
            if (!rest.empty()) rest.pop_back();
            return LayerPath{&stack, i, rest};
        }
    }
    return {};
}

std::int64_t Source::index_of(const LayerPath& place) const {
    const auto& stacks = m_model.backbone().stacks();
    return place.layer + (stacks.size() > 1 && place.stack == &stacks[1] ? stacks[0].shape.layers : 0);
}

std::vector<Linear*> Source::maps_of(const std::string& path) const {
    std::string name = family_of(m_model.config()).canonical(path + ".weight").name;
    replace_ending(name, ".weight", "");
    std::vector<Linear*> parts;
    for (const auto& [module, linear] : m_model.linears()) {
        if (module == name || module == path) parts.push_back(linear);
    }
    if (parts.empty())
        throw error("unsupported: the adapter changes " + path + ", which is not a linear map of this backbone");
    return parts;
}

void Source::read_head() {
    const fs::path file = weights_of(m_folder, "model_head.safetensors", "pytorch_model_head.bin");
    if (!fs::exists(file)) return;
    const TensorFile head(file);
    std::vector<Parameter*>& saved = m_adapter.saved_modules;
    for (const TensorEntry& entry : head.entries()) {
        if (entry.name.starts_with("heads."))
            throw input_error(
                file.string(),
                "unsupported: the tensor " + entry.name +
                    " belongs to a head of the library's own models; save it with a model of transformers");
        Parameter& parameter = replace_weight(m_model, entry.name, read_tensor(head, entry), file.string());
        m_adapter.parameters[entry.name] = &parameter;
        // A tied output is the tokens' embedding: it stands in the file, but belongs to the frozen backbone.
        const bool frozen = parameter.constant || &parameter == &m_model.backbone().word_embedding();
        if (!frozen && std::find(saved.begin(), saved.end(), &parameter) == saved.end()) saved.push_back(&parameter);
    }
}

void Source::finish() const {
    for (const TensorEntry& entry : m_file.entries()) {
        if (m_taken.count(entry.name) == 0)
            throw error("unsupported: the tensor " + entry.name + " belongs to no part of the adapter " + m_name +
                        " that is known");
    }
}

} // namespace diapason::adapterhub
