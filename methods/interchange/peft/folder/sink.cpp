#include "methods/interchange/peft/folder/sink.h"

#include "core/base/atomic_file.h"

#include <algorithm>
#include <set>

namespace diapason::peft {
namespace {

Json task_type(HeadKind head) {
    switch (head) {
    case HeadKind::sequence_classification:
        return "SEQ_CLS";
    case HeadKind::token_classification:
        return "TOKEN_CLS";
    case HeadKind::extractive_span:
        return "QUESTION_ANS";
    case HeadKind::causal_lm:
        return "CAUSAL_LM";
    case HeadKind::seq2seq_lm:
        return "SEQ_2_SEQ_LM";
    case HeadKind::none:
        return "FEATURE_EXTRACTION";
    case HeadKind::masked_lm:
        break; // the library has no name for it
    }
    return nullptr;
}

// The module that is saved for a tensor: the whole of a classification head, else the tensor's own module.
std::string saved_module(const std::string& name) {
    if (name.rfind("classifier.", 0) == 0) return "classifier";
    return name.substr(0, name.rfind('.'));
}

} // namespace

Sink::Sink(Model& model, const std::string& backbone_name) : m_model(model) {
    m_config["base_model_name_or_path"] = backbone_name;
    m_config["inference_mode"] = true;
    m_config["task_type"] = task_type(model.head_spec().kind);
}

std::string Sink::path(const std::string& name) const {
    if (m_model.head_spec().kind != HeadKind::none) return name;
    const auto dot = name.find('.');
    if (dot == std::string::npos) return name;
    const std::string bare = name.substr(dot + 1);
    return family_of(m_model.config()).canonical(bare + ".weight").name == name + ".weight" ||
                   family_of(m_model.config()).canonical(bare).name == name
               ? bare
               : name;
}

void Sink::add(const std::string& key, const at::Tensor& value) {
    m_tensors.emplace_back(key, value.detach().to(at::kCPU).to(at::kFloat).contiguous());
}

void Sink::add_saved_modules(const std::string& wrapper, const std::vector<const Parameter*>& handled) {
    Json modules = Json::array();
    std::set<std::string> known;
    for (const auto& parameter : m_model.weights().all()) {
        if (!parameter->value.requires_grad()) continue;
        if (std::find(handled.begin(), handled.end(), parameter.get()) != handled.end()) continue;
        const std::string name = path(parameter->name);
        add(wrapper + name, parameter->value);
        if (known.insert(saved_module(name)).second) modules.push_back(saved_module(name));
    }
    m_config["modules_to_save"] = modules.empty() ? Json() : modules;
}

void Sink::write(const std::filesystem::path& folder) const {
    make_folders(folder);
    std::vector<TensorToWrite> tensors;
    for (const auto& [key, value] : m_tensors)
        tensors.push_back({key, "F32", value.sizes().vec(), value.const_data_ptr()});
    write_safetensors(folder / "adapter_model.safetensors", std::move(tensors), {{"format", "pt"}});
    write_file_atomically(folder / "adapter_config.json", m_config.dump(2) + "\n");
}

std::vector<Module> modules_with_deltas(Model& model) {
    std::vector<Module> modules;
    for (const auto& [name, linear] : model.linears()) {
        const auto found = std::find_if(modules.begin(), modules.end(),
                                        [name = name](const Module& module) { return module.name == name; });
        if (found == modules.end())
            modules.push_back({name, {linear}});
        else
            found->linears.push_back(linear);
    }
    std::erase_if(modules, [](const Module& module) {
        return std::all_of(module.linears.begin(), module.linears.end(),
                           [](const Linear* linear) { return linear->deltas.empty(); });
    });
    return modules;
}

} // namespace diapason::peft
