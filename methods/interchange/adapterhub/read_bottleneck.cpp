#include "methods/deltas/adapter/bottleneck.h"
#include "methods/interchange/adapterhub/source.h"

#include <algorithm>

namespace diapason::adapterhub {
namespace {

using FoundTensors = std::map<std::string, const TensorEntry*>; // by the name behind the adapter's

// What a module's path inside a layer stands for.
std::string sublayer_of(const LayerPath& place) {
    static const std::map<std::string, std::string> names = {{"output", "ffn"},
                                                             {"output_adapters", "ffn"},
                                                             {"attention.output", "self_attn"},
                                                             {"attention_adapters", "self_attn"},
                                                             {"cross_attention_adapters", "cross_attn"}};
    if (const auto found = names.find(place.rest); found != names.end()) return found->second;
    // T5 numbers the sublayers of a layer.
    if (place.rest == "layer.0") return "self_attn";
    if (place.rest == "layer.1") return place.stack->shape.cross ? "cross_attn" : "ffn";
    if (place.rest == "layer.2" && place.stack->shape.cross) return "ffn";
    return {};
}

// One adapter of one place, while its tensors become parameters.
class Reader {
public:
    Reader(Source& source, std::string address, FoundTensors tensors)
        : m_source(source),
          m_address(std::move(address)),
          m_tensors(std::move(tensors)) {}

    Parameter* find(const std::string& name, const std::string& as) {
        const auto found = m_tensors.find(name);
        return found == m_tensors.end() ? nullptr : &m_source.take(m_address + "." + as, *found->second);
    }
    Parameter& need(const std::string& name, const std::string& as, const std::vector<std::int64_t>& shape) {
        const auto found = m_tensors.find(name);
        if (found == m_tensors.end()) throw m_source.error("the adapter at " + m_address + " lacks the tensor " + name);
        for (std::size_t i = 0; i < std::max(shape.size(), found->second->shape.size()); ++i) {
            if (shape.size() != found->second->shape.size() || (shape[i] > 0 && shape[i] != found->second->shape[i]))
                throw m_source.error("the tensor " + found->second->name + " does not fit the backbone");
        }
        return m_source.take(m_address + "." + as, *found->second);
    }

    Norm norm(const std::string& name, const std::string& as, std::int64_t width) {
        return {&need(name + ".weight", as + ".weight", {width}), &need(name + ".bias", as + ".bias", {width}), 1e-5};
    }

    std::unique_ptr<DeltaMap> dense(const std::string& name, const std::string& as, std::int64_t in, std::int64_t out) {
        Parameter& weight = need(name + ".weight", as + ".weight", {out, in});
        Parameter& bias = need(name + ".bias", as + ".bias", {weight.value.size(0)});
        m_out = weight.value.size(0);
        return std::make_unique<DenseMap>(DeltaTensor{&weight}, &bias);
    }

    std::unique_ptr<DeltaMap> hypercomplex(const std::string& name, const std::string& as, const std::string& part,
                                           std::int64_t in, std::int64_t out) {
        const Factors rule = factors(name + ".phm_rule", "phm_rule", "rule", as);
        const Factors weight = factors(name + ".W", "W_" + part, "weight", as);
        const at::Tensor a = whole_of(rule, name), b = whole_of(weight, name);
        const std::int64_t n = a.size(0);
        m_out = n * b.size(2);
        if (a.size(1) != n || a.size(2) != n || b.size(0) != n || n * b.size(1) != in || (out > 0 && m_out != out))
            throw m_source.error("the tensors of " + m_address + "." + name + " do not fit the backbone");
        Parameter* bias = nullptr;
        if (m_tensors.count(name + ".b") != 0) bias = &need(name + ".b", as + ".bias", {m_out});
        return std::make_unique<HypercomplexMap>(rule, weight, bias);
    }

    std::int64_t out() const { return m_out; }
    /// FoundTensors that all places share, by their names.
    std::map<std::string, Parameter*>* shared = nullptr;
    FoundTensors shared_tensors;

private:
    at::Tensor whole_of(const Factors& factors, const std::string& name) const {
        const auto cube = [](const Parameter* p) { return p->value.dim() == 3; };
        const bool good = factors.whole != nullptr ? cube(factors.whole)
                                                   : cube(factors.left) && cube(factors.right) &&
                                                         factors.left->value.size(0) == factors.right->value.size(0) &&
                                                         factors.left->value.size(2) == factors.right->value.size(1);
        if (!good) throw m_source.error("the tensors of " + m_address + "." + name + " do not fit each other");
        return factors.value();
    }

    // A tensor or its two factors, of this place or of all.
    Factors factors(const std::string& own, const std::string& common, const std::string& as, const std::string& map) {
        Factors result;
        result.whole = either(own, common, map + "." + as);
        if (result.whole != nullptr) return result;
        result.left = either(own + "_left", common + "_left", map + "." + as + "_left");
        result.right = either(own + "_right", common + "_right", map + "." + as + "_right");
        if (result.left == nullptr || result.right == nullptr)
            throw m_source.error("the adapter at " + m_address + " lacks the tensor " + own);
        return result;
    }
    Parameter* either(const std::string& own, const std::string& common, const std::string& as) {
        if (Parameter* parameter = find(own, as)) return parameter;
        if (const auto known = shared->find(common); known != shared->end()) return known->second;
        const auto found = shared_tensors.find(common);
        if (found == shared_tensors.end()) return nullptr;
        return (*shared)[common] = &m_source.take("shared.ffn.block." + common, *found->second);
    }

