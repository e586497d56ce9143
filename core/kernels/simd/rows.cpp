// What goes over a tensor row by row: norms, rotary positions.
#include "core/kernels/simd/loops.h"
#include "core/kernels/simd/vector.h"

namespace diapason::kernels::DIAPASON_KERNELS_LEVEL {

void norm(const NormTask& task, const NormForward& data, std::int64_t first, std::int64_t last) {
    const std::int64_t width = task.width, whole = width / lanes * lanes;
    const auto count = static_cast<float>(width);
    for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t at = row * width;
        const float* x = data.x + at;
        if (data.residual != nullptr) {
            // In the cache when the loops below come for it.
            float* sum = data.sum + at;
            const float* residual = data.residual + at;
            if (task.drop != nullptr) {
                add_dropped(residual, x, sum, width, *task.drop, static_cast<std::uint32_t>(at));
            } else {
                for (std::int64_t i = 0; i < whole; i += lanes)
                    store(sum + i, load(residual + i) + load(x + i));
                for (std::int64_t i = whole; i < width; ++i)
                    sum[i] = residual[i] + x[i];
            }
            x = sum;
        }
        float mean = 0;
        if (task.centred) {
            Vector total{};
            for (std::int64_t i = 0; i < whole; i += lanes)
                total += load(x + i);
            mean = sum_of(total);
            for (std::int64_t i = whole; i < width; ++i)
                mean += x[i];
            mean /= count;
        }
        Vector squares{};
        for (std::int64_t i = 0; i < whole; i += lanes) {
            const Vector d = load(x + i) - mean;
            squares += d * d;
        }
        float variance = sum_of(squares);
        for (std::int64_t i = whole; i < width; ++i)
            variance += (x[i] - mean) * (x[i] - mean);
        const float inverse = 1.0f / __builtin_sqrtf(variance / count + task.eps);
        data.stats[2 * row] = mean;
        data.stats[2 * row + 1] = inverse;
        float* y = data.y + at;
        for (std::int64_t i = 0; i < whole; i += lanes) {
            Vector v = (load(x + i) - mean) * inverse * load(task.weight + i);
            if (task.bias != nullptr) v += load(task.bias + i);
            store(y + i, v);
        }
        for (std::int64_t i = whole; i < width; ++i)
            y[i] = (x[i] - mean) * inverse * task.weight[i] + (task.bias != nullptr ? task.bias[i] : 0.0f);
    }
}

void norm_backward(const NormTask& task, const NormBackward& data, std::int64_t first, std::int64_t last) {
    const std::int64_t width = task.width, whole = width / lanes * lanes;
    const float share = 1.0f / static_cast<float>(width);
    for (std::int64_t row = first; row < last; ++row) {
        const std::int64_t at = row * width;
        const float *x = data.sum + at, *g = data.grad_y + at;
        const float mean = data.stats[2 * row], inverse = data.stats[2 * row + 1];
        // With n = (x - mean) / deviation and d = g · weight: dx = (d - mean(d) - n · mean(d · n)) / deviation.
        Vector of_d{}, of_dn{};
        float mean_d = 0, mean_dn = 0;
        for (std::int64_t i = 0; i < whole; i += lanes) {
            const Vector d = load(g + i) * load(task.weight + i);
            of_d += d;
            of_dn += d * (load(x + i) - mean);
        }
        for (std::int64_t i = whole; i < width; ++i) {
            const float d = g[i] * task.weight[i];
            mean_d += d;
            mean_dn += d * (x[i] - mean);
        }
        mean_d = task.centred ? (mean_d + sum_of(of_d)) * share : 0.0f;
        mean_dn = (mean_dn + sum_of(of_dn)) * share * inverse;
        if (data.grad_weight != nullptr) {
            for (std::int64_t i = 0; i < whole; i += lanes)
                store(data.grad_weight + i, load(data.grad_weight + i) + load(g + i) * (load(x + i) - mean) * inverse);
            for (std::int64_t i = whole; i < width; ++i)
                data.grad_weight[i] += g[i] * (x[i] - mean) * inverse;
        }
        if (data.grad_bias != nullptr) {
            for (std::int64_t i = 0; i < whole; i += lanes)
                store(data.grad_bias + i, load(data.grad_bias + i) + load(g + i));
            for (std::int64_t i = whole; i < width; ++i)
                data.grad_bias[i] += g[i];
        }
        if (data.grad_residual == nullptr) continue;
        float* out = data.grad_residual + at;
        for (std::int64_t i = 0; i < whole; i += lanes) {
            const Vector n = (load(x + i) - mean) * inverse;
            store(out + i, (load(g + i) * load(task.weight + i) - mean_d - n * mean_dn) * inverse);
        }
        for (std::int64_t i = whole; i < width; ++i) {
            const float n = (x[i] - mean) * inverse;
            out[i] = (g[i] * task.weight[i] - mean_d - n * mean_dn) * inverse;
        }
        if (data.grad_x != nullptr) drop(out, data.grad_x + at, width, *task.drop, static_cast<std::uint32_t>(at));
    }
}

void rotate(const RotaryTask& task, const float* x, float* y, bool back, std::int64_t first, std::int64_t last) {
    const std::int64_t width = task.width, half = width / 2;
    for (std::int64_t row = first; row < last; ++row) {
        const float *c = task.cosine + row * width, *s = task.sine + row * width;
        for (std::int64_t head = 0; head < task.heads; ++head) {
            const std::int64_t at = (row * task.heads + head) * width;
            const float *low = x + at, *high = low + half;
            float *to_low = y + at, *to_high = to_low + half;
            // The transpose of the rotation takes the sines of the other half.
            const float *sine_low = back ? s + half : s, *sine_high = back ? s : s + half;
            const float sign = back ? -1.0f : 1.0f;
            std::int64_t i = 0;
            for (; i + lanes <= half; i += lanes) {
                const Vector a = load(low + i), b = load(high + i);
                store(to_low + i, a * load(c + i) - b * load(sine_low + i) * sign);
                store(to_high + i, b * load(c + half + i) + a * load(sine_high + i) * sign);
            }
            for (; i < half; ++i) {
                const float a = low[i], b = high[i];
                to_low[i] = a * c[i] - b * sine_low[i] * sign;
                to_high[i] = b * c[half + i] + a * sine_high[i] * sign;
            }
        }
    }
}

} // namespace diapason::kernels::DIAPASON_KERNELS_LEVEL
