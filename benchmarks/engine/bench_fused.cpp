// What the fused paths save: each beside the tensor operations that it stands for, forward and backward, in turn.
// Shapes are those of a step of MiniLM (440 tokens, width 384) and of SmolLM2 (600 tokens, width 576).

#include "core/model/activation.h"
#include "core/model/dropout.h"
#include "core/model/linear_map.h"
#include "core/model/norm.h"
#include "core/model/rotary.h"
#include "core/train/adamw.h"
#include "experiments/engine/device.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "benchmarks/engine/median.h"

using namespace diapason;

namespace {

using Tensors = std::vector<at::Tensor>;
using Compute = std::function<Tensors(const Tensors&)>;

at::Tensor leaf(at::IntArrayRef shape, double scale = 1) {
    return (at::randn(shape, at::TensorOptions().dtype(at::kFloat)) * scale).requires_grad_();
}

double microseconds(const std::function<void()>& work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count();
}

void compare(const std::string& what, int repeats, const std::function<void()>& plain,
             const std::function<void()>& fused) {
    std::vector<double> of_plain, of_fused;
    for (int i = 0; i < repeats; ++i) {
        of_plain.push_back(microseconds(plain));
        of_fused.push_back(microseconds(fused));
    }
    std::printf("| %s | %.0f | %.0f | %.2f |\n", what.c_str(), median(of_plain), median(of_fused),
                median(of_plain) / median(of_fused));
}

void compare(const std::string& what, int repeats, const Tensors& inputs, const Compute& plain, const Compute& fused) {
    Tensors gradients;
    for (const at::Tensor& result : fused(inputs))
        gradients.push_back(at::ones_like(result));
    const auto both_ways = [&](const Compute& compute) {
        torch::autograd::grad(compute(inputs), inputs, gradients, {}, false, true);
    };
    compare(
        what, repeats, [&] { both_ways(plain); }, [&] { both_ways(fused); });
}

// LoRA's tensors of rank 8 on the queries and values of MiniLM's six layers, with gradients.
Tensors low_rank_tensors() {
    Tensors list;
    for (int i = 0; i < 12; ++i) {
        list.push_back(leaf({8, 384}));
        list.push_back(leaf({384, 8}));
    }
    return list;
}

void give_gradients(const Tensors& parameters, const Tensors& gradients) {
    for (std::size_t i = 0; i < parameters.size(); ++i)
        parameters[i].mutable_grad() = gradients[i];
}

void compare_adamw(int repeats) {
    const AdamWOptions options;
    const double rate = 1e-3;
    const Tensors own = low_rank_tensors(), theirs = low_rank_tensors();
    Tensors gradients, first, second;
    for (const at::Tensor& tensor : own) {
        gradients.push_back(at::randn_like(tensor));
        first.push_back(at::zeros_like(tensor));
        second.push_back(at::zeros_like(tensor));
    }
    AdamW flat(own, options);
    std::int64_t steps = 0;
    compare(
        "AdamW with the gradients' norm, LoRA's 24 tensors", repeats,
        [&] { // tensor by tensor, as torch.optim.AdamW and clip_grad_norm_ do without their fused variants
            const c10::NoGradGuard guard;
            give_gradients(theirs, gradients);
            Tensors norms;
            for (const at::Tensor& tensor : theirs)
                norms.push_back(tensor.grad().norm());
            const at::Tensor factor = (1 / (at::stack(norms).norm() + 1e-6)).clamp_max(1);
            ++steps;
            const double c1 = 1 - std::pow(options.beta1, steps), c2 = 1 - std::pow(options.beta2, steps);
            for (std::size_t i = 0; i < theirs.size(); ++i) {
                const at::Tensor g = theirs[i].grad() * factor;
                theirs[i].mul_(1 - rate * options.weight_decay);
                first[i].lerp_(g, 1 - options.beta1);
                second[i].mul_(options.beta2).addcmul_(g, g, 1 - options.beta2);
                theirs[i].addcdiv_(first[i], (second[i].sqrt() / std::sqrt(c2)).add_(options.epsilon), -rate / c1);
                theirs[i].mutable_grad() = at::Tensor();
            }
        },
        [&] {
            give_gradients(own, gradients);
            flat.accumulate();
            flat.clip(1, flat.gradient_norm());
            flat.step(rate);
        });
}

// Its rows are the same for every sequence: computed once, read by all.
void compare_prefix_network(int repeats) {
    const std::int64_t length = 10, width = 384, hidden = 512, slices = 12, batch = 32;
    const auto network = [](const at::Tensor& rows, const Tensors& of) {
        return at::linear(at::tanh(at::linear(rows, of[1], of[2])), of[3], of[4]);
    };
    compare(
        "prefix network of 6 layers, 10 positions, batch 32", repeats,
        {leaf({length, width}), leaf({hidden, width}), leaf({hidden}), leaf({slices * width, hidden}),
         leaf({slices * width})},
        [&](const Tensors& of) {
            return Tensors{network(of[0].expand({batch, length, width}), of)};
        },
        [&](const Tensors& of) {
            return Tensors{network(of[0], of).expand({batch, length, slices * width})};
        });
}

} // namespace

