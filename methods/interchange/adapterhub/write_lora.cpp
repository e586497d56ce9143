#include "methods/deltas/ia3_delta.h"
#include "methods/deltas/lora_delta.h"
#include "methods/interchange/adapterhub/sink.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace diapason::adapterhub {
namespace {

// A map of a layer with the library's word for its place: q, k, v, intermediate, output.
struct Place {
    std::string module, kind;
    std::int64_t layer = 0; ///< as `leave_out` counts
    const Linear* linear = nullptr;
};

std::string kind_of(const BackboneConfig& config, const Site& site) {
    if (site.point == "q" || site.point == "k" || site.point == "v") return site.point;
    // In Llama the library calls the second map of a feed-forward intermediate and the first one output.
    const bool first = (site.point == "fc1") != (config.family == "llama");
    if (site.point == "fc1" || site.point == "fc2") return first ? "intermediate" : "output";
    return {};
}

std::vector<Place> places_of(const Sink& sink) {
    Model& model = sink.model();
    std::vector<Place> places;
    for (const auto& [site, linear] : model.backbone().linears()) {
        Place place{module_of(model.config(), site).name, kind_of(model.config(), site),
                    sink.layer_index(site.stack == model.backbone().stacks()[0].shape.name ? 0 : 1, site.layer),
                    linear};
        if (place.kind.empty() && !linear->deltas.empty()) throw cannot(place.module, "a delta on this map");
        if (!place.kind.empty()) places.push_back(std::move(place));
    }
    for (const auto& [module, linear] : model.head().linears()) {
        if (!linear->deltas.empty()) throw cannot(module, "a delta on a head");
    }
    return places;
}

const LinearDelta* delta_of(const Place& place) {
    if (place.linear->deltas.empty()) return nullptr;
    if (place.linear->deltas.size() > 1) throw cannot(place.module, "several deltas on one map");
    return place.linear->deltas.front().get();
}

// The two tensors of one place; a is undefined where there is only a vector.
struct Pair {
    at::Tensor a, b; ///< [r, in], [out, r]
};

// The library has tensors in all layers that are not left out, at every place of a kind that any of them uses: where
// there is no delta they get tensors that change nothing. @param pair of a place, with or without a delta
Json write_places(Sink& sink, const std::vector<Place>& places, const std::function<Pair(const Place&)>& pair) {
    std::set<std::string> kinds;
    std::set<std::int64_t> layers, used;
    for (const Place& place : places) {
        layers.insert(place.layer);
        if (place.linear->deltas.empty()) continue;
        kinds.insert(place.kind);
        used.insert(place.layer);
    }
    std::vector<std::string> order;
    std::map<std::string, std::vector<Pair>> modules; // the parts of a fused map side by side
    for (const Place& place : places) {
        if (kinds.count(place.kind) == 0 || used.count(place.layer) == 0) continue;
        const auto [found, fresh] = modules.try_emplace(place.module);
        if (fresh) order.push_back(place.module);
        found->second.push_back(pair(place));
    }
    for (const std::string& module : order) {
        std::vector<at::Tensor> a, b;
        for (const Pair& part : modules.at(module)) {
            if (part.a.defined()) a.push_back(part.a);
            b.push_back(part.b);
        }
        const std::string key = module + ".loras." + sink.name() + ".";
        if (!a.empty()) sink.add(key + "lora_A", at::cat(a));
        sink.add(key + "lora_B", at::cat(b));
    }
    Json config = {{"architecture", "lora"}, {"use_gating", false}, {"use_dora", false}, {"dropout", 0.0}};
    config["attn_matrices"] = Json::array();
    for (const char* kind : {"q", "k", "v"}) {
        if (kinds.count(kind) != 0) config["attn_matrices"].push_back(kind);
    }
    config["selfattn_lora"] = !config["attn_matrices"].empty();
    config["intermediate_lora"] = kinds.count("intermediate") != 0;
    config["output_lora"] = kinds.count("output") != 0;
    config["leave_out"] = Json::array();
    for (const std::int64_t layer : layers) {
        if (used.count(layer) == 0) config["leave_out"].push_back(layer);
    }
    return config;
}

// A low-rank update of one map. A start that is part of the weight is taken off again, because the library begins from
// the whole weight.
Pair update_of(const LoraDelta& delta) {
    const LowRank& u = delta.update();
    Pair pair{delta.own_a(), delta.own_b()};
    if (u.start_a.defined()) {
        pair.a = at::cat({pair.a, u.start_a});
        pair.b = at::cat({pair.b, -delta.part_of(u.start_b)}, 1);
    }
    return pair;
}

const LoraDelta& lora_of(const Place& place) {
    const auto* delta = dynamic_cast<const LoraDelta*>(delta_of(place));
    const bool plain = delta != nullptr && dynamic_cast<const MagnitudeDelta*>(delta) == nullptr;
    if (!plain || delta->update().bias != nullptr)
        throw cannot(place.module,
                     "this kind of delta along with LoRA: DoRA and biases of updates need the PEFT layout");
    return *delta;
}

void write_updates(Sink& sink, const std::vector<Place>& places) {
    std::int64_t rank = 0;
    double scale = 0, dropout = 0;
    for (const Place& place : places) {
        if (delta_of(place) == nullptr) continue;
        const LoraDelta& delta = lora_of(place);
        rank = std::max(rank, update_of(delta).a.size(0));
        if (scale == 0) scale = delta.update().scale;
        dropout = std::max(dropout, delta.update().dropout);
    }
    // One rank and one scale: smaller ranks get zeros, other scales go into B.
    Json config = write_places(sink, places, [&](const Place& place) {
        const at::Tensor matrix = place.linear->matrix();
        const auto options = matrix.options().dtype(at::kFloat).requires_grad(false);
        Pair pair{at::zeros({rank, matrix.size(1)}, options), at::zeros({matrix.size(0), rank}, options)};
        if (delta_of(place) == nullptr) return pair;
        const LoraDelta& delta = lora_of(place);
        const Pair own = update_of(delta);
        pair.a.narrow(0, 0, own.a.size(0)).copy_(own.a);
        pair.b.narrow(1, 0, own.a.size(0)).copy_(own.b * (delta.update().scale / scale));
        return pair;
    });
    config["r"] = rank;
    config["alpha"] = scale * static_cast<double>(rank);
    config["dropout"] = dropout;
    config["composition_mode"] = "add";
    config["init_weights"] = "lora";
    sink.add_part(std::move(config));
}

void write_vectors(Sink& sink, const std::vector<Place>& places) {
    Json config = write_places(sink, places, [&](const Place& place) {
        const at::Tensor matrix = place.linear->matrix();
        const LinearDelta* delta = delta_of(place);
        if (delta == nullptr)
            return Pair{{}, at::ones({matrix.size(0), 1}, matrix.options().dtype(at::kFloat).requires_grad(false))};
        const auto* scale = dynamic_cast<const OutputScale*>(delta);
        if (scale == nullptr) throw cannot(place.module, "vectors that rescale a map's input");
        return Pair{{}, scale->own().unsqueeze(1)};
    });
    config["r"] = config["alpha"] = 1;
    config["composition_mode"] = "scale";
    config["init_weights"] = "ia3";
    sink.add_part(std::move(config));
}

} // namespace

void write_lora(Sink& sink) {
    const std::vector<Place> places = places_of(sink);
    const auto first =
        std::find_if(places.begin(), places.end(), [](const Place& place) { return !place.linear->deltas.empty(); });
    if (first == places.end()) return;
    const LinearDelta* delta = delta_of(*first);
    const bool rescales =
        dynamic_cast<const OutputScale*>(delta) != nullptr || dynamic_cast<const InputScale*>(delta) != nullptr;
    (rescales ? write_vectors : write_updates)(sink, places);
}

} // namespace diapason::adapterhub
