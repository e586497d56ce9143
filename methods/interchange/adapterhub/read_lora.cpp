#include "methods/deltas/ia3_delta.h"
#include "methods/deltas/lora_delta.h"
#include "methods/interchange/adapterhub/source.h"

#include <algorithm>

namespace diapason::adapterhub {
namespace {

// The maps of a module that the adapter changes: all of them, or those of a fused one that attn_matrices names.
std::vector<Linear*> changed_maps(const Settings& s, const std::vector<Linear*>& parts) {
    if (parts.size() == 1) return parts;
    std::vector<Linear*> list;
    const std::vector<std::string> names = s.texts("attn_matrices");
    const char* order[] = {"q", "k", "v"};
    for (std::size_t i = 0; i < parts.size() && i < std::size(order); ++i) {
        if (std::find(names.begin(), names.end(), order[i]) != names.end()) list.push_back(parts[i]);
    }
    if (list.empty()) throw s.error("attn_matrices", "names no part of a fused map");
    return list;
}

struct Module {
    const TensorEntry *a = nullptr, *b = nullptr, *magnitude = nullptr;
};

} // namespace

void read_lora(Source& source, const Settings& s) {
    s.require("use_gating", false);
    s.require("vera_d", nullptr);
    s.require("vera_b", nullptr);
    const std::string mode = s.text("composition_mode", "add");
    const bool rescales = mode == "scale";
    if (!rescales && mode != "add") throw s.error("composition_mode", "must be add or scale");
    const bool dora = s.flag("use_dora", false);
    if (rescales && (dora || s.integer("r", 1) != 1))
        throw s.error("r", "unsupported: rescaling takes one vector, r = 1, and no DoRA");
    std::map<std::string, Module> modules; // by path
    for (const auto& [key, entry] : source.open("loras")) {
        Module& module = modules[key.path];
        if (key.rest == "lora_A")
            module.a = entry;
        else if (key.rest == "lora_B")
            module.b = entry;
        else if (key.rest == "m.weight" && dora)
            module.magnitude = entry;
    }
    if (modules.empty() && !s.integers("leave_out").empty()) return; // a part of a union that leaves out every layer
    if (modules.empty()) throw source.error("the file contains no tensor of LoRA or IA3");
    for (const auto& [path, module] : modules) {
        const std::vector<Linear*> parts = source.maps_of(path), maps = changed_maps(s, parts);
        const auto count = static_cast<std::int64_t>(maps.size());
        std::string address;
        for (const auto& [site, linear] : source.model().backbone().linears()) {
            if (linear == maps.front()) address = site.address();
        }
        const std::int64_t in = maps.front()->matrix().size(1), out = maps.front()->matrix().size(0);
        using Shape = std::vector<std::int64_t>;
        if (module.b == nullptr || (!rescales && module.a == nullptr) || (dora && module.magnitude == nullptr))
            throw source.error("the adapter at " + path + " lacks a tensor");
        if (dora && (count != 1 || maps.front()->input_major))
            throw s.error("use_dora", "unsupported: on the map " + path + ", which is stored transposed");
        if (rescales) {
            if (module.b->shape != Shape{count * out, 1})
                throw source.error("the tensor " + module.b->name + " is not one number for each output");
            Parameter& vector = source.take(address + ".ia3_out", *module.b);
            if (module.a != nullptr) source.drop(*module.a); // the library computes nothing with it
            const double alpha = s.number("alpha", 1);
            for (std::int64_t i = 0; i < count; ++i)
                maps[static_cast<std::size_t>(i)]->deltas.push_back(
                    std::make_unique<OutputScale>(vector, i, count, alpha));
            // The library pads the vector of a fused map with ones, and scales these, too.
            for (Linear* part : parts) {
                if (alpha != 1 && std::find(maps.begin(), maps.end(), part) == maps.end())
                    part->deltas.push_back(std::make_unique<ConstantScale>(alpha));
            }
            continue;
        }
        const std::int64_t rank = module.b->shape.size() == 2 ? module.b->shape[1] : 0;
        if (rank < 1 || module.b->shape != Shape{count * out, rank} || module.a->shape != Shape{count * rank, in})
            throw source.error("the tensors " + module.a->name +
                               " and lora_B do not form a low-rank update of a map from " + std::to_string(in) +
                               " to " + std::to_string(out));
        LowRank update;
        update.a = &source.take(address + ".lora_A", *module.a);
        update.b = &source.take(address + ".lora_B", *module.b);
        update.scale = s.number("alpha", 8) / static_cast<double>(rank);
        update.dropout = s.number("dropout", 0);
        update.parts = update.a_parts = count;
        if (dora) {
            if (module.magnitude->elements() != out)
                throw source.error("the tensor " + module.magnitude->name + " is not one number for each output");
            Parameter& magnitude = source.take(address + ".lora_magnitude", *module.magnitude);
            maps.front()->deltas.push_back(std::make_unique<WholeDoraDelta>(update, magnitude, *maps.front()));
            continue;
        }
        for (std::int64_t i = 0; i < count; ++i) {
            update.part = update.a_part = i;
            maps[static_cast<std::size_t>(i)]->deltas.push_back(std::make_unique<LoraDelta>(update));
        }
    }
}

} // namespace diapason::adapterhub
