// Options of the trainer, as descriptors: they appear in forms, help, studies and columns like those of a method.
#pragma once

#include "core/base/options.h"

#include <vector>

namespace diapason {

/// Names: steps, batch_size, learning_rate (0 = the method's default), weight_decay, beta1, beta2, epsilon, clip_norm (0 = off),
/// warmup_fraction, schedule, accumulation, loss_normaliser, backbone_dropout, evaluate_every (0 = only at the end),
/// select (best|last), max_train_items, max_evaluation_items (0 = all), precision later.
const std::vector<OptionDescriptor>& training_options();

} // namespace diapason
