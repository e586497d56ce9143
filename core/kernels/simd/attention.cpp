// Attention of packed sequences: one head of one sequence at a time, in matrices that lie in the caches.
#include "core/kernels/simd/loops.h"
#include "core/kernels/simd/vector.h"

namespace diapason::kernels {
namespace {

// A block of a product, in rows and vectors: what fits into the registers beside a row of the right-hand side.
#if defined(__AVX512F__)
constexpr int block_rows = 8, block_vectors = 1;
#elif defined(__AVX2__)
constexpr int block_rows = 4, block_vectors = 2;
#else
constexpr int block_rows = 2, block_vectors = 2;
#endif

// C = A B (+ C) for `Rows` rows and `Vectors` vectors. A(i, k) = a[i · a_row + k · a_column], so that it may be
// transposed.
template <int Rows, int Vectors>
inline void block(std::int64_t depth, const float* a, std::int64_t a_row, std::int64_t a_column, const float* b,
                  std::int64_t b_row, float* c, std::int64_t c_row, bool add) {
    Vector sum[Rows][Vectors];
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v)
            sum[i][v] = add ? load(c + i * c_row + v * lanes) : Vector{};
    }
    for (std::int64_t k = 0; k < depth; ++k) {
        Vector right[Vectors];
        for (int v = 0; v < Vectors; ++v)
            right[v] = load(b + k * b_row + v * lanes);
        for (int i = 0; i < Rows; ++i) {
            const float left = a[i * a_row + k * a_column];
            for (int v = 0; v < Vectors; ++v)
                sum[i][v] += left * right[v];
        }
    }
    for (int i = 0; i < Rows; ++i) {
        for (int v = 0; v < Vectors; ++v)
            store(c + i * c_row + v * lanes, sum[i][v]);
    }
}

struct Left {
    const float* data;
    std::int64_t row, column;
};

// As multiply(), for `Vectors` vectors of columns.
template <int Vectors>
inline void multiply_columns(std::int64_t rows, std::int64_t depth, Left a, const float* b, std::int64_t b_row,
                             float* c, std::int64_t c_row, bool add) {
    std::int64_t i = 0;
    for (; i + block_rows <= rows; i += block_rows)
        block<block_rows, Vectors>(depth, a.data + i * a.row, a.row, a.column, b, b_row, c + i * c_row, c_row, add);
    for (; i < rows; ++i)
        block<1, Vectors>(depth, a.data + i * a.row, a.row, a.column, b, b_row, c + i * c_row, c_row, add);
}

// C [rows, columns] = A [rows, depth] · B [depth, columns] (+ C): small matrices that lie in the caches.
void multiply(std::int64_t rows, std::int64_t columns, std::int64_t depth, Left a, const float* b, std::int64_t b_row,
              float* c, std::int64_t c_row, bool add) {
    std::int64_t j = 0;
    for (; j + block_vectors * lanes <= columns; j += block_vectors * lanes)
        multiply_columns<block_vectors>(rows, depth, a, b + j, b_row, c + j, c_row, add);
    for (; j + lanes <= columns; j += lanes)
        multiply_columns<1>(rows, depth, a, b + j, b_row, c + j, c_row, add);
    for (; j < columns; ++j) {
        for (std::int64_t i = 0; i < rows; ++i) {
            float sum = add ? c[i * c_row + j] : 0;
            for (std::int64_t k = 0; k < depth; ++k)
                sum += a.data[i * a.row + k * a.column] * b[k * b_row + j];
            c[i * c_row + j] = sum;
        }
    }
}

// One sequence of a task, as both passes see it.
struct Place {
    Place(const AttentionTask& task, std::int64_t sequence)
        : query(task.query_rows[sequence]),
          queries(task.query_rows[sequence + 1] - query),
          key(task.key_rows[sequence]),
          keys(task.key_rows[sequence + 1] - key),
          padded((keys + padding - 1) / padding * padding),
          first_probability(task.probability_offsets[sequence]) {}