int main(int argc, char** argv) {
    const int repeats = argc > 1 ? std::stoi(argv[1]) : 101;
    prepare_compute_thread(argc > 2 ? std::stoi(argv[2]) : 1);
    std::printf("| forward and backward | plain, µs | fused, µs | ratio |\n|---|---|---|---|\n");

    Parameter weight{"weight", {}, at::ones({384})}, bias{"bias", {}, at::ones({384})};
    const Norm layer_norm{&weight, &bias, 1e-12};
    DropoutStream stream{1, 0};
    compare(
        "residual + dropout + LayerNorm, [440, 384]", repeats, {leaf({440, 384}), leaf({440, 384})},
        [&](const Tensors& of) {
            return Tensors{
                at::layer_norm(of[0] + dropout(of[1], 0.1, &stream), {384}, weight.value, bias.value, 1e-12)};
        },
        [&](const Tensors& of) { return Tensors{layer_norm.of_sum(of[0], of[1], 0.1, &stream)}; });

    Parameter root{"weight", {}, at::ones({576})};
    const Norm rms_norm{&root, nullptr, 1e-5};
    compare(
        "RMSNorm, [600, 576]", repeats, {leaf({600, 576})},
        [&](const Tensors& of) { return Tensors{at::rms_norm(of[0], {576}, root.value, 1e-5)}; },
        [&](const Tensors& of) { return Tensors{rms_norm(of[0])}; });

    compare(
        "GELU, [440, 1536]", repeats, {leaf({440, 1536})}, [](const Tensors& of) { return Tensors{at::gelu(of[0])}; },
        [](const Tensors& of) { return Tensors{activate(of[0], Activation::gelu)}; });

    compare(
        "silu(gate) · up, [600, 1536]", repeats, {leaf({600, 1536}), leaf({600, 1536})},
        [](const Tensors& of) { return Tensors{at::silu(of[0]) * of[1]}; },
        [](const Tensors& of) { return Tensors{gated_silu(of[0], of[1])}; });

    const at::Tensor angle = at::randn({600, 1, 32}).repeat({1, 1, 2});
    const RotaryAngles angles{angle.cos(), angle.sin()};
    compare(
        "rotary positions, [600, 9 heads of 64]", repeats, {leaf({600, 576})},
        [&](const Tensors& of) {
            const at::Tensor heads = of[0].view({600, 9, 64});
            const auto halves = heads.chunk(2, -1);
            const at::Tensor turned = at::cat({-halves[1], halves[0]}, -1);
            return Tensors{(heads * angles.cosine + turned * angles.sine).view({600, 576})};
        },
        [&](const Tensors& of) { return Tensors{rotate(of[0], angles, 64)}; });

    const at::Tensor w[] = {at::randn({384, 384}), at::randn({384, 384}), at::randn({384, 384})};
    for (const double p : {0.0, 0.1}) {
        compare(
            "q, k, v with LoRA (r 8) on q and v, dropout " + std::string(p > 0 ? "on" : "off") + ", [440, 384]",
            repeats, {leaf({440, 384}), leaf({8, 384}), leaf({384, 8}), leaf({8, 384}), leaf({384, 8})},
            [&](const Tensors& of) {
                const auto low = [&](const at::Tensor& y, const at::Tensor& a, const at::Tensor& b) {
                    return at::addmm(y, at::mm(dropout(of[0], p, &stream), a.t()), b.t(), 1, 2);
                };
                return Tensors{low(linear_map(of[0], w[0]), of[1], of[2]), linear_map(of[0], w[1]),
                               low(linear_map(of[0], w[2]), of[3], of[4])};
            },
            [&](const Tensors& of) {
                const MapCall maps[] = {{w[0], {}, LowRankTerm{of[1], of[2], 2, p}},
                                        {w[1], {}, std::nullopt},
                                        {w[2], {}, LowRankTerm{of[3], of[4], 2, p}}};
                return linear_maps(of[0], maps, &stream);
            });
    }
    compare_adamw(repeats);
    compare_prefix_network(repeats);
}
