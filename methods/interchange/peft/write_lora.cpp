#include "methods/deltas/lora_delta.h"
#include "methods/interchange/peft/readers.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>

#include <algorithm>

namespace diapason::peft {
namespace {

// One pair of matrices for a whole module: updates of its parts, one behind the other.
struct Pair {
    at::Tensor a, b, bias, magnitude; ///< [r, in], [out, r], [out] or undefined, [out] or undefined
    double scale = 1, dropout = 0;
    std::int64_t rank() const { return a.size(0); }
    double alpha() const { return scale * static_cast<double>(rank()); }
};

const LoraDelta* lora_of(const Linear& linear, const std::string& name) {
    if (linear.deltas.empty()) return nullptr;
    const auto* delta = dynamic_cast<const LoraDelta*>(linear.deltas.front().get());
    if (delta == nullptr || linear.deltas.size() > 1 || dynamic_cast<const WholeDoraDelta*>(delta) != nullptr)
        throw config_error("deltas", name, "the PEFT layout allows only one kind of delta, and one on each map");
    return delta;
}

Pair combine(const Module& module) {
    Pair pair;
    bool any_bias = false, any_magnitude = false;
    std::vector<std::pair<const Parameter*, std::int64_t>> shared; // the A of each block of columns, and its part
    struct Block {
        at::Tensor a, b;
    };
    std::vector<Block> blocks, starts;
    const std::int64_t out = module.linears.front()->matrix().size(0);
    const std::int64_t all = out * static_cast<std::int64_t>(module.linears.size());
    const auto options = module.linears.front()->weight->value.options().dtype(at::kFloat).requires_grad(false);
    pair.bias = at::zeros({all}, options);
    pair.magnitude = at::zeros({all}, options);
    for (std::size_t i = 0; i < module.linears.size(); ++i) {
        const std::int64_t row = static_cast<std::int64_t>(i) * out;
        const Linear& linear = *module.linears[i];
        const LoraDelta* delta = lora_of(linear, module.name);
        // A part without a delta keeps its rows' lengths.
        pair.magnitude.narrow(0, row, out).copy_(at::linalg_vector_norm(linear.floats(), 2, at::IntArrayRef{1}));
        if (delta == nullptr) continue;
        const LowRank& u = delta->update();
        if (shared.empty()) {
            pair.scale = u.scale;
            pair.dropout = u.dropout;
        }
        // Every block has the first one's scale: the rest of it goes into B.
        const double factor = u.scale / pair.scale;
        const auto place = [&](std::vector<Block>& list, std::size_t index, const at::Tensor& a, const at::Tensor& b,
                               double by) {
            if (index == list.size()) list.push_back({a, at::zeros({all, a.size(0)}, options)});
            list[index].b.narrow(0, row, out).copy_(b * by);
        };
        const std::pair<const Parameter*, std::int64_t> own(u.a, u.a_part);
        const auto known = std::find(shared.begin(), shared.end(), own);
        const auto index = static_cast<std::size_t>(known - shared.begin());
        if (known == shared.end()) shared.push_back(own);
        place(blocks, index, delta->own_a(), delta->own_b(), factor);
        // A start that is part of the weight is taken off again, because the library begins from the whole weight.
        if (u.start_a.defined())
            place(starts, std::min(index, starts.size()), u.start_a, delta->part_of(u.start_b), -factor);
        if (u.bias != nullptr) {
            any_bias = true;
            pair.bias.narrow(0, row, out).copy_(delta->part_of(u.bias->value) * factor);
        }
        if (const auto* dora = dynamic_cast<const DoraDelta*>(delta)) {
            any_magnitude = true;
            pair.magnitude.narrow(0, row, out).copy_(delta->part_of(dora->magnitude().value));
        }
    }
    std::vector<at::Tensor> a, b;
    for (const auto* list : {&blocks, &starts}) {
        for (const Block& block : *list) {
            a.push_back(block.a);
            b.push_back(block.b);
        }
    }
    pair.a = at::cat(a);
    pair.b = at::cat(b, 1);
    if (!any_bias) pair.bias = at::Tensor();
    if (!any_magnitude) pair.magnitude = at::Tensor();
    return pair;
}

std::string escaped(const std::string& path) {
    std::string text;
    for (const char c : path)
        text += c == '.' ? std::string("\\.") : std::string(1, c);
    return text;
}

// Trained biases of the backbone: of the adapted modules only, or of all.
void write_biases(Sink& sink, const std::vector<Module>& modules, std::vector<const Parameter*>& handled) {
    Model& model = sink.model();
    std::string mode = "none";
    for (const auto& parameter : model.weights().all()) {
        if (!parameter->value.requires_grad() || !parameter->name.ends_with(".bias") || model.in_head(parameter.get()))
            continue;
        std::string module = parameter->name;
        replace_ending(module, ".bias", "");
        const bool adapted =
            std::any_of(modules.begin(), modules.end(), [&](const Module& m) { return m.name == module; });
        if (mode != "all") mode = adapted ? "lora_only" : "all";
        sink.add("base_model.model." + sink.path(module) + (adapted ? ".base_layer.bias" : ".bias"), parameter->value);
        handled.push_back(parameter.get());
    }
    sink.config()["bias"] = mode;
}

} // namespace

bool write_lora(Sink& sink) {
    const std::vector<Module> modules = modules_with_deltas(sink.model());
    std::vector<Pair> pairs;
    for (const Module& module : modules) {
        const bool any = std::any_of(module.linears.begin(), module.linears.end(), [](const Linear* linear) {
            return !linear->deltas.empty() && dynamic_cast<const LoraDelta*>(linear->deltas.front().get()) != nullptr;
        });
        if (!any) return false;
        pairs.push_back(combine(module));
    }
    if (pairs.empty()) return false;
    const Pair& first = pairs.front();
    const bool dora = first.magnitude.defined();
    const bool bias = std::any_of(pairs.begin(), pairs.end(), [](const Pair& pair) { return pair.bias.defined(); });
    Json& config = sink.config();
    config["peft_type"] = "LORA";
    config["r"] = first.rank();
    config["lora_alpha"] = first.alpha();
    config["lora_dropout"] = first.dropout;
    config["use_dora"] = dora;
    config["use_rslora"] = false;
    config["lora_bias"] = bias;
    config["init_lora_weights"] = true;
    config["fan_in_fan_out"] = modules.front().linears.front()->input_major;
    config["target_modules"] = Json::array();
    config["rank_pattern"] = config["alpha_pattern"] = Json::object();
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        const Pair& pair = pairs[i];
        if (pair.magnitude.defined() != dora)
            throw config_error("deltas", modules[i].name, "the PEFT layout allows DoRA on all adapted maps or on none");
        const std::string path = sink.path(modules[i].name), key = "base_model.model." + path;
        config["target_modules"].push_back(path);
        if (pair.rank() != first.rank()) config["rank_pattern"][escaped(path)] = pair.rank();
        if (pair.alpha() != first.alpha()) config["alpha_pattern"][escaped(path)] = pair.alpha();
        sink.add(key + ".lora_A.weight", pair.a);
        sink.add(key + ".lora_B.weight", pair.b);
        if (bias) sink.add(key + ".lora_B.bias", pair.bias.defined() ? pair.bias : at::zeros({pair.b.size(0)}));
        if (dora) sink.add(key + ".lora_magnitude_vector", pair.magnitude);
    }
    std::vector<const Parameter*> handled;
    write_biases(sink, modules, handled);
    sink.add_saved_modules("base_model.model.", handled);
    return true;
}

} // namespace diapason::peft
