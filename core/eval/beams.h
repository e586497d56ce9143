// Beam search: the texts of one input that are being written, and those that are finished.
#pragma once

#include "core/eval/generate.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace diapason {

/// Scores are sums of log-probabilities; finished ones are divided by length^penalty. Steps are those of transformers
/// 5: all candidates that finish in a step compete with the finished ones for their places, then the search may end.
class Beams {
public:
    /// @param context the text in front of the new tokens @param options must outlive the beams
    Beams(std::vector<std::int64_t> context, const GenerateOptions& options);

    struct Running {
        std::vector<std::int64_t> text; ///< context and new tokens
        std::vector<std::int64_t> tokens;
        double score = 0;
        std::int64_t parent = 0; ///< row of the last step, within this input
    };

    bool done() const { return m_done; }
    const std::vector<Running>& running() const { return m_running; } ///< best first

    /// One step. @param log [running, vocabulary] log-probabilities, float32 on the host, changed
    /// @param written new tokens before this step
    void advance(const at::Tensor& log, std::int64_t written);

    /// The best ones, at most options.returned.
    std::vector<Generated> results() const;

private:
    double normalised(double score, std::int64_t length) const;
    bool full() const;
    void finish(const Running& beam);
    bool can_improve(std::int64_t length) const;

    const GenerateOptions& m_options;
    std::vector<Running> m_running;
    std::vector<Generated> m_finished; ///< best first, at most `beams`
    bool m_done = false;
};

} // namespace diapason
