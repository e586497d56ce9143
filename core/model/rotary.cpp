#include "core/model/rotary.h"

#include "core/backbone/rotary_scaling.h"
#include "core/kernels/kernels.h"
#include "core/model/loops.h"
#include "core/model/packed_batch.h"
#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/tensor.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <map>

namespace diapason {
namespace {

at::Tensor on_device(const std::vector<double>& values, at::Device device) {
    return at::tensor(values, at::TensorOptions().dtype(at::kDouble)).to(device, at::kFloat);
}

// [T, head_width / 2]: the frequencies of each row's sequence.
at::Tensor frequencies_by_length(const RotaryScaling& scaling, const at::Tensor& positions,
                                 const std::vector<std::int64_t>& offsets) {
    const at::Tensor host = positions.cpu().contiguous();
    const std::int64_t* position = host.const_data_ptr<std::int64_t>();
    std::map<std::int64_t, std::int64_t> row_of_length;
    std::vector<double> table;
    std::vector<std::int64_t> rows;
    for (std::size_t s = 0; s + 1 < offsets.size(); ++s) {
        const std::int64_t length = *std::max_element(position + offsets[s], position + offsets[s + 1]) + 1;
        const auto [found, fresh] = row_of_length.emplace(length, static_cast<std::int64_t>(row_of_length.size()));
        if (fresh) {
            const std::vector<double> frequencies = scaling.frequencies(length);
            table.insert(table.end(), frequencies.begin(), frequencies.end());
        }
        rows.insert(rows.end(), static_cast<std::size_t>(offsets[s + 1] - offsets[s]), found->second);
    }
    const at::Tensor of_lengths = on_device(table, positions.device()).view({-1, scaling.width / 2});
    return select_rows(of_lengths, index_tensor(rows, positions.device()));
}

at::Tensor turned(const at::Tensor& x, const at::Tensor& cosine, const at::Tensor& sine, bool back) {
    const at::Tensor input = x.contiguous();
    at::Tensor y = at::empty_like(input);
    kernels::RotaryTask task;
    task.rows = input.size(0);
    task.width = cosine.size(-1);
    task.heads = input.size(1) / task.width;
    task.cosine = cosine.const_data_ptr<float>();
    task.sine = sine.const_data_ptr<float>();
    kernels::rotate(task, input.const_data_ptr<float>(), y.mutable_data_ptr<float>(), back);
    return y;
}

struct RotaryNode : torch::autograd::Function<RotaryNode> {
    static at::Tensor forward(torch::autograd::AutogradContext* ctx, const at::Tensor& x, const at::Tensor& cosine,
                              const at::Tensor& sine) {
        ctx->save_for_backward({cosine, sine});
        return turned(x, cosine, sine, false);
    }
    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                   torch::autograd::variable_list gradients) {
        const auto saved = ctx->get_saved_variables();
        return {turned(gradients[0], saved[0], saved[1], true), {}, {}};
    }
};

} // namespace

RotaryAngles rotary_angles(const BackboneConfig& config, const at::Tensor& positions,
                           const std::vector<std::int64_t>& offsets) {
    const RotaryScaling scaling = rotary_scaling(config);
    // The meta device has no positions to look at.
    const at::Tensor frequencies = scaling.by_length() && !positions.is_meta()
                                       ? frequencies_by_length(scaling, positions, offsets)
                                       : on_device(scaling.frequencies(0), positions.device()).unsqueeze(0);
    // Angles in float32 as the reference computes them: position (exact in float32) times a float32 frequency.
    const auto angle = positions.to(at::kFloat).unsqueeze(1) * frequencies;
    const auto both = at::cat({angle, angle}, 1).unsqueeze(1);
    return {both.cos() * scaling.magnitude, both.sin() * scaling.magnitude};
}

at::Tensor rotate(const at::Tensor& x, const RotaryAngles& angles, std::int64_t head_width) {
    if (in_loops(x)) {
        const at::Tensor cosine = angles.cosine.contiguous(), sine = angles.sine.contiguous();
        if (differentiable(x)) return RotaryNode::apply(x, cosine, sine);
        return turned(x, cosine, sine, false);
    }
    const auto heads = x.view({x.size(0), -1, head_width});
    const auto halves = heads.chunk(2, -1);
    const auto other = at::cat({-halves[1], halves[0]}, -1);
    return (heads * angles.cosine + other * angles.sine).view(x.sizes());
}

} // namespace diapason
