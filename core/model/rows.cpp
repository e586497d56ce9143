#include "core/model/rows.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/index_select.h>

namespace diapason {
namespace {

// Neither index_select nor embedding has a kernel for the meta device; gather, which is slower on a CPU, has one.
at::Tensor gather_rows(const at::Tensor& x, const at::Tensor& rows) {
    return at::gather(x, 0, x.dim() == 1 ? rows : rows.unsqueeze(1).expand({-1, x.size(1)}));
}

} // namespace

at::Tensor select_rows(const at::Tensor& x, const at::Tensor& rows) {
    return x.is_meta() ? gather_rows(x, rows) : at::index_select(x, 0, rows);
}

at::Tensor look_up(const at::Tensor& table, const at::Tensor& rows) {
    return table.is_meta() ? gather_rows(table, rows) : at::embedding(table, rows);
}

} // namespace diapason