    Source& m_source;
    std::string m_address;
    FoundTensors m_tensors;
    std::int64_t m_out = 0;
};

AdapterPlace place_of(const Settings& s, const Source& source) {
    AdapterPlace place;
    place.norm_behind_base = s.flag("adapter_residual_before_ln", false);
    place.closes = !s.flag("original_ln_after", true);
    if (s.flag("is_parallel", false)) {
        place.input = AdapterInput::residual;
        place.norm_behind_base = false;
        return place;
    }
    place.input = s.flag("original_ln_before", false) ? AdapterInput::normalised_sum : AdapterInput::output;
    const Json& residual = s.field("residual_before_ln");
    if (residual.is_string()) {
        if (residual != "post_add") throw s.error("residual_before_ln", "must be true, false or post_add");
        if (source.model().config().pre_norm || place.input != AdapterInput::normalised_sum)
            throw s.error("residual_before_ln", "unsupported: the library adds nothing that this could come after");
        place.base = AdapterBase::sum;
    } else {
        place.base = s.flag("residual_before_ln", true) ? AdapterBase::output : AdapterBase::input;
    }
    return place;
}

// Which adapters of the file are this configuration's: of a union's parts, one that leaves a layer or a place out
// leaves it to a later one (ModelAdaptersConfig.match).
bool covers(const Settings& s, const Source& source, const LayerPath& layer, const std::string& sublayer) {
    const std::vector<std::int64_t> left_out = s.integers("leave_out");
    if (std::find(left_out.begin(), left_out.end(), source.index_of(layer)) != left_out.end()) return false;
    const char* place = sublayer == "ffn" ? "output_adapter" : sublayer == "self_attn" ? "mh_adapter" : "cross_adapter";
    return s.flag(place, true);
}

} // namespace

void read_bottleneck(Source& source, const Settings& s) {
    s.require("use_gating", false); // a mean over a sequence with its padding
    read_invertible(source, s);
    const AdapterPlace place = place_of(s, source);
    const std::string activation = s.text("non_linearity", "relu");
    const bool learned = s.field("scaling").is_string();
    if (learned && s.text("scaling", "") != "learned" && s.text("scaling", "") != "channel")
        throw s.error("scaling", "must be a number, learned or channel");
    if (s.number("stochastic_depth", 0) > 0)
        source.adapter().warnings.push_back(source.config_file() +
                                            ": stochastic_depth is not implemented and is ignored");

    const std::size_t known = source.adapter().deltas.size();
    FoundTensors shared_tensors;
    for (const auto& [key, entry] : source.open("shared_parameters"))
        shared_tensors[key.rest] = entry;
    std::map<std::string, Parameter*> shared;
    std::map<std::string, FoundTensors> places; // by path
    for (const auto& [key, entry] : source.open("adapters"))
        places[key.path][key.rest] = entry;
    // A part of a union may leave out every layer, or find all of them taken by the parts before it.
    if (places.empty() && s.integers("leave_out").empty() && !source.holds("adapters"))
        throw source.error("the file contains no bottleneck adapter");
    for (const auto& [path, tensors] : places) {
        const auto layer = source.layer_of(path);
        const std::string sublayer = layer ? sublayer_of(*layer) : std::string();
        if (sublayer.empty()) throw source.error("unsupported: an adapter at " + path + " of this backbone");
        if (!covers(s, source, *layer, sublayer)) continue;
        Reader reader(source, layer->stack->shape.name + "." + std::to_string(layer->layer) + "." + sublayer + ".block",
                      tensors);
        reader.shared = &shared;
        reader.shared_tensors = shared_tensors;
        const std::int64_t width = source.model().config().width;
        Bottleneck form;
        form.activation = delta_activation(activation);
        if (form.activation == nullptr)
            throw s.error("non_linearity", "unsupported: must be one of " + delta_activation_names());
        std::string down = "adapter_down.0";
        if (s.flag("ln_before", false)) { // the same tensors have a name of their own, too
            form.norm = reader.norm("adapter_down.0", "ln", width);
            for (const char* tensor : {"weight", "bias"}) {
                const auto twin = tensors.find(std::string("adapter_norm_before.") + tensor);
                if (twin != tensors.end())
                    source.alias(*twin->second, tensor == std::string("weight") ? *form.norm.weight : *form.norm.bias);
            }
            down = "adapter_down.1";
        }
        if (s.flag("phm_layer", false)) {
            form.down = reader.hypercomplex(down, "down", "down", width, 0);
            form.up = reader.hypercomplex("adapter_up", "up", "up", reader.out(), width);
        } else {
            form.down = reader.dense(down, "down", width, 0);
            form.up = reader.dense("adapter_up", "up", reader.out(), width);
        }
        if (learned)
            form.learned_scale = &reader.need("scaling", "scale", {s.text("scaling", "") == "learned" ? 1 : width});
        else
            form.scale = s.number("scaling", 1);
        form.dropout = s.number("dropout", 0);
        const Norm behind = s.flag("ln_after", false) ? reader.norm("adapter_norm_after", "ln_after", width) : Norm{};
        source.model()
            .backbone()
            .block_at({layer->stack->shape.name, layer->layer, sublayer, "block"})
            .deltas.push_back(std::make_unique<BlockAdapter>(std::move(form), place, behind));
    }
    // A rule that is not learned is a constant.
    if (!s.flag("learn_phm", true)) {
        auto& deltas = source.adapter().deltas;
        deltas.erase(std::remove_if(deltas.begin() + static_cast<std::ptrdiff_t>(known), deltas.end(),
                                    [](const Parameter* p) { return p->name.find("rule") != std::string::npos; }),
                     deltas.end());
    }
}

} // namespace diapason::adapterhub
