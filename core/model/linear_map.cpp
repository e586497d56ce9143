#include "core/model/linear_map.h"

#include "core/kernels/kernels.h"
#include "core/model/loops.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace diapason {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

using Product = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, c10::string_view,
                           c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>);

// oneDNN has AVX-512 kernels for every processor with AVX-512. LibTorch's BLAS has better ones, but uses them on
// Intel's processors only; with AVX2 too it is the faster of the two (docs/PERFORMANCE.md).
bool one_dnn_is_faster() {
#if defined(__x86_64__)
    return std::string_view(kernels::instruction_set()) == "avx512" && !__builtin_cpu_is("intel");
#else
    return false;
#endif
}

// oneDNN's inner product, an operator outside of ATen's headers; builds of LibTorch without oneDNN lack it.
const c10::TypedOperatorHandle<Product>* inner_product() {
    static const auto handle = []() -> std::optional<c10::TypedOperatorHandle<Product>> {
        if (!at::globalContext().hasMKLDNN() || !one_dnn_is_faster()) return std::nullopt;
        const auto found = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
        if (!found) return std::nullopt;
        return found->typed<Product>();
    }();
    return handle ? &*handle : nullptr;
}

bool suits(const at::Tensor& x) {
    return in_loops(x) && x.dim() == 2 && x.numel() > 0;
}

bool by_one_dnn(const at::Tensor& x, const at::Tensor& weight) {
    return suits(x) && in_loops(weight) && inner_product() != nullptr;
}

at::Tensor product(const at::Tensor& x, const at::Tensor& stored, const at::Tensor& bias, Precision precision) {
    if (precision == Precision::bfloat16) {
        const at::Tensor y = at::linear(x.to(at::kBFloat16), stored.to(at::kBFloat16)).to(x.scalar_type());
        return bias.defined() ? y.add_(bias) : y;
    }
    const at::Tensor weight = stored.to(x.scalar_type());
    if (!by_one_dnn(x, weight)) return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
    return inner_product()->call(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, "none",
                                 c10::List<std::optional<at::Scalar>>(), "");
}

// sum + g W; an undefined sum is zero. The BLAS adds while it multiplies.
at::Tensor add_product(const at::Tensor& sum, const at::Tensor& g, const at::Tensor& weight, Precision precision) {
    if (!sum.defined()) return product(g, weight.t(), {}, precision);
    const bool plain = precision == Precision::float32 && weight.scalar_type() == g.scalar_type();
    if (plain && !by_one_dnn(g, weight)) return sum.addmm_(g, weight);
    return sum.add_(product(g, weight.t(), {}, precision));
}

// The gradient of a weight.
at::Tensor outer(const at::Tensor& g, const at::Tensor& x, Precision precision) {
    if (precision == Precision::float32) return at::mm(g.t(), x);
    return at::mm(g.t().to(at::kBFloat16), x.to(at::kBFloat16)).to(x.scalar_type());
}

// The operator above knows no gradients.
struct LinearNode : torch::autograd::Function<LinearNode> {
    static at::Tensor forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& weight,
                              const std::optional<at::Tensor>& bias, Precision precision) {
        ctx->saved_data["bias"] = bias.has_value();
        ctx->saved_data["precision"] = static_cast<std::int64_t>(precision);
        ctx->save_for_backward({weight.requires_grad() ? x : at::Tensor(), x.requires_grad() ? weight : at::Tensor()});
        return product(x, weight, bias ? *bias : at::Tensor(), precision);
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        const at::Tensor g = gradients[0].contiguous();
        const auto precision = static_cast<Precision>(ctx->saved_data["precision"].toInt());
        variable_list result(4);
        if (ctx->needs_input_grad(0)) result[0] = product(g, saved[1].t(), {}, precision);
        if (ctx->needs_input_grad(1)) result[1] = outer(g, saved[0], precision);
        if (ctx->saved_data["bias"].toBool() && ctx->needs_input_grad(2)) result[2] = g.sum(0);
        return result;
    }
};