    // Keys that query i sees.
    std::int64_t seen(const AttentionTask& task, std::int64_t i) const {
        return task.causal ? keys - queries + i + 1 : keys;
    }
    // The first of them, where a window leaves the older ones behind.
    std::int64_t first_seen(const AttentionTask& task, std::int64_t i) const {
        const std::int64_t first = seen(task, i) - task.window;
        return task.window > 0 && first > 0 ? first : 0;
    }
    std::int64_t probability(std::int64_t head, std::int64_t i) const {
        return first_probability + (head * queries + i) * keys;
    }

    std::int64_t query, queries, key, keys, padded, first_probability;
};

// [width, padded] from rows [keys, width] of a wider matrix; zero behind the last key.
void transpose(const float* rows, std::int64_t row_length, const Place& place, std::int64_t width, float* result) {
    for (std::int64_t d = 0; d < width; ++d) {
        float* line = result + d * place.padded;
        for (std::int64_t j = 0; j < place.keys; ++j)
            line[j] = rows[j * row_length + d];
        for (std::int64_t j = place.keys; j < place.padded; ++j)
            line[j] = 0;
    }
}

// The bias of query i, of the keys from unbiased_keys on.
const float* bias_row(const AttentionTask& task, const Place& place, std::int64_t head, std::int64_t i) {
    const std::int64_t row = task.bias_queries - place.queries + i;
    return task.bias + (head * task.bias_queries + row) * task.bias_keys + task.bias_keys -
           (place.keys - task.unbiased_keys);
}

// Scores become probabilities, in place; what is not seen, and the padding, becomes zero.
void softmax(const AttentionTask& task, const Place& place, std::int64_t head, std::int64_t i, float* row) {
    const std::int64_t first = place.first_seen(task, i), seen = place.seen(task, i);
    for (std::int64_t j = first; j < seen; ++j)
        row[j] *= task.scale;
    if (task.bias != nullptr) {
        const float* bias = bias_row(task, place, head, i);
        for (std::int64_t j = first > task.unbiased_keys ? first : task.unbiased_keys; j < seen; ++j)
            row[j] += bias[j - task.unbiased_keys];
    }
    float largest = -3.4e38f;
    for (std::int64_t j = first; j < seen; ++j)
        largest = row[j] > largest ? row[j] : largest;
    Vector sum{};
    for (std::int64_t j = 0; j < place.padded; j += lanes) {
        Vector e = exponential(load(row + j) - largest);
        const Integers visible = (lane < Integers{} + static_cast<std::int32_t>(seen - j)) &
                                 (lane >= Integers{} + static_cast<std::int32_t>(first - j));
        e = visible ? e : Vector{};
        store(row + j, e);
        sum += e;
    }
    // Divided, not multiplied by the reciprocal: probabilities then add up to one as nearly as they can, and gradients
    // that ought to cancel do.
    const float total = sum_of(sum);
    for (std::int64_t j = 0; j < place.padded; j += lanes)
        store(row + j, load(row + j) / total);
}

// The gradient of the scores of one row from that of the dropped-out probabilities, in place; `weights` becomes the
// dropped-out probabilities.
void softmax_backward(const AttentionTask& task, const Place& place, const float* probabilities, std::int64_t at,
                      float* grad, float* weights) {
    for (std::int64_t j = 0; j < place.keys; ++j)
        weights[j] = probabilities[at + j];
    for (std::int64_t j = place.keys; j < place.padded; ++j)
        weights[j] = 0;
    // Σ_j p_j dp_j with dp_j = m_j dw_j equals Σ_j w_j dw_j with w_j = m_j p_j.
    Vector sum{};
    if (task.drop == nullptr) {
        for (std::int64_t j = 0; j < place.padded; j += lanes)
            sum += load(weights + j) * load(grad + j);
        const float total = sum_of(sum);
        for (std::int64_t j = 0; j < place.padded; j += lanes)
            store(grad + j, load(weights + j) * (load(grad + j) - total) * task.scale);
        return;
    }
    for (std::int64_t j = 0; j < place.padded; j += lanes) {
        const Vector mask = mask_of(*task.drop, static_cast<std::uint32_t>(at + j));
        const Vector p = load(weights + j);
        const Vector g = load(grad + j) * mask;
        sum += p * g;
        store(grad + j, g);
    }
    const float total = sum_of(sum);
    for (std::int64_t j = 0; j < place.padded; j += lanes) {
        const Vector mask = mask_of(*task.drop, static_cast<std::uint32_t>(at + j));
        const Vector p = load(weights + j);
        store(grad + j, p * (load(grad + j) - total) * task.scale);
        store(weights + j, p * mask);
    }
}

} // namespace

