// In-context examples: which of the training examples stand in front of a question.
#pragma once

#include "core/model/model.h"
#include "experiments/engine/task_data.h"
#include "methods/catalog/asking_options.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace diapason {

/// How they are chosen.
struct DemonstrationOptions {
    using Choice = AskingOptions::Choice;
    std::int64_t count = 0;
    Choice choice = Choice::random;
    std::size_t room = 64;  ///< most tokens of each one's text
    std::uint64_t seed = 0; ///< of the draw
    std::int64_t limit = 0; ///< only the first examples of the training split; 0 = all

    static DemonstrationOptions from(const AskingOptions& asking, std::uint64_t seed, std::int64_t limit);
};

/// Chooses training examples. Never the question itself: a training example is compared by its text.
class Demonstrations {
public:
    Demonstrations(TaskData& data, Model& model, const DemonstrationOptions& options);

    /// Numbers of training examples, in the order in which they stand; the last one is next to the question.
    std::vector<std::size_t> of(const std::string& split, std::size_t item);

private:
    std::vector<std::size_t> drawn(std::uint64_t seed, const std::string& text) const;
    std::vector<std::size_t> nearest(const std::string& split, std::size_t item);
    /// Mean of the last hidden states of each example's question, of length 1. [items, width]
    const at::Tensor& embeddings(const std::string& split);

    TaskData& m_data;
    Model& m_model;
    DemonstrationOptions m_options;
    std::size_t m_pool = 0; ///< training examples to choose from
    std::map<std::string, at::Tensor> m_embeddings;
};

} // namespace diapason
