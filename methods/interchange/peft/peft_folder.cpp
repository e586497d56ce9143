#include "methods/interchange/peft/peft_folder.h"

#include "core/base/error.h"
#include "methods/deltas/ia3_delta.h"
#include "methods/deltas/lora_delta.h"
#include "methods/interchange/peft/sink.h"
#include "methods/interchange/peft/source.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace diapason {
namespace {

struct Kind {
    const char* name;
    void (*read)(peft::Source&);
};
constexpr Kind kinds[] = {{"LORA", peft::read_lora},
                          {"IA3", peft::read_ia3},
                          {"PROMPT_TUNING", peft::read_prompt},
                          {"P_TUNING", peft::read_prompt},
                          {"PREFIX_TUNING", peft::read_prefix},
                          {"TRAINABLE_TOKENS", peft::read_tokens}};

// Adapters at blocks and heads, and what else the library has no name for.
bool has_other_deltas(Model& model) {
    for (const auto& [name, linear] : model.linears()) {
        for (const auto& delta : linear->deltas) {
            const LinearDelta* one = delta.get();
            if (dynamic_cast<const LoraDelta*>(one) == nullptr && dynamic_cast<const OutputScale*>(one) == nullptr &&
                dynamic_cast<const InputScale*>(one) == nullptr)
                return true;
        }
    }
    for (const NamedTable& item : model.backbone().tables()) {
        if (!item.table->deltas.empty()) return true;
    }
    for (const Stack& stack : model.backbone().stacks()) {
        if (!stack.entered.empty()) return true;
        for (const Layer& layer : stack.layers) {
            const bool blocks = !layer.self_block.deltas.empty() || !layer.cross_block.deltas.empty() ||
                                !layer.ffn_block.deltas.empty();
            if (blocks || !layer.self.head_deltas.empty() || !layer.cross.head_deltas.empty()) return true;
        }
    }
    return false;
}

} // namespace

PeftAdapter read_peft_folder(const std::filesystem::path& folder, Model& model) {
    const c10::NoGradGuard guard;
    peft::Source source(folder, model);
    const std::string name = source.text("peft_type", "?");
    const auto* kind = std::find_if(std::begin(kinds), std::end(kinds), [&](const Kind& k) { return name == k.name; });
    if (kind == std::end(kinds)) throw source.config_error("peft_type", name, "unsupported: adapters of this kind");
    kind->read(source);
    if (source.adapter().deltas.empty()) throw source.error("the file holds no tensor of the adapter " + name);
    return std::move(source.adapter());
}

void write_peft_folder(const std::filesystem::path& folder, Model& model, const std::string& backbone_name) {
    const c10::NoGradGuard guard;
    model.prepare();
    peft::Sink sink(model, backbone_name);
    if (has_other_deltas(model))
        throw config_error(
            "deltas", "adapters",
            "the PEFT layout has no adapters at blocks, heads or projections; those of embeddings are only read");
    int kinds_there = 0;
    for (bool (*write)(peft::Sink&) : {peft::write_lora, peft::write_ia3, peft::write_prompt, peft::write_prefix})
        kinds_there += write(sink) ? 1 : 0;
    if (kinds_there != 1)
        throw config_error("deltas", std::to_string(kinds_there) + " kinds",
                           "a PEFT folder holds one kind of adapter: LoRA, IA3, a soft prompt or prefixes");
    sink.write(folder);
}

} // namespace diapason