namespace DIAPASON_KERNELS_LEVEL {

void attend(const AttentionTask& task, const AttentionForward& data, std::int64_t sequence, std::int64_t head) {
    const Place place(task, sequence);
    const std::int64_t width = task.width, q_row = task.heads * width, k_row = task.kv_heads * width;
    const std::int64_t kv = head / (task.heads / task.kv_heads) * width;
    float* keys = data.scratch;
    float* scores = keys + width * place.padded;
    transpose(data.k + place.key * k_row + kv, k_row, place, width, keys);
    multiply(place.queries, place.padded, width, {data.q + place.query * q_row + head * width, q_row, 1}, keys,
             place.padded, scores, place.padded, false);
    for (std::int64_t i = 0; i < place.queries; ++i) {
        float* row = scores + i * place.padded;
        softmax(task, place, head, i, row);
        const std::int64_t at = place.probability(head, i);
        if (data.probabilities != nullptr) {
            for (std::int64_t j = 0; j < place.keys; ++j)
                data.probabilities[at + j] = row[j];
        }
        if (task.drop != nullptr) drop(row, row, place.keys, *task.drop, static_cast<std::uint32_t>(at));
    }
    multiply(place.queries, width, place.keys, {scores, place.padded, 1}, data.v + place.key * k_row + kv, k_row,
             data.out + place.query * q_row + head * width, q_row, false);
}

void attend_backward(const AttentionTask& task, const AttentionBackward& data, std::int64_t sequence,
                     std::int64_t kv_head) {
    const Place place(task, sequence);
    const std::int64_t width = task.width, q_row = task.heads * width, k_row = task.kv_heads * width;
    const std::int64_t group = task.heads / task.kv_heads;
    const std::int64_t kv = place.key * k_row + kv_head * width;
    float* values = data.scratch;
    float* grad = values + width * place.padded;
    float* weights = grad + place.queries * place.padded;
    transpose(data.v + kv, k_row, place, width, values);
    for (std::int64_t head = kv_head * group; head < (kv_head + 1) * group; ++head) {
        const std::int64_t q = place.query * q_row + head * width;
        const bool add = head > kv_head * group;
        multiply(place.queries, place.padded, width, {data.grad_out + q, q_row, 1}, values, place.padded, grad,
                 place.padded, false);
        for (std::int64_t i = 0; i < place.queries; ++i) {
            float* row = grad + i * place.padded;
            softmax_backward(task, place, data.probabilities, place.probability(head, i), row,
                             weights + i * place.padded);
            if (data.grad_bias == nullptr) continue;
            float* bias = data.grad_bias + (bias_row(task, place, head, i) - task.bias);
            for (std::int64_t j = task.unbiased_keys; j < place.keys; ++j)
                bias[j - task.unbiased_keys] += row[j] / task.scale;
        }
        if (data.grad_v != nullptr) {
            multiply(place.keys, width, place.queries, {weights, 1, place.padded}, data.grad_out + q, q_row,
                     data.grad_v + kv, k_row, add);
        }
        if (data.grad_q != nullptr) {
            multiply(place.queries, width, place.keys, {grad, place.padded, 1}, data.k + kv, k_row, data.grad_q + q,
                     q_row, false);
        }
        if (data.grad_k != nullptr) {
            multiply(place.keys, width, place.queries, {grad, 1, place.padded}, data.q + q, q_row, data.grad_k + kv,
                     k_row, add);
        }
    }
}

} // namespace DIAPASON_KERNELS_LEVEL
} // namespace diapason::kernels
