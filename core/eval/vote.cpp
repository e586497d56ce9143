#include "core/eval/vote.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>

namespace diapason {

EnsembleVote vote_of(const at::Tensor& logits) {
    EnsembleVote result;
    result.member_pred = at::argmax(logits, -1);
    result.vote_counts = at::one_hot(result.member_pred, logits.size(2)).sum(0);
    result.mean_prob = at::softmax(logits, -1).mean(0);
    result.mean_pred = at::argmax(result.mean_prob, -1);
    // Probabilities are at most 1: they only decide between equal counts.
    result.vote = at::argmax(result.vote_counts.to(logits.scalar_type()) * 2 + result.mean_prob, -1);
    return result;
}

} // namespace diapason