// A map among the tensors [x, then weight, bias, a, b of each map]; -1 = there is none.
struct MapPlace {
    int weight = -1, bias = -1, a = -1, b = -1;
    Precision precision = Precision::float32;
    double scale = 1;
    std::optional<DropoutKey> drop;    ///< of the term's input
    std::int64_t column = 0, rank = 0; ///< of its own among the columns of all terms' products with x
};

struct MapsPlan : torch::CustomClassHolder {
    std::vector<MapPlace> maps;
    std::int64_t undropped = 0; ///< columns of the terms that read x as it is: the first ones
    std::int64_t columns = 0;

    // The maps' A, one below the other: of those that read x as it is.
    at::Tensor shared_a(at::TensorList tensors) const {
        std::vector<at::Tensor> list;
        for (const MapPlace& map : maps) {
            if (map.a >= 0 && !map.drop) list.push_back(tensors[static_cast<std::size_t>(map.a)]);
        }
        return list.size() == 1 ? list.front() : at::cat(list);
    }
};

at::Tensor pick(at::TensorList tensors, int place) {
    return place < 0 ? at::Tensor() : tensors[static_cast<std::size_t>(place)];
}

// What the maps give, and the terms' products with x in `low`, [T, columns].
std::vector<at::Tensor> compute(at::TensorList tensors, const MapsPlan& plan, at::Tensor& low) {
    const at::Tensor& x = tensors[0];
    low = at::empty({x.size(0), plan.columns}, x.options());
    if (plan.undropped > 0) {
        at::Tensor part = low.narrow(1, 0, plan.undropped);
        at::mm_out(part, x, plan.shared_a(tensors).t());
    }
    std::vector<at::Tensor> results;
    for (const MapPlace& map : plan.maps) {
        at::Tensor y = product(x, pick(tensors, map.weight), pick(tensors, map.bias), map.precision);
        if (map.a >= 0) {
            at::Tensor own = low.narrow(1, map.column, map.rank);
            if (map.drop) at::mm_out(own, apply_mask(x, *map.drop), pick(tensors, map.a).t());
            y.addmm_(own, pick(tensors, map.b).t(), 1, map.scale);
        }
        results.push_back(std::move(y));
    }
    return results;
}

struct MapsNode : torch::autograd::Function<MapsNode> {
    static variable_list forward(AutogradContext* ctx, at::TensorList tensors,
                                 const c10::intrusive_ptr<MapsPlan>& plan) {
        at::Tensor low;
        variable_list results = compute(tensors, *plan, low);
        variable_list kept = tensors.vec();
        kept.push_back(low);
        const bool x_is_read = std::any_of(plan->maps.begin(), plan->maps.end(), [&](const MapPlace& map) {
            return tensors[static_cast<std::size_t>(map.weight)].requires_grad() || map.a >= 0;
        });
        if (!x_is_read) kept.front() = at::Tensor();
        ctx->save_for_backward(std::move(kept));
        ctx->saved_data["plan"] = c10::IValue::make_capsule(plan);
        ctx->set_materialize_grads(false); // a map may have no reader
        return results;
    }

