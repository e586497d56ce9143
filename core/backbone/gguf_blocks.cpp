// Multiplications and additions are rounded one by one, as the reference does: this file is compiled without fused
// ones.

#include "core/backbone/gguf_blocks.h"

#include "core/base/words.h"

#include <bit>
#include <cstring>

namespace diapason {
namespace {

float half(const unsigned char* in) {
    std::uint16_t bits = 0;
    std::memcpy(&bits, in, 2);
    const std::uint32_t sign = std::uint32_t(bits & 0x8000u) << 16;
    const std::uint32_t exponent = bits >> 10 & 0x1Fu, mantissa = bits & 0x3FFu;
    if (exponent == 0) { // zero and subnormal: mantissa · 2^-24, exact
        const float value = static_cast<float>(mantissa) * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    const std::uint32_t wide = exponent == 31 ? 255 : exponent + 112;
    return std::bit_cast<float>(sign | wide << 23 | mantissa << 13);
}

void read_f32(const unsigned char* in, std::int64_t count, float* out) {
    std::memcpy(out, in, static_cast<std::size_t>(count) * 4);
}

void read_f16(const unsigned char* in, std::int64_t count, float* out) {
    for (std::int64_t i = 0; i < count; ++i)
        out[i] = half(in + 2 * i);
}

void read_bf16(const unsigned char* in, std::int64_t count, float* out) {
    for (std::int64_t i = 0; i < count; ++i)
        out[i] = std::bit_cast<float>(std::uint32_t(in[2 * i] | in[2 * i + 1] << 8) << 16);
}

void read_q4_0(const unsigned char* in, std::int64_t blocks, float* out) {
    for (; blocks-- > 0; in += 18, out += 32) {
        const float d = half(in);
        for (int i = 0; i < 16; ++i) {
            out[i] = d * static_cast<float>((in[2 + i] & 15) - 8);
            out[i + 16] = d * static_cast<float>((in[2 + i] >> 4) - 8);
        }
    }
}

void read_q4_1(const unsigned char* in, std::int64_t blocks, float* out) {
    for (; blocks-- > 0; in += 20, out += 32) {
        const float d = half(in), m = half(in + 2);
        for (int i = 0; i < 16; ++i) {
            out[i] = d * static_cast<float>(in[4 + i] & 15) + m;
            out[i + 16] = d * static_cast<float>(in[4 + i] >> 4) + m;
        }
    }
}

// The fifth bits of 32 values lie together in front of the nibbles.
int five_bits(const unsigned char* high, const unsigned char* low, int i) {
    const int nibble = i < 16 ? low[i] & 15 : low[i - 16] >> 4;
    return nibble | (high[i / 8] >> (i % 8) & 1) << 4;
}

void read_q5_0(const unsigned char* in, std::int64_t blocks, float* out) {
    for (; blocks-- > 0; in += 22, out += 32) {
        const float d = half(in);
        for (int i = 0; i < 32; ++i)
            out[i] = d * static_cast<float>(five_bits(in + 2, in + 6, i) - 16);
    }
}

void read_q5_1(const unsigned char* in, std::int64_t blocks, float* out) {
    for (; blocks-- > 0; in += 24, out += 32) {
        const float d = half(in), m = half(in + 2);
        for (int i = 0; i < 32; ++i)
            out[i] = d * static_cast<float>(five_bits(in + 4, in + 8, i)) + m;
    }
}

void read_q8_0(const unsigned char* in, std::int64_t blocks, float* out) {
    for (; blocks-- > 0; in += 34, out += 32) {
        const float d = half(in);
        for (int i = 0; i < 32; ++i)
            out[i] = static_cast<float>(static_cast<signed char>(in[2 + i])) * d;
    }
}

// Eight groups of 32; scales and minima have 6 bits: 4 bytes of low scales, 4 of low minima, 4 of the last nibbles.
void read_q4_k(const unsigned char* in, std::int64_t blocks, float* out) {
    for (; blocks-- > 0; in += 144) {
        const float d = half(in), dmin = half(in + 2);
        const unsigned char *scales = in + 4, *values = in + 16;
        for (int g = 0; g < 8; ++g, out += 32) {
            const int k = g % 4;
            const int scale = g < 4 ? scales[k] & 63 : (scales[8 + k] & 15) | (scales[k] >> 2 & 48);
            const int least = g < 4 ? scales[4 + k] & 63 : scales[8 + k] >> 4 | (scales[4 + k] >> 2 & 48);
            const float step = d * static_cast<float>(scale), base = dmin * static_cast<float>(least);
            for (int i = 0; i < 32; ++i) {
                const int value = values[g / 2 * 32 + i] >> (g % 2 * 4) & 15;
                out[i] = step * static_cast<float>(value) - base;
            }
        }
    }
}

// Two halves of 128: 64 bytes of low nibbles, 32 bytes of high bit pairs; one signed scale for 16 values.
void read_q6_k(const unsigned char* in, std::int64_t blocks, float* out) {
    for (; blocks-- > 0; in += 210) {
        const float d = half(in + 208);
        for (std::ptrdiff_t g = 0; g < 8; ++g, out += 32) { // groups of 32
            const unsigned char* low = in + g / 4 * 64 + g % 2 * 32;
            const unsigned char* high = in + 128 + g / 4 * 32;
            for (int i = 0; i < 32; ++i) {
                const int nibble = low[i] >> (g % 4 / 2 * 4) & 15;
                const int value = (nibble | (high[i] >> (g % 4 * 2) & 3) << 4) - 32;
                const auto scale = static_cast<signed char>(in[192 + g * 2 + i / 16]);
                out[i] = d * static_cast<float>(scale) * static_cast<float>(value);
            }
        }
    }
}

constexpr BlockType types[] = {{0, "F32", 1, 4, read_f32},        {1, "F16", 1, 2, read_f16},
                               {30, "BF16", 1, 2, read_bf16},     {2, "Q4_0", 32, 18, read_q4_0},
                               {3, "Q4_1", 32, 20, read_q4_1},    {6, "Q5_0", 32, 22, read_q5_0},
                               {7, "Q5_1", 32, 24, read_q5_1},    {8, "Q8_0", 32, 34, read_q8_0},
                               {12, "Q4_K", 256, 144, read_q4_k}, {14, "Q6_K", 256, 210, read_q6_k}};

struct OtherType {
    std::uint32_t number;
    const char* name;
};
constexpr OtherType others[] = {{9, "Q8_1"},     {10, "Q2_K"},   {11, "Q3_K"},    {13, "Q5_K"},  {15, "Q8_K"},
                                {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"}, {20, "IQ4_NL"},
                                {21, "IQ3_S"},   {22, "IQ2_S"},  {23, "IQ4_XS"},  {24, "I8"},    {25, "I16"},
                                {26, "I32"},     {27, "I64"},    {28, "F64"},     {29, "IQ1_M"}, {34, "TQ1_0"},
                                {35, "TQ2_0"},   {39, "MXFP4"},  {40, "NVFP4"},   {41, "Q1_0"}};

} // namespace

const BlockType* block_type(std::uint32_t number) {
    for (const BlockType& type : types) {
        if (type.number == number) return &type;
    }
    return nullptr;
}

const BlockType* block_type(const std::string& name) {
    for (const BlockType& type : types) {
        if (type.name == name) return &type;
    }
    return nullptr;
}

std::string block_type_name(std::uint32_t number) {
    if (const BlockType* type = block_type(number)) return type->name;
    for (const OtherType& type : others) {
        if (type.number == number) return type.name;
    }
    return "type " + std::to_string(number);
}

std::string readable_block_types() {
    return joined_by(types, &BlockType::name);
}

} // namespace diapason
