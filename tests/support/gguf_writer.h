// GGUF files made by hand: whatever is asked for, right or wrong.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace diapason::testing {

class GgufWriter {
public:
    GgufWriter& value(const std::string& key, std::uint32_t type, const std::string& bytes) {
        m_values += counted(key) + raw(type) + bytes;
        ++m_value_count;
        return *this;
    }
    GgufWriter& text(const std::string& key, const std::string& content) { return value(key, 8, counted(content)); }
    GgufWriter& number(const std::string& key, std::uint32_t n) { return value(key, 4, raw(n)); }
    GgufWriter& real(const std::string& key, float x) { return value(key, 6, raw(x)); }
    GgufWriter& flag(const std::string& key, bool on) { return value(key, 7, std::string(1, on ? '\1' : '\0')); }
    GgufWriter& list(const std::string& key, std::uint32_t type, std::uint64_t count, const std::string& bytes) {
        return value(key, 9, raw(type) + raw(count) + bytes);
    }
    GgufWriter& texts(const std::string& key, const std::vector<std::string>& items) {
        std::string bytes;
        for (const std::string& item : items)
            bytes += counted(item);
        return list(key, 8, items.size(), bytes);
    }
    GgufWriter& numbers(const std::string& key, const std::vector<std::int32_t>& items) {
        std::string bytes;
        for (const std::int32_t item : items)
            bytes += raw(item);
        return list(key, 5, items.size(), bytes);
    }
    GgufWriter& reals(const std::string& key, const std::vector<float>& items) {
        std::string bytes;
        for (const float item : items)
            bytes += raw(item);
        return list(key, 6, items.size(), bytes);
    }
    /// Shape slowest dimension first; `data` as the type stores it.
    GgufWriter& stored(const std::string& name, const std::vector<std::int64_t>& shape, std::uint32_t type,
                       const std::string& data) {
        describe(name, shape, type, static_cast<std::int64_t>(m_data.size()));
        m_data += data;
        m_data.append((32 - m_data.size() % 32) % 32, '\0');
        return *this;
    }
    /// Shape slowest dimension first. @param offset -1 = behind the tensors so far, whose values are 0, 1, 2, …
    GgufWriter& tensor(const std::string& name, const std::vector<std::int64_t>& shape, std::uint32_t type = 0,
                       std::int64_t offset = -1) {
        if (offset >= 0) {
            describe(name, shape, type, offset);
            return *this;
        }
        std::int64_t elements = 1;
        for (const std::int64_t size : shape)
            elements *= size;
        std::string data;
        for (std::int64_t i = 0; i < elements; ++i)
            data += raw(static_cast<float>(i));
        return stored(name, shape, type, data);
    }
    std::string bytes() const {
        std::string head =
            "GGUF" + raw(std::uint32_t(3)) + raw(m_tensor_count) + raw(m_value_count) + m_values + m_tensors;
        head.append((32 - head.size() % 32) % 32, '\0');
        return head + m_data;
    }

    template <typename T>
    static std::string raw(T value) {
        std::string bytes(sizeof value, '\0');
        std::memcpy(bytes.data(), &value, sizeof value);
        return bytes;
    }

private:
    void describe(const std::string& name, const std::vector<std::int64_t>& shape, std::uint32_t type,
                  std::int64_t offset) {
        m_tensors += counted(name) + raw(static_cast<std::uint32_t>(shape.size()));
        for (auto size = shape.rbegin(); size != shape.rend(); ++size)
            m_tensors += raw(*size);
        m_tensors += raw(type) + raw(offset);
        ++m_tensor_count;
    }
    static std::string counted(const std::string& text) { return raw(static_cast<std::uint64_t>(text.size())) + text; }

    std::string m_values, m_tensors, m_data;
    std::uint64_t m_value_count = 0, m_tensor_count = 0;
};

/// A whole model of one layer, width 8, two heads on one, six tokens. @param pre tokenizer.ggml.pre, empty = none
/// @param scaled whether rotary positions are scaled linearly, by 2
inline GgufWriter tiny_gguf(const std::string& pre = "smollm", bool scaled = true) {
    GgufWriter w;
    w.text("general.architecture", "llama").number("llama.block_count", 1).number("llama.context_length", 32);
    w.number("llama.embedding_length", 8).number("llama.feed_forward_length", 12);
    w.number("llama.attention.head_count", 2).number("llama.attention.head_count_kv", 1);
    w.real("llama.attention.layer_norm_rms_epsilon", 1e-5f).real("llama.rope.freq_base", 5000);
    if (scaled) w.text("llama.rope.scaling.type", "linear").real("llama.rope.scaling.factor", 2);
    w.text("tokenizer.ggml.model", "gpt2");
    if (!pre.empty()) w.text("tokenizer.ggml.pre", pre);
    w.texts("tokenizer.ggml.tokens", {"<s>", "a", "b", "c", "ab", "1"}).texts("tokenizer.ggml.merges", {"a b"});
    w.numbers("tokenizer.ggml.token_type", {3, 1, 1, 1, 1, 1}).number("tokenizer.ggml.bos_token_id", 0);
    w.tensor("token_embd.weight", {6, 8}).tensor("output_norm.weight", {8});
    w.tensor("blk.0.attn_norm.weight", {8}).tensor("blk.0.ffn_norm.weight", {8});
    w.tensor("blk.0.attn_q.weight", {8, 8}).tensor("blk.0.attn_k.weight", {4, 8});
    w.tensor("blk.0.attn_v.weight", {4, 8}).tensor("blk.0.attn_output.weight", {8, 8});
    w.tensor("blk.0.ffn_gate.weight", {12, 8}).tensor("blk.0.ffn_up.weight", {12, 8});
    w.tensor("blk.0.ffn_down.weight", {8, 12});
    return w;
}

} // namespace diapason::testing