    static variable_list backward(AutogradContext* ctx, variable_list gradients) {
        const variable_list saved = ctx->get_saved_variables();
        const auto holder = ctx->saved_data["plan"].toCapsule();
        const MapsPlan& plan = static_cast<const MapsPlan&>(*holder);
        const at::TensorList tensors = at::TensorList(saved).slice(0, saved.size() - 1);
        const at::Tensor &x = saved.front(), &low = saved.back();
        variable_list result(tensors.size() + 1);
        const auto asked = [&](int place) {
            return place >= 0 && ctx->needs_input_grad(static_cast<std::size_t>(place));
        };
        const auto of = [&](int place) -> at::Tensor& { return result[static_cast<std::size_t>(place)]; };
        // What reaches the terms' products with x: s · g B.
        at::Tensor grad_low = at::empty_like(low);
        at::Tensor grad_x;
        const bool of_x = ctx->needs_input_grad(0);
        for (std::size_t i = 0; i < plan.maps.size(); ++i) {
            const MapPlace& map = plan.maps[i];
            at::Tensor own = grad_low.narrow(1, map.column, map.rank);
            if (!gradients[i].defined()) {
                own.zero_();
                continue;
            }
            const at::Tensor g = gradients[i].contiguous();
            if (of_x) grad_x = add_product(grad_x, g, pick(tensors, map.weight), map.precision);
            if (asked(map.weight)) of(map.weight) = outer(g, x, map.precision);
            if (asked(map.bias)) of(map.bias) = g.sum(0);
            if (map.a < 0) continue;
            const at::Tensor a = pick(tensors, map.a), b = pick(tensors, map.b);
            if (asked(map.b)) of(map.b) = at::mm(g.t(), low.narrow(1, map.column, map.rank)).mul_(map.scale);
            if (!asked(map.a) && !of_x) continue;
            at::mm_out(own, g, b * map.scale);
            if (!map.drop) continue;
            if (asked(map.a)) of(map.a) = at::mm(own.t(), apply_mask(x, *map.drop));
            if (of_x) grad_x = add_masked(grad_x, at::mm(own, a), *map.drop);
        }
        if (plan.undropped > 0) {
            const at::Tensor shared = grad_low.narrow(1, 0, plan.undropped);
            if (of_x && grad_x.defined()) grad_x.addmm_(shared, plan.shared_a(tensors));
            const bool some = std::any_of(plan.maps.begin(), plan.maps.end(),
                                          [&](const MapPlace& map) { return !map.drop && asked(map.a); });
            const at::Tensor grad_a = some ? at::mm(shared.t(), x) : at::Tensor();
            for (const MapPlace& map : plan.maps) {
                if (!map.drop && asked(map.a)) of(map.a) = grad_a.narrow(0, map.column, map.rank);
            }
        }
        result[0] = grad_x;
        return result;
    }
};

// Parts of one fused map share A, and what A reads.
std::optional<DropoutKey> mask_of(const LowRankTerm& term, const variable_list& tensors, const MapsPlan& earlier,
                                  DropoutStream& stream) {
    for (const MapPlace& map : earlier.maps) {
        if (map.a >= 0 && map.drop && tensors[static_cast<std::size_t>(map.a)].is_same(term.a)) return map.drop;
    }
    return stream.next(term.dropout);
}

} // namespace

at::Tensor linear_map(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, Precision precision) {
    const bool plain = precision == Precision::float32 && weight.scalar_type() == x.scalar_type();
    if (plain && (!suits(x) || inner_product() == nullptr))
        return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
    if (!differentiable(x, weight, bias)) {
        const c10::NoGradGuard guard;
        return product(x, weight, bias, precision);
    }
    return LinearNode::apply(x, weight, bias.defined() ? std::optional(bias) : std::nullopt, precision);
}

std::vector<at::Tensor> linear_maps(const at::Tensor& x, std::span<const MapCall> maps, DropoutStream* stream) {
    const auto plan = c10::make_intrusive<MapsPlan>();
    variable_list tensors = {x};
    const auto add = [&](const at::Tensor& tensor) {
        if (!tensor.defined()) return -1;
        tensors.push_back(tensor);
        return static_cast<int>(tensors.size()) - 1;
    };
    for (const MapCall& call : maps) {
        MapPlace map;
        map.weight = add(call.weight);
        map.bias = add(call.bias);
        map.precision = call.precision;
        if (call.term) {
            map.a = add(call.term->a);
            map.b = add(call.term->b);
            map.scale = call.term->scale;
            map.rank = call.term->a.size(0);
            if (stream != nullptr && call.term->dropout > 0) map.drop = mask_of(*call.term, tensors, *plan, *stream);
            if (!map.drop) plan->undropped += map.rank;
        }
        plan->maps.push_back(map);
    }
    std::int64_t dropped = plan->undropped;
    for (MapPlace& map : plan->maps) {
        std::int64_t& next = map.drop ? dropped : plan->columns;
        map.column = next;
        next += map.rank;
    }
    plan->columns = dropped;
    if (c10::GradMode::is_enabled() && std::any_of(tensors.begin(), tensors.end(), needs_gradient))
        return MapsNode::apply(at::TensorList(tensors), plan);
    const c10::NoGradGuard guard;
    at::Tensor unused;
    return compute(tensors, *plan, unused);
}

} // namespace diapason
