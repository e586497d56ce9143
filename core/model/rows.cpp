#include "core/model/rows.h"

#include "core/model/loops.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/index_select.h>

#include <cstdint>
#include <vector>

namespace diapason {
namespace {

// Neither index_select nor embedding has a kernel for the meta device; gather, which is slower on a CPU, has one.
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& rows) {
    std::vector<std::int64_t> shape(static_cast<std::size_t>(x.dim()), 1);
    shape[0] = rows.size(0);
    at::Tensor index = rows.view(shape);
    for (std::int64_t d = 1; d < x.dim(); ++d)
        shape[static_cast<std::size_t>(d)] = x.size(d);
    return at::gather(x, 0, index.expand(shape));
}

} // namespace

at::Tensor select_rows(const at::Tensor& x, const at::Tensor& rows) {
    return x.is_meta() ? gather_rows(x, rows) : at::index_select(x, 0, rows);
}

at::Tensor look_up(const at::Tensor& table, const at::Tensor& rows, std::int64_t untrained) {
    return widened(table.is_meta() ? gather_rows(table, rows) : at::embedding(table, rows, untrained));
}

} // namespace diapason
