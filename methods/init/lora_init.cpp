#include "methods/init/lora_init.h"

#include "core/base/error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace diapason {
namespace {

void check_rank(const at::Tensor& weight, std::int64_t rank, const char* kind) {
    const std::int64_t most = std::min(weight.size(0), weight.size(1));
    if (rank > most)
        throw config_error("rank", std::to_string(rank),
                           std::string("the init ") + kind + " takes at most the rank of the weight, " +
                               std::to_string(most),
                           "Lower the rank or choose another init");
}

// The default of a linear layer, U(±1/√in): Kaiming's with a = √5.
at::Tensor uniform(std::int64_t rows, std::int64_t columns, at::Generator& generator) {
    const double bound = 1 / std::sqrt(static_cast<double>(columns));
    return at::empty({rows, columns}, at::kFloat).uniform_(-bound, bound, generator);
}

// B A = 0 because the rows that make A and B are orthogonal, and neither is zero.
LowRankStart orthogonal_start(std::int64_t in, std::int64_t out, std::int64_t rank, at::Generator& generator) {
    if (rank % 2 != 0) throw config_error("rank", std::to_string(rank), "the orthogonal init needs an even rank");
    const at::Tensor q = std::get<0>(at::linalg_qr(at::randn({rank, rank}, generator)));
    const at::Tensor odd = q.slice(0, 0, rank, 2), even = q.slice(0, 1, rank, 2);
    return {at::mm(at::randn({in, rank / 2}, generator), odd).t().contiguous() / 10,
            at::mm(at::randn({rank / 2, out}, generator).t(), even) / 10};
}

} // namespace

LowRankStart pissa_start(const at::Tensor& weight, std::int64_t rank, double scale) {
    check_rank(weight, rank, "pissa");
    const auto [u, s, vh] = at::linalg_svd(weight, false);
    const at::Tensor root = (s.narrow(0, 0, rank) / scale).sqrt();
    return {root.unsqueeze(1) * vh.narrow(0, 0, rank), u.narrow(1, 0, rank) * root};
}

LowRankStart olora_start(const at::Tensor& weight, std::int64_t rank) {
    check_rank(weight, rank, "olora");
    const auto [q, r] = at::linalg_qr(weight);
    return {r.narrow(0, 0, rank).contiguous(), q.narrow(1, 0, rank).contiguous()};
}

LowRankStart lora_start(const std::string& kind, const at::Tensor& weight, std::int64_t rank, double scale,
                        at::Generator& generator, bool& subtract) {
    const std::int64_t out = weight.size(0), in = weight.size(1);
    subtract = kind == "pissa" || kind == "olora";
    if (kind == "pissa") return pissa_start(weight, rank, scale);
    if (kind == "olora") return olora_start(weight, rank);
    LowRankStart start;
    if (kind == "orthogonal") {
        start = orthogonal_start(in, out, rank, generator);
    } else if (kind == "gaussian") {
        start = {at::empty({rank, in}, at::kFloat).normal_(0, 1.0 / static_cast<double>(rank), generator),
                 at::zeros({out, rank}, at::kFloat)};
    } else {
        start.a = uniform(rank, in, generator);
        start.b = kind == "linear" ? uniform(out, rank, generator) : at::zeros({out, rank}, at::kFloat);
    }
    return {start.a.to(weight.device()), start.b.to(weight.device())};
}

} // namespace diapason
