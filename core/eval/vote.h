// What several members of an ensemble say together.
#pragma once

#include <ATen/core/Tensor.h>

namespace diapason {

/// Of m members over B examples and C classes.
struct EnsembleVote {
    at::Tensor member_pred; ///< [m, B] int64
    at::Tensor vote_counts; ///< [B, C] int64
    at::Tensor vote;        ///< [B] int64: the majority; among equal ones the class of the largest mean probability
    at::Tensor mean_prob;   ///< [B, C]: mean of the members' softmax
    at::Tensor mean_pred;   ///< [B] int64
};

/// @param logits [m, B, C]
EnsembleVote vote_of(const at::Tensor& logits);

} // namespace diapason
