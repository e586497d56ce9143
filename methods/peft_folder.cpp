#include "methods/peft_folder.h"

#include "core/base/error.h"
#include "methods/lora_delta.h"
#include "methods/prompt_delta.h"

#include <c10/core/GradMode.h>

#include <cmath>
#include <regex>

namespace diapason {
namespace {

// Both spellings of the wrapper's prefix: LoRA-like adapters and prompt-like ones.
std::string without_wrapper(const std::string& key) {
    for (const char* prefix : {"base_model.model.", "base_model."}) {
        const std::string text = prefix;
        if (key.rfind(text, 0) == 0) return key.substr(text.size());
    }
    return key;
}

bool strip_end(std::string& text, const std::string& end) {
    if (text.size() <= end.size() || text.compare(text.size() - end.size(), end.size(), end) != 0) return false;
    text.resize(text.size() - end.size());
    return true;
}

// A value of rank_pattern or alpha_pattern: keys match as (.*\.)?(key)$.
double pattern_value(const Json& patterns, const std::string& path, double fallback) {
    if (!patterns.is_object()) return fallback;
    for (const auto& [key, value] : patterns.items()) {
        if (std::regex_match(path, std::regex("(.*\\.)?(" + key + ")"))) return value.get<double>();
    }
    return fallback;
}

// The maps of a module: one, or the parts of a tensor that holds several.
std::vector<std::pair<Site, Linear*>> find_linears(Model& model, const std::string& path, const std::string& origin) {
    std::vector<std::pair<Site, Linear*>> maps;
    for (const auto& [site, linear] : model.backbone().linears()) {
        if (linear->weight->name == path + ".weight" || linear->weight->file_name == path + ".weight")
            maps.emplace_back(site, linear);
    }
    if (maps.empty()) {
        throw input_error(origin, "unsupported: the adapter changes " + path +
                                      ", which is no linear map of the backbone's layers");
    }
    return maps;
}

// A module that PEFT stored whole: its tensors replace those of the model.
void read_saved_module(const std::string& key, const at::Tensor& value, Model& model, PeftAdapter& adapter,
                       const std::string& origin) {
    std::string name = without_wrapper(key);
    for (const char* infix : {".modules_to_save.default", ".modules_to_save"}) {
        if (const auto at = name.find(infix); at != std::string::npos) name.erase(at, std::string(infix).size());
    }
    if (name.find(".original_module.") != std::string::npos) return; // dead copies
    name = family_of(model.config()).canonical(name).name;
    Parameter* parameter = model.weights().find(name);
    if (parameter == nullptr)
        throw input_error(origin, "the tensor " + key + " belongs to no module of this backbone and head");
    if (parameter->value.sizes() != value.sizes())
        throw input_error(origin, "the tensor " + key + " has another shape than the model's " + name);
    parameter->value.copy_(value);
    adapter.saved_modules.push_back(parameter);
    adapter.parameters[key] = parameter;
}

void read_lora(const Json& config, const TensorFile& file, Model& model, PeftAdapter& adapter) {
    const std::string origin = file.path().string();
    for (const char* feature : {"use_dora", "lora_bias", "use_qalora", "use_bdlora"}) {
        if (config.contains(feature) && config.at(feature).is_boolean() && config.at(feature).get<bool>()) {
            throw input_error(origin, std::string("unsupported: LoRA with ") + feature);
        }
    }
    if (const std::string bias = config.value("bias", "none"); bias != "none")
        throw input_error(origin, "unsupported: LoRA with bias = " + bias);
    const double alpha = config.value("lora_alpha", 8.0);
    const bool rank_stabilised = config.value("use_rslora", false);
    const Json patterns = config.value("alpha_pattern", Json::object());
    for (const TensorEntry& entry : file.entries()) {
        std::string path = without_wrapper(entry.name);
        if (path.find(".lora_B") != std::string::npos) continue; // read with its A
        if (!strip_end(path, ".lora_A.weight")) {
            read_saved_module(entry.name, read_tensor(file, entry), model, adapter, origin);
            continue;
        }
        std::string key_b = entry.name;
        key_b.replace(key_b.rfind(".lora_A."), 8, ".lora_B.");
        const TensorEntry* entry_b = file.find(key_b);
        if (entry_b == nullptr) throw input_error(origin, "the tensor " + key_b + " is missing");
        const auto maps = find_linears(model, path, origin);
        const auto& [site, first] = maps.front();
        const std::int64_t out = site.out * first->parts;
        if (entry.shape.size() != 2 || entry_b->shape.size() != 2 || entry.shape[1] != site.in ||
            entry_b->shape[0] != out || entry.shape[0] != entry_b->shape[1]) {
            throw input_error(origin, "the tensors " + entry.name + " and " + key_b + " do not fit a map from " +
                                          std::to_string(site.in) + " to " + std::to_string(out));
        }
        const auto rank = static_cast<double>(entry.shape[0]);
        const double scale = pattern_value(patterns, path, alpha) / (rank_stabilised ? std::sqrt(rank) : rank);
        Parameter& a = model.deltas().add(site.address() + ".lora_A", read_tensor(file, entry).to(model.device()));
        Parameter& b = model.deltas().add(site.address() + ".lora_B", read_tensor(file, *entry_b).to(model.device()));
        for (const auto& [at, linear] : maps) {
            linear->deltas.push_back(std::make_unique<LoraDelta>(a, b, scale, config.value("lora_dropout", 0.0),
                                                                 linear->part, linear->parts));
        }
        adapter.deltas.insert(adapter.deltas.end(), {&a, &b});
        adapter.parameters[entry.name] = &a;
        adapter.parameters[key_b] = &b;
    }
}

void read_prompt(const Json& config, const TensorFile& file, Model& model, PeftAdapter& adapter) {
    const std::string origin = file.path().string();
    for (const TensorEntry& entry : file.entries()) {
        const at::Tensor value = read_tensor(file, entry);
        if (entry.name != "prompt_embeddings") {
            read_saved_module(entry.name, value, model, adapter, origin);
            continue;
        }
        if (entry.shape.size() != 2 || entry.shape[1] != model.config().width || entry.shape[0] < 1) {
            throw input_error(origin, "prompt_embeddings does not fit the backbone's width " +
                                          std::to_string(model.config().width));
        }
        const std::int64_t length = config.value("num_virtual_tokens", entry.shape[0]);
        if (length < 1 || length > entry.shape[0]) {
            throw input_error(origin, "prompt_embeddings has " + std::to_string(entry.shape[0]) +
                                          " rows, and num_virtual_tokens is " + std::to_string(length));
        }
        Parameter& table = model.deltas().add(model.config().stack() + ".embedding.prompt", value.to(model.device()));
        model.set_prompt(
            std::make_unique<PromptDelta>(table, length, true)); // PEFT's wrapper pools the first soft token
        adapter.deltas.push_back(&table);
        adapter.parameters[entry.name] = &table;
    }
    if (adapter.deltas.empty()) throw input_error(origin, "the tensor prompt_embeddings is missing");
}

} // namespace

PeftAdapter read_peft_folder(const std::filesystem::path& folder, Model& model) {
    const c10::NoGradGuard guard;
    const Json config = read_json(folder / "adapter_config.json");
    const TensorFile file(folder / "adapter_model.safetensors");
    const std::string kind = config.value("peft_type", "");
    PeftAdapter adapter;
    if (kind == "LORA")
        read_lora(config, file, model, adapter);
    else if (kind == "PROMPT_TUNING")
        read_prompt(config, file, model, adapter);
    else
        throw input_error((folder / "adapter_config.json").string(),
                          "unsupported: adapters of the kind " + (kind.empty() ? "?" : kind));
    return adapter;
}

} // namespace diapason
