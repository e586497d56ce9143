// AdamW over one flat buffer: all trainable tensors side by side, one pass for the norm, one for the update.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace diapason {

struct AdamWOptions {
    double beta1 = 0.9;
    double beta2 = 0.999;
    double epsilon = 1e-8;
    double weight_decay = 0.01;
};

/// Loshchilov and Hutter 2019, as torch.optim.AdamW computes it: decoupled decay, bias correction, epsilon outside the
/// root. The parameters' storage is replaced by views of the flat buffer, so that an update is a handful of kernels
/// whatever the number of tensors; torch's fused kernel does it in one pass. Engine thread only.
class AdamW {
public:
    /// How a parameter goes along with an update.
    struct Pace {
        double rate = 1; ///< factor of the learning rate (LoRA+)
        int times = 1;   ///< updates with the same gradient in one step
        friend bool operator==(const Pace&, const Pace&) = default;
    };
    /// @param parameters float leaf tensors of one device that require gradients
    /// @param paces one a parameter; empty = the usual one each
    AdamW(std::vector<at::Tensor> parameters, const AdamWOptions& options, const std::vector<Pace>& paces = {});

    /// Collects the gradients into the flat buffer (adding, so that micro-batches accumulate) and clears them.
    void accumulate();
    /// Global L2 norm of the collected gradients: a scalar tensor, no synchronisation.
    at::Tensor gradient_norm() const;
    /// Scales the collected gradients: by `factor`, and down to `clip_norm` when it is positive (as torch's
    /// clip_grad_norm_).
    void scale_gradients(double factor);
    void clip(double clip_norm, const at::Tensor& norm);
    /// One update with the collected gradients, which are then spent.
    void step(double learning_rate);

    std::int64_t steps() const { return m_steps; }
    std::int64_t size() const { return m_values.numel(); }
    /// For checkpoints; set_state copies. All [size()].
    const at::Tensor& values() const { return m_values; }
    const at::Tensor& first_moment() const { return m_first; }
    const at::Tensor& second_moment() const { return m_second; }
    void set_state(const at::Tensor& values, const at::Tensor& first, const at::Tensor& second, std::int64_t steps);
    void set_values(const at::Tensor& values); ///< the moments stay

private:
    /// Neighbours in the buffers with the same pace.
    struct Part {
        Pace pace;
        at::Tensor values, gradients, first, second;
    };

    void divide(const std::vector<Pace>& paces);

    AdamWOptions m_options;
    std::vector<at::Tensor> m_parameters;
    at::Tensor m_values, m_gradients, m_first, m_second; ///< [size()]
    std::vector<Part> m_parts;
    bool m_spent = true; ///< what m_gradients holds has been used: it counts as zero
    std::int64_t m_steps = 0;
};

} // namespace diapason
