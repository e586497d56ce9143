#include "core/base/error.h"
#include "methods/interchange/peft/folder/source.h"

#include <algorithm>

namespace diapason::peft {
namespace {

void add_once(std::vector<Parameter*>& list, Parameter* parameter) {
    if (std::find(list.begin(), list.end(), parameter) == list.end()) list.push_back(parameter);
}

// Entries of modules_to_save match by the end of a module's path: any of the modules that the tensor is in.
bool in_saved_module(const std::string& name, const std::vector<std::string>& entries) {
    for (std::size_t dot = name.rfind('.'); dot != std::string::npos; dot = name.rfind('.', dot - 1)) {
        const std::string module = name.substr(0, dot);
        if (std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return module.ends_with(entry); }))
            return true;
        if (dot == 0) break;
    }
    return false;
}

// The stack of an encoder-decoder whose own module for tokens a tensor is of: saved, it parts from the common table.
Stack* stack_of_words(Source& source, const std::string& name) {
    Backbone& backbone = source.model().backbone();
    if (!source.model().config().encoder_decoder) return nullptr;
    for (const StackShape& shape : source.model().config().stacks()) {
        Stack& stack = backbone.stack(shape.name);
        if (stack.words_module + ".weight" == name) return &stack;
    }
    return nullptr;
}

// A stored tensor's name in the backbone: without what the library's wrappers put into it.
std::string name_of(const TensorEntry& entry) {
    std::string name = without_wrapper(entry.name);
    for (const char* infix : {".modules_to_save.default", ".modules_to_save", ".base_layer"}) {
        if (const auto at = name.find(infix); at != std::string::npos) name.erase(at, std::string(infix).size());
    }
    return name;
}

// Whether a saved embedding and the output tied to it stay one tensor: then the file holds it under both names.
bool stays_tied(const Source& source) {
    if (!source.settings().flag("ensure_weight_tying")) return false;
    const BackboneFamily& family = family_of(source.model().config());
    const std::string output = family.heads(source.model().config()).language + ".weight";
    const std::string& words = source.model().backbone().word_embedding().name;
    const auto holds = [&](const auto& fits) {
        return std::any_of(source.file().entries().begin(), source.file().entries().end(), fits);
    };
    return holds([&](const TensorEntry& entry) { return name_of(entry) == output; }) &&
           holds([&](const TensorEntry& entry) { return family.canonical(name_of(entry)).name == words; });
}

// The parameter that a saved tensor replaces. A saved embedding or output parts from what it was tied to, unless the
// config forbids it.
Parameter* find_target(Source& source, const std::string& name, bool saved) {
    Model& model = source.model();
    const bool parts = saved && !stays_tied(source);
    if (Stack* stack = parts ? stack_of_words(source, name) : nullptr) {
        stack->words.weight = &model.weights().add(name, stack->words.weight->value.detach().clone());
        return stack->words.weight;
    }
    if (parts && name == model.backbone().word_embedding().name) model.head().untie(model.weights());
    Parameter* parameter = model.weights().find(name);
    if (parameter != nullptr) return parameter;
    for (const auto& [module, linear] : model.head().linears()) {
        if (name != module + ".weight") continue;
        return parts ? model.head().untie(model.weights()) : linear->weight;
    }
    return nullptr;
}

} // namespace

void read_other(Source& source, const TensorEntry& entry) {
    const std::string name = name_of(entry);
    if (name.find(".original_module.") != std::string::npos) {
        // What a saved module replaced: the library stores it and computes nothing with it.
        source.add("unused." + name, entry);
        return;
    }
    const std::vector<std::string> modules = source.settings().text_or_texts("modules_to_save");
    const bool saved = in_saved_module(name, modules);
    const CanonicalName canonical = family_of(source.model().config()).canonical(name);
    if (canonical.name.empty()) return;
    if (saved && source.model().config().encoder_decoder && !canonical.copy &&
        canonical.name ==
            family_of(source.model().config()).stacks(source.model().config()).front().words + ".weight") {
        source.adapter().warnings.push_back(source.file().path().string() + ": nothing is looked up in " + name +
                                            ", so saving it has no effect");
        source.add("unused." + name, entry);
        return;
    }
    Parameter* parameter = find_target(source, canonical.copy ? name : canonical.name, saved);
    if (parameter == nullptr && canonical.copy) parameter = source.model().weights().find(canonical.name);
    if (parameter == nullptr)
        throw source.error("the tensor " + entry.name + " belongs to no module of this backbone and head");
    at::Tensor value = source.read(entry);
    if (parameter->value.sizes() != value.sizes())
        throw source.error("the tensor " + entry.name + " has a different shape from the model's " + parameter->name);
    parameter->value = value;
    StoredAdapter& adapter = source.adapter();
    adapter.parameters[entry.name] = parameter;
    if (!saved && name.ends_with(".bias") && source.settings().text("bias", "none") != "none")
        add_once(adapter.deltas, parameter);
    else if (saved || source.model().in_head(parameter))
        add_once(adapter.saved_modules, parameter);
    // What else the library stores, an embedding beside its update, stays frozen.
}

} // namespace diapason::peft
