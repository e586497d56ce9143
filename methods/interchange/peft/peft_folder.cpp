#include "methods/interchange/peft/peft_folder.h"

#include "core/base/error.h"
#include "core/base/words.h"
#include "methods/interchange/peft/folder/kind.h"
#include "methods/interchange/peft/folder/sink.h"
#include "methods/interchange/peft/folder/source.h"

#include <c10/core/GradMode.h>

#include <algorithm>

namespace diapason {
namespace {

const std::vector<peft::Kind>& kinds() {
    static const std::vector<peft::Kind> list = {
#define DIAPASON_PEFT_KIND(name) peft::name##_kind(),
#include "methods/methods.def"
    };
    return list;
}

// Adapters at blocks and heads, and what else the library has no name for.
bool has_other_deltas(Model& model) {
    for (const auto& [name, linear] : model.linears()) {
        for (const auto& delta : linear->deltas) {
            const auto holds = [&](const peft::Kind& kind) { return kind.holds != nullptr && kind.holds(*delta); };
            if (std::none_of(kinds().begin(), kinds().end(), holds)) return true;
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
    const std::string name = source.settings().text("peft_type", "?");
    const auto kind =
        std::find_if(kinds().begin(), kinds().end(), [&](const peft::Kind& known) { return name == known.type; });
    if (kind == kinds().end()) throw source.settings().error("peft_type", "unsupported: adapters of this kind");
    kind->read(source);
    if (source.adapter().deltas.empty()) throw source.error("the file contains no tensor of the adapter " + name);
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
    std::vector<std::string> known;
    int kinds_there = 0;
    for (const peft::Kind& kind : kinds()) {
        if (kind.write == nullptr) continue;
        known.emplace_back(kind.type);
        kinds_there += kind.write(sink) ? 1 : 0;
    }
    if (kinds_there != 1)
        throw config_error("deltas", std::to_string(kinds_there) + " kinds",
                           "a PEFT folder contains exactly one kind of adapter: one of " + joined(known));
    sink.write(folder);
}

} // namespace diapason
