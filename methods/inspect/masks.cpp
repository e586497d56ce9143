#include "methods/inspect/masks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <c10/core/GradMode.h>

namespace diapason {

at::Tensor mask_overlap(const std::vector<at::Tensor>& masks) {
    const c10::NoGradGuard guard;
    std::vector<at::Tensor> rows;
    for (const at::Tensor& mask : masks)
        rows.push_back(mask.detach().to(at::kDouble).flatten());
    const at::Tensor all = at::stack(rows);
    const at::Tensor both = at::mm(all, all.t()), ones = all.sum(1);
    const at::Tensor either = ones.unsqueeze(0) + ones.unsqueeze(1) - both;
    return at::where(either > 0, both / either.clamp_min(1), at::ones_like(both));
}

} // namespace diapason
